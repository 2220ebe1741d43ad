"""Two banks for whoever plays all sides: a double of a few lines, and the practice bank.

Both are told what to do in the same words. The practice bank is its own state machine
behind its own HTTP interface, and the portal speaks to it by the client of the acquirer.
"""

import threading
from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from werkzeug.serving import WSGIRequestHandler, make_server

from cabinet.domain.payments.seen import Reason, Seen
from cabinet.emulator.app import create_emulator
from cabinet.emulator.faults import Faults
from cabinet.emulator.shops import demo_shops
from cabinet.gateways import open_gateway
from cabinet.gateways.base import RefusedError, UnclearError
from tests.banking import SHOP, Bank, Fault

OPEN = {Seen.PENDING, Seen.WAITING}


class Died(BaseException):
    """The process is gone, as by kill -9: nothing after it happens."""


@dataclass(frozen=True)
class Truth:
    """A payment as the bank has it."""

    state: Seen
    kopecks: int
    returned: int


class Line:
    """The way to the bank, where a process may die before a call or after it."""

    def __init__(self, gateway):
        self._gateway = gateway
        self.dies = ""

    def __getattr__(self, name):
        return getattr(self._gateway, name)

    def start(self, order):
        return self._call(self._gateway.start, order)

    def refund(self, order):
        return self._call(self._gateway.refund, order)

    def _call(self, act, order):
        dies, self.dies = self.dies, ""
        if dies == "before":
            raise Died
        answer = act(order)
        if dies == "after":
            raise Died
        return answer


class Double:
    """The bank of `tests/banking.py`."""

    HARMS: ClassVar = {
        "lost before": ("before", UnclearError()),
        "lost after": ("after", UnclearError()),
        "refused": ("before", RefusedError("no", "", Reason.UNKNOWN)),
    }

    def __init__(self, *, repeats_by_key):
        self.bank = Bank(SHOP, repeats_by_key=repeats_by_key, names_by_key=True)
        self.shop, self.gateway = SHOP, Line(self.bank)

    def truths(self):
        returned = {}
        for order in {one.key: one for one in self.bank.refund_orders}.values():
            made = self.bank.made_refunds.get(order.key)
            if made is not None and made.state is Seen.SUCCEEDED:
                before = returned.get(order.provider_id, 0)
                returned[order.provider_id] = before + made.amount.kopecks
        return {
            known: Truth(seen.state, seen.amount.kopecks, returned.get(known, 0))
            for known, seen in self.bank.by_id.items()
        }

    def decide(self, known, state):
        if self.bank.by_id[known].state is not Seen.SUCCEEDED:
            self.bank.decide(known, state=state)

    def decide_refunds(self, state):
        for key, one in self.bank.made_refunds.items():
            if one.state is Seen.PENDING:
                self.bank.decide_refund(key, state=state)

    def hold_refunds(self, holds):
        self.bank.refund_state = Seen.PENDING if holds else Seen.SUCCEEDED

    def notices(self, known):
        return [(known.encode(), {})]

    def harm(self, _call, kind):
        where, error = self.HARMS[kind]
        self.bank.faults.append(Fault(error, where))

    def be_deaf(self, is_deaf):
        self.bank.is_deaf = is_deaf

    def heal(self):
        self.bank.is_deaf = False
        self.bank.faults.clear()


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


class Practice:
    """The emulator of one acquirer, served on loopback by the clock of the run."""

    HARMS = ("500-before", "500-after", "429", "truncated", "reset-after")
    STATES: ClassVar = {
        "pending": Seen.PENDING,
        "waiting": Seen.WAITING,
        "succeeded": Seen.SUCCEEDED,
        "canceled": Seen.CANCELED,
    }

    def __init__(self, path, provider):
        self.provider, self.clock = provider, None
        made = create_emulator(path, token="any", clock=self.now, hang_seconds=0)
        self.bank, self.app = made.bank, made.app
        self.faults = Faults(self.bank.book, 0, self.now)
        # One request at a time: the run waits for each.
        self.server = make_server("127.0.0.1", 0, self._serve, request_handler=Quiet)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        origin = f"http://127.0.0.1:{self.server.server_port}"
        shop = next(one for one in demo_shops(origin) if one.provider == provider)
        self.shop = replace(shop, branches=("kursk",))
        self.gateway = Line(open_gateway(self.shop))
        self.first = 0

    def now(self):
        """Return the moment of the run that is being played."""
        return self.clock()

    def _serve(self, environ, start):
        try:
            return self.app(environ, start)
        finally:
            self.bank.book.close()

    def begin(self, clock):
        """Forget the run before: a new customer has come, with a clock of their own."""
        self.clock = clock
        self.heal()
        (row,) = self.bank.book.rows("SELECT COALESCE(MAX(rowid), 0) AS n FROM deal")
        self.first = row["n"]

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.bank.book.close()

    def truths(self):
        return {
            row["id"]: Truth(self.STATES[row["state"]], row["amount"], row["refunded"])
            for row in self.bank.book.rows(
                "SELECT * FROM deal WHERE rowid > ? ORDER BY rowid", self.first
            )
        }

    def decide(self, known, state):
        deal = self.bank.get(known)
        if state is Seen.SUCCEEDED:
            self.bank.succeed(deal)
        elif state is Seen.CANCELED:
            self.bank.refuse(deal, "insufficient_funds")

    def decide_refunds(self, _state):
        """Do nothing: it gives back at once."""

    def hold_refunds(self, _holds):
        """Do nothing: it gives back at once."""

    def notices(self, known):
        return [
            (bytes(row["body"]), dict(parse_qsl(urlsplit(row["url"]).query)))
            for row in self.bank.book.rows(
                "SELECT * FROM notice WHERE deal = ? ORDER BY id", known
            )
        ]

    def harm(self, call, kind):
        self._plant(call, kind, 1)

    def be_deaf(self, is_deaf):
        if is_deaf:
            self._plant("", "500-before", 1_000_000)
        else:
            self.heal()

    def heal(self):
        self.faults.clear()

    def _plant(self, call, kind, times):
        self.faults.plant(provider=self.provider, call=call, kind=kind, times=times)
