"""Portal, worker and practice bank as processes, and customers who pay over HTTP.

Kept apart from the tests: the processes import this file and nothing of pytest.
"""

import contextlib
import multiprocessing
import os
import random
import re
import signal
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx

from cabinet.app import create_app
from cabinet.cli.emulator import _Bank
from cabinet.cli.server import Server
from cabinet.config import Clock, Settings
from cabinet.domain.payments.states import OPEN, PAID, PaymentEvent
from cabinet.emulator.app import create_emulator
from cabinet.emulator.cards import CARDS
from cabinet.jobs import worker as jobs
from cabinet.jobs.worker import work
from cabinet.models import Account, LedgerEntry, Payment, PaymentReceipt
from cabinet.models.base import database, on_sqlite
from cabinet.models.connection import close_database
from cabinet.services.ledger_check import CHECKS, check_ledger
from cabinet.services.payments import asking, invariants, moving, posting

TOKEN = "harness"
#: What a naive posting does between its two transactions, in seconds.
BETWEEN = 0.5
WEB_WORKERS = 2
INPUT = re.compile(r"<input[^>]*>")
NAME = re.compile(r'name="([^"]*)"')
VALUE = re.compile(r'value="([^"]*)"')
BANK_LINK = re.compile(r'href="(http[^"]*/pay/[^"]*)"')

#: Cards by what they do: most pay, some are refused, some take their time.
DEEDS = ("pays", "pays", "asks_code", "refused", "tells_ten_times", "tells_nothing")
BY_DEED = {card.deed.value: card.number for card in reversed(CARDS)}


# The bodies of the processes ----------------------------------------------------------


@dataclass(frozen=True)
class Hours:
    """The clock of a town, the same in all processes: it may go faster, and be moved."""

    begun: float
    rate: float
    moved: object

    def now(self):
        passed = (time.time() - self.begun) * self.rate
        return datetime.fromtimestamp(self.begun + passed + self.moved.value, UTC)


@dataclass(frozen=True)
class Plan:
    """How the portal's processes live: by which clock, in what hurry, with which fault."""

    hours: Hours
    is_hurried: bool
    fault: str | None

    @property
    def clock(self):
        return Clock(source=self.hours.now)


def portal(settings, port, plan):
    """Serve the portal; its arbiter starts another process for one that is killed."""
    _prepare(plan)
    app = create_app(settings, clock=plan.clock)
    # Once for all processes that come after a kill: they are forked of this one.
    for name in app.jinja_env.list_templates(filter_func=_is_asked_for):
        app.jinja_env.get_template(name)
    close_database()
    Server(app, host="127.0.0.1", port=port, workers=WEB_WORKERS).run()


def _is_asked_for(name):
    return name.startswith(("layouts/", "macros/", "payments/"))


def worker(settings, plan):
    """Follow the payments in a child, and start another for one that is killed.

    They are forked of a process that is ready: else most would be killed starting, and
    few at their work.
    """
    _prepare(plan)
    app = create_app(settings, clock=plan.clock)
    close_database()
    while True:
        child = os.fork()
        if child == 0:
            database.obj.dispose()
            work(app, settings, plan.clock)
            os._exit(0)
        os.waitpid(child, 0)


def bank(path, port, pace, hours):
    """Be the bank."""
    emulator = create_emulator(
        path, token=TOKEN, clock=hours.now, hang_seconds=2, pace=pace
    )
    _Bank(emulator, host="127.0.0.1", port=port).run()


def _prepare(plan):
    # A second between two turns is one by the town's clock too.
    jobs.PAUSE_SECONDS = 1 / plan.hours.rate
    if plan.is_hurried:
        _hurry()
    if plan.fault is not None:
        FAULTS[plan.fault]()


def _hurry():
    # Minutes of waiting made seconds; what happens in them is the same. The last look
    # comes after all that a bank is late with: 5 seconds, or 30 at a pace of 0.2.
    moving.FIRST_ASK = timedelta(seconds=1)
    moving.LOOKS_BACK = tuple(timedelta(seconds=each) for each in (1, 2, 4, 6, 8))
    asking.PAUSES = (1, 1, 2)
    asking.LONGEST_FRESH = asking.LONGEST = timedelta(seconds=2)


def _posts_apart():
    """The money in one transaction, the state a little later in the next.

    Who is killed between the two posts again: neither a cause nor a number is unique.
    """
    take, post = moving.take, moving.post

    def naive(payment, event, *, now, **more):
        if event is PaymentEvent.SEEN_SUCCEEDED and payment.state not in PAID:
            payment.paid_at = more["paid_at"] or now
            post(payment, now=now)
            database.commit()
            time.sleep(BETWEEN)
            database.execute_sql("BEGIN IMMEDIATE" if on_sqlite() else "BEGIN")
        return take(payment, event, now=now, **more)

    posting.cause_of = lambda payment, account: (
        f"payment:{payment.public_id}:{account}:{uuid.uuid4().hex[:8]}"
    )
    posting._numbered = lambda payment, _branch, now: PaymentReceipt(
        year=now.year, number=payment.id
    )
    moving.post = lambda payment, *, now: None
    moving.take = naive


def _forgets_to_post():
    """The state in one place and no money in the other, for every second payment."""
    post = moving.post

    def naive(payment, *, now):
        return post(payment, now=now) if payment.id % 2 else None

    moving.post = naive


FAULTS = {"posts apart": _posts_apart, "forgets to post": _forgets_to_post}


# The town -----------------------------------------------------------------------------


@dataclass
class Town:
    """The processes, and what is told of them.

    Its clock goes `rate` times as fast as ours. Unless it `is_hurried`, a payment is asked
    about after the pauses of a real installation.
    """

    settings: Settings
    bank_port: int
    fault: str | None = None
    pace: float = 0.2
    rate: float = 1.0
    is_hurried: bool = True
    told: Counter = field(default_factory=Counter)

    def __post_init__(self):
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.paying"])
        self.port = int(self.settings.public_url.rpartition(":")[2])
        self.origin = self.settings.public_url
        self.bank_origin = f"http://127.0.0.1:{self.bank_port}"
        moved = self._context.RawValue("d", 0.0)
        self.hours = Hours(time.time(), self.rate, moved)
        self.plan = Plan(self.hours, self.is_hurried, self.fault)
        self._processes = {}

    def __enter__(self):
        self.start("portal", portal, self.settings, self.port, self.plan)
        self.start("worker", worker, self.settings, self.plan)
        self.start_bank()
        self.await_(self.origin)
        return self

    def __exit__(self, *_):
        for name in list(self._processes):
            self.stop(name)

    def start(self, name, body, *arguments):
        process = self._context.Process(target=body, args=arguments)
        process.start()
        self._processes[name] = process

    def start_bank(self):
        """Start the bank with what it knew before, and wait until it answers."""
        path = Path(self.settings.home) / "bank.sqlite3"
        self.start("bank", bank, path, self.bank_port, self.pace, self.hours)
        self.await_(self.bank_origin)

    def move(self, span):
        """Let the time pass everywhere at once."""
        self.hours.moved.value += span.total_seconds()

    def stop(self, name):
        process = self._processes.pop(name)
        children = _children(process.pid)
        process.terminate()
        process.join(3)
        for pid in (process.pid, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.join()

    def kill(self, name):
        """Kill one of the processes that answer, or the worker; another is started."""
        pids = _children(self._processes[name].pid)
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(pids), signal.SIGKILL)
                self.told[f"kills of the {name}"] += 1

    def kill_for(self, kills, is_over):
        """Kill at random moments, so many times or until it is over."""
        chance = random.Random(kills)
        while self.kills < kills and not is_over():
            time.sleep(chance.uniform(0.03, 0.3))
            self.kill("portal" if chance.random() < 0.6 else "worker")

    @property
    def kills(self):
        return self.told["kills of the portal"] + self.told["kills of the worker"]

    # Customers ------------------------------------------------------------------------

    def pay(self, cookie, chance):
        """Pay as a person does who tries again with the same form; return the deed."""
        deed = chance.choice(DEEDS)
        deal = self.deal_of(cookie, self.begin(cookie, chance))
        if deal is None:
            return None
        self.act(deal, deed)
        self.told[deed] += 1
        return deed

    def begin(self, cookie, chance):
        """Send the form; return where it leads: to the bank or to the payment's own page."""
        kopecks = f"{chance.randint(100, 900)},{chance.randint(10, 99)}"
        data = self.form(cookie, kopecks)
        with self._browser(cookie, chance) as browser:
            sent = self._until(lambda: browser.post("/pay", data=data), {303})
        return sent.headers["Location"]

    def form(self, cookie, amount="250,00"):
        """Open the form and fill it."""
        with self._browser(cookie, random.Random(cookie)) as browser:
            page = self._until(lambda: browser.get("/pay"), {200})
        data = _fields(page.text)
        sums = [name for name in data if name.startswith("sum_")]
        return data | {sums[0]: amount, "method": "card", "sure": "1"}

    def deal_of(self, cookie, address):
        """Follow the address to the bank's page; return the payment there, if any."""
        if not address.startswith(self.bank_origin):
            with self._browser(cookie, random.Random(cookie)) as browser:
                address = self._bank_page(browser, address)
        if address is None:
            self.told["no page"] += 1
            return None
        return address.rpartition("/")[2]

    def page(self, cookie, address):
        """Return what the customer reads at an address of the portal."""
        with self._browser(cookie, random.Random(cookie)) as browser:
            found = self._until(lambda: browser.get(address), {200})
        return found.text.replace("\u00a0", " ").replace("&nbsp;", " ")

    def _browser(self, cookie, chance):
        return httpx.Client(
            base_url=self.origin,
            cookies={"sid": cookie},
            # Customers of a town have an address each: one has so many payments an hour.
            headers={"X-Forwarded-For": str(IPv4Address(chance.getrandbits(32)))},
            timeout=15,
            trust_env=False,
        )

    def act(self, deal, deed):
        """Do at the bank what the card does."""
        asked = {"card": BY_DEED[deed], "code": "123456" if deed == "asks_code" else ""}
        answer = httpx.post(
            f"{self.bank_origin}/emulator/pay/{deal}",
            json=asked,
            headers={"X-Emulator-Token": TOKEN},
            timeout=10,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text

    def state(self):
        """Return what the bank holds: the truth outside."""
        answer = httpx.get(
            f"{self.bank_origin}/emulator/state",
            headers={"X-Emulator-Token": TOKEN},
            timeout=10,
            trust_env=False,
        )
        return answer.json()

    def plant(self, **fault):
        """Let the bank do harm."""
        answer = httpx.post(
            f"{self.bank_origin}/emulator/faults",
            json=fault,
            headers={"X-Emulator-Token": TOKEN},
            timeout=10,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text

    def heal(self):
        httpx.delete(
            f"{self.bank_origin}/emulator/faults",
            headers={"X-Emulator-Token": TOKEN},
            timeout=10,
            trust_env=False,
        )

    def close_pages(self):
        """Let everybody leave who has not paid."""
        for one in self.state()["payments"]:
            if one["state"] == "pending":
                httpx.post(
                    f"{self.bank_origin}/emulator/pay/{one['id']}",
                    json={"leave": True},
                    headers={"X-Emulator-Token": TOKEN},
                    timeout=10,
                    trust_env=False,
                )

    @property
    def paid(self):
        """How many customers have been at the bank's page."""
        return sum(self.told[deed] for deed in set(DEEDS))

    def settle(self, seconds=120):
        """Wait until every payment has its end; return how many have not."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.close_pages()
            is_open = Payment.state.in_(list(OPEN)) & ~Payment.is_suspicious
            is_open |= Payment.ask_at.is_null(False)
            left = Payment.select().where(is_open).count()
            if not left:
                return 0
            time.sleep(0.5)
        return left

    def _bank_page(self, browser, page):
        for _ in range(150):
            found = self._until(lambda: browser.get(page), {200})
            link = BANK_LINK.search(found.text)
            if link:
                return link[1]
            if "не\u00a0прошёл" in found.text or "&nbsp;прошёл" in found.text:
                return None
            time.sleep(0.1)
        return None

    def _until(self, call, statuses):
        """Return the first answer that is one; try again after every other."""
        for _ in range(300):
            with contextlib.suppress(httpx.HTTPError):
                answer = call()
                if answer.status_code in statuses:
                    return answer
                self.told[f"status {answer.status_code}"] += 1
            self.told["tries again"] += 1
            time.sleep(0.05)
        raise AssertionError("the portal does not come back")

    def await_(self, origin):
        for _ in range(300):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{origin}/healthz", trust_env=False).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"{origin} did not start")


def _children(pid):
    text = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(word) for word in text.read_text(encoding="ascii").split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _fields(html):
    form = html[
        html.index('id="pay-form"') : html.index("</form>", html.index('id="pay-form"'))
    ]
    found = {}
    for tag in INPUT.findall(form):
        value = VALUE.search(tag)
        found[NAME.search(tag)[1]] = value[1] if value else ""
    return found


# What came of it ----------------------------------------------------------------------


def judge(state, *, now=None):
    """Return how many payments are lost, doubled and unbalanced, by the bank's truth."""
    judged = Counter(lost=0, doubled=0, unbalanced=0, invented=0)
    by_id = {one["id"]: one for one in state["payments"]}
    payments = {one.provider_id: one for one in Payment.select()}
    for deal in by_id.values():
        payment = payments.get(deal["id"])
        posted = _posted(payment) if payment else 0
        if deal["state"] == "succeeded":
            judged["paid"] += 1
            # What an operator has to look at is not lost: it is held, and told so.
            is_held = payment is not None and payment.is_suspicious
            judged["held"] += is_held
            if posted < deal["amount"] and not is_held:
                judged["lost"] += 1
                state = payment and payment.state.value
                judged[f"lost: {state}, {deal}"] += 1
            judged["doubled"] += posted > deal["amount"]
        else:
            judged["refused"] += 1
            judged["invented"] += posted > 0
    for payment in payments.values():
        if payment.state in PAID:
            deal = by_id.get(payment.provider_id)
            judged["invented"] += deal is None or deal["state"] != "succeeded"
    for account in Account.select():
        entries = LedgerEntry.select().where(LedgerEntry.account == account)
        total = sum(entry.amount.kopecks for entry in entries)
        judged["unbalanced"] += account.balance.kopecks != total
    checks = (*CHECKS, *invariants.checks(now or datetime.now(UTC)))
    judged["findings"] = len(list(check_ledger(checks)))
    return judged


#: What must be zero, whatever happened.
WRONG = ("lost", "doubled", "unbalanced", "invented", "findings")


def _posted(payment):
    cause = f"payment:{payment.public_id}:"
    entries = LedgerEntry.select().where(LedgerEntry.cause.startswith(cause))
    return -sum(entry.amount.kopecks for entry in entries)
