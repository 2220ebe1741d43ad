"""Signed-in customers who look, send readings and pay, and what was promised to each.

They are for the drills: whatever an answer acknowledged is written down, so that it can
be looked for afterwards. Nobody gives up: a form that failed is sent again as it was.
"""

import random
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

import httpx
from lxml import html
from peewee import fn

from bench import town
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.payments.states import PAID
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.emulator.cards import CARDS
from cabinet.models import (
    Account,
    AccountAccess,
    Branch,
    LedgerEntry,
    Meter,
    Payment,
    Reading,
    Session,
    User,
)
from cabinet.models.base import writing
from cabinet.services import sessions

#: A branch each: YooKassa, Sberbank, T-Bank.
BRANCHES = ("kursk", "murmansk", "smolensk")
MONTH = Month(2026, 10)
TOKEN = "drill"
#: A meter takes twenty readings a day, and a customer ten payments an hour.
MOST_READINGS, MOST_PAYMENTS = 16, 8
ANSWERS = frozenset({200, 303, 409, 422})
BUSY = "busy"
#: Kilowatt-hours of an ordinary month.
USUAL = 100

PAYS = next(card.number for card in CARDS if card.deed == "pays")
_ID = re.compile(r"/readings/([0-9a-f-]{36})$")
_BANK = re.compile(r'href="(http[^"]*/pay/[^"]*)"')


@dataclass(frozen=True)
class Customer:
    """Who pays and sends readings, with an account of their own or two."""

    number: int
    cookie: str
    value: int


@dataclass(frozen=True)
class Act:
    """One request: when it was answered, by seconds of the run, and how."""

    at: float
    seconds: float
    what: str
    status: int
    why: str = ""

    @property
    def is_good(self) -> bool:
        """Tell whether it was answered as it should be.

        409 is an answer too: a payment of theirs is not known yet, another would be a
        second one. So is it to be told to send again in some seconds, because enough
        others wait for their bank.
        """
        return self.status in ANSWERS or self.why == BUSY


@dataclass
class Told:
    """What was answered to everybody; a reading is known by its public id."""

    acts: list[Act] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)
    deals: list[str] = field(default_factory=list)
    signed_out: int = 0

    def bad(self) -> list[Act]:
        """Return what went wrong, in order."""
        return sorted(
            (act for act in self.acts if not act.is_good), key=lambda act: act.at
        )

    def counts(self) -> Counter[str]:
        """Return how many requests of each kind were answered well."""
        return Counter(act.what for act in self.acts if act.is_good)


def settle(count: int, now: datetime) -> list[Customer]:
    """Put so many customers into the open database, signed in, in three branches."""
    # A two-rate meter has another form: one of three is left out.
    town.settle(count * 2, (MONTH,))
    branches = [Branch.get(Branch.code == code) for code in BRANCHES]
    rows = (
        Reading.select(Reading.t1, Meter.account)
        .join(Meter)
        .where(Meter.zones == 1)
        .order_by(Meter.account)
        .limit(count)
        .tuples()
    )
    made = []
    with writing():
        for number, (read, account) in enumerate(list(rows)):
            branch = branches[number % len(branches)]
            mine = [account]
            if number % 4 == 0:
                # Every fourth pays for two accounts at once.
                mine.append(count * 2 - number // 4)
            Account.update(branch=branch).where(Account.id.in_(mine)).execute()
            made.append(_customer(number, mine, int(read.kwh), now))
    return made


def _customer(
    number: int, accounts: Sequence[int], read: int, now: datetime
) -> Customer:
    user = User.create(
        email=f"drill{number}@example.org",
        name="Мария Петрова",
        role=Role.CUSTOMER,
        created_at=now - timedelta(days=30),
    )
    for place, account in enumerate(accounts):
        AccountAccess.create(
            user=user,
            account=account,
            level="full",
            slug=f"home{place}",
            position=place,
            evidence="drill",
            granted_at=now - timedelta(days=30),
        )
    cookie = secrets.token_urlsafe(32)
    Session.create(
        sid_hash=sessions.hash_of(cookie),
        user=user,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(days=1),
    )
    return Customer(number, cookie, read)


@dataclass(frozen=True)
class Where:
    """How the portal and the bank are reached; `cookie` is what its sign-in is called.

    With `addresses` a customer comes from an address of this machine's own.
    """

    portal: str
    bank: str
    cookie: str = "sid"
    addresses: str = ""


class Crowd:
    """Customers as threads; they act until the run is over."""

    def __init__(self, customers: Sequence[Customer], where: Where) -> None:
        self.told = Told()
        self._where = where
        self._over = threading.Event()
        self._began = time.monotonic()
        self._threads = [
            threading.Thread(target=self._live, args=(one,), daemon=True)
            for one in customers
        ]

    def __enter__(self) -> Self:
        """Let everybody come, one after the other."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let everybody finish what they have begun."""
        self.stop()

    def stop(self) -> None:
        """End the run; returns when everybody has gone."""
        self._over.set()
        for thread in self._threads:
            thread.join(40)

    def now(self) -> float:
        """Return the seconds of the run."""
        return time.monotonic() - self._began

    def _live(self, one: Customer) -> None:
        chance = random.Random(one.number)
        who = _Person(self, one, self._where, chance)
        self._over.wait(chance.uniform(0, 2))
        with who.client:
            while not self._over.is_set():
                who.act()
                self._over.wait(chance.uniform(0.3, 1.5))

    def note(self, act: Act) -> None:
        """Write down an answer."""
        self.told.acts.append(act)

    def is_over(self) -> bool:
        """Tell whether the run is at its end."""
        return self._over.is_set()


class _Person:
    """One customer: what they want next, and a form that waits to be sent again."""

    def __init__(
        self, crowd: Crowd, one: Customer, where: Where, chance: random.Random
    ) -> None:
        self._crowd, self._one, self._where, self._chance = crowd, one, where, chance
        self._readings = self._payments = 0
        self._waiting: tuple[str, dict[str, str]] | None = None
        address = where.addresses.format(one.number // 200, one.number % 200 + 1)
        headers = {
            "X-Forwarded-For": f"10.1.{one.number // 200}.{one.number % 200 + 1}"
        }
        # Where a form comes from is asked of whoever sends one over HTTPS.
        headers |= {"Referer": f"{where.portal}/"}
        self.client = httpx.Client(
            transport=httpx.HTTPTransport(verify=False, local_address=address or None),
            base_url=where.portal,
            headers=headers,
            cookies={where.cookie: one.cookie},
            timeout=30,
            trust_env=False,
        )

    def act(self) -> None:
        """Look at the home page, or send a reading, or pay."""
        if self._waiting is not None:
            self._send(*self._waiting)
            return
        wish = self._chance.random()
        if wish < 0.3 and self._readings < MOST_READINGS:
            self._fill("reading", "/readings", "reading-form")
        elif wish < 0.45 and self._payments < MOST_PAYMENTS:
            self._fill("payment", "/pay", "pay-form")
        else:
            self._ask("home", "GET", "/")

    def _ask(
        self, what: str, method: str, path: str, data: dict[str, str] | None = None
    ) -> httpx.Response | None:
        """Send one request and write down what came of it; None where nothing good."""
        began = self._crowd.now()
        status, why, answer = 0, "", None
        try:
            answer = self.client.request(method, path, data=data)
            status = answer.status_code
        except httpx.HTTPError as error:
            why = type(error).__name__
        at = self._crowd.now()
        if status == 503 and answer and answer.headers.get("Retry-After") == "5":
            why = BUSY
        if answer is not None and answer.headers.get("Location", "").startswith(
            "/login"
        ):
            self._crowd.told.signed_out += 1
        act = Act(at, at - began, what, status, why)
        self._crowd.note(act)
        return answer if status in ANSWERS else None

    def _fill(self, what: str, path: str, form_id: str) -> None:
        answer = self._ask(f"{what} form", "GET", path)
        if answer is None:
            return
        page = html.fromstring(answer.text)
        forms = [one for one in page.forms if one.get("id") == form_id] or page.forms
        form = next(one for one in forms if one.get("method", "").lower() == "post")
        data = {name: value or "" for name, value in form.form_values()}
        if what == "reading":
            data |= {"t1": str(self._one.value + USUAL + self._readings)}
        else:
            for name in [name for name in form.fields if name.startswith("sum_")]:
                data[name] = f"{self._chance.randint(100, 900)},00"
            data |= {"method": "card", "sure": "1"}
        self._waiting = (what, data)
        self._send(what, data)

    def _send(self, what: str, data: dict[str, str]) -> None:
        """Send the form; it stays as it is until it was taken."""
        path = {"reading": "/readings", "payment": "/pay"}[what]
        answer = self._ask(what, "POST", path, data)
        if answer is None:
            return
        self._waiting = None
        where = answer.headers.get("Location", "")
        if what == "reading":
            self._readings += 1
            found = _ID.search(where)
            if found is not None:
                self._crowd.told.readings.append(found[1])
        elif where:
            self._payments += 1
            self._pay(where)

    def _pay(self, where: str) -> None:
        """Pay at the bank; the payment's own page leads there when the bank was slow."""
        for _ in range(20):
            if where.startswith(self._where.bank):
                break
            answer = self._ask("payment page", "GET", where)
            link = answer is not None and _BANK.search(answer.text)
            if link:
                where = link[1]
            elif self._crowd.is_over():
                return
            else:
                time.sleep(0.5)
        if not where.startswith(self._where.bank):
            return
        deal = where.rpartition("/")[2]
        answer = httpx.post(
            f"{bank_of(self._where.bank)}/emulator/pay/{deal}",
            json={"card": PAYS},
            headers={"X-Emulator-Token": TOKEN},
            timeout=20,
            trust_env=False,
        )
        if answer.status_code == 200 and answer.json()["state"] == "succeeded":
            self._crowd.told.deals.append(deal)


def bank_of(origin: str) -> str:
    """Return the bank as this machine reaches it: what tests may do is for it alone."""
    return f"http://127.0.0.1:{origin.rpartition(':')[2]}"


def deals_of(origin: str) -> list[dict[str, object]]:
    """Return the payments the bank has: the truth outside."""
    answer = httpx.get(
        f"{bank_of(origin)}/emulator/state",
        headers={"X-Emulator-Token": TOKEN},
        timeout=60,
        trust_env=False,
    )
    payments: list[dict[str, object]] = answer.json()["payments"]
    return payments


def missing_readings(told: Told) -> list[str]:
    """Return which acknowledged readings the open database has not."""
    known = {str(row) for (row,) in Reading.select(Reading.public_id).tuples()}
    return [one for one in told.readings if one not in known]


def is_once(deal: dict[str, object]) -> bool:
    """Tell whether the payment stands on its accounts once, and whole."""
    payments = list(
        Payment.select().where(
            Payment.provider_id == str(deal["id"]), Payment.state.in_(sorted(PAID))
        )
    )
    if len(payments) != 1:
        return False
    cause = f"payment:{payments[0].public_id}:"
    entries = LedgerEntry.select(fn.SUM(LedgerEntry.amount)).where(
        LedgerEntry.kind == EntryKind.PAYMENT, LedgerEntry.cause.startswith(cause)
    )
    return -int(entries.scalar() or 0) == int(str(deal["amount"]))
