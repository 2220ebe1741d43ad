"""The customers of the last day of the window, and what each of them does.

Of a hundred visits on the 25th 65 are made to send a reading, 25 of them by somebody who
signs in first: a session is remembered for thirty days, so that most who came a month
ago come in by their cookie, and those who come less often, or from another device, do
not. 15 pay what the home page says is owed, 10 look at their history, 10 save a
receipt. Nothing of that was counted in a company; it follows what the day is for.
"""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

from bench.fill import cookie_of, email_of
from bench.portal import PASSWORD
from bench.wire import Answer, Connection, LostError
from cabinet.emulator.cards import CARDS, Deed

#: What a visit is made of, and how many of a hundred are so.
VISITS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (40, ("home", "reading form", "reading sent")),
    (25, ("sign-in form", "sign-in", "home", "reading form", "reading sent")),
    (10, ("home", "history")),
    (10, ("home", "receipt")),
    (15, ("home", "payment form", "payment begun", "notice")),
)
#: What is asked for all the time, to tell what machine and driver take themselves.
NOTHING = "nothing (/healthz)"
KINDS = (*dict.fromkeys(kind for _, kinds in VISITS for kind in kinds), NOTHING)

#: A form with a key is the same deed however often it is sent; a page can be asked again.
REPEATABLE = {
    "home",
    "sign-in form",
    "reading form",
    "reading sent",
    "history",
    "receipt",
    "payment form",
    "payment begun",
    "notice",
    NOTHING,
}
#: Seconds after which somebody whose answer was lost sends the same form again.
AGAIN = 1.0
MONTH = "2026-10"
WHOSE = re.compile(r'Лицевой сч[её]т <span class="nowrap">([\d\s]+)</span>')
INPUT = re.compile(r"<input[^>]*>")
NAME = re.compile(r' name="([^"]*)"')
VALUE = re.compile(r' value="([^"]*)"')
SILENT_CARD = next(card.number for card in CARDS if card.deed is Deed.TELLS_NOTHING)
OK, SEE_OTHER = 200, 303


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Somebody with a cabinet, and what the meter shows today, in kilowatt-hours."""

    user_id: int
    number: str
    shown: tuple[int, ...]
    address: str


@dataclass(frozen=True, slots=True)
class Where:
    """Where portal and bank listen, and what opens the bank's own addresses."""

    portal: int
    bank: int
    token: str


@dataclass(slots=True)
class Tally:
    """What came of it all."""

    #: Milliseconds of each good answer from the moment it was due, by its kind.
    waits: dict[str, list[float]] = field(
        default_factory=lambda: {kind: [] for kind in KINDS}
    )
    #: Answers lost or wrong at the first try, and those that stayed so.
    lost: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    #: Pages that were somebody else's.
    foreign: int = 0
    why: Counter[str] = field(default_factory=Counter)
    #: Acknowledged: keys of readings with their registers, payments with their bank's
    #: number and payer, numbers that a notice told of.
    readings: dict[str, tuple[int, ...]] = field(default_factory=dict)
    payments: dict[str, tuple[str, int]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


class Visit:
    """One customer's visit; each request is due at a moment drawn beforehand."""

    def __init__(self, one: Customer, where: Where, tally: Tally) -> None:
        self._one = one
        self._where = where
        self._tally = tally
        self._portal = Connection("127.0.0.1", where.portal)
        self._bank = Connection("127.0.0.1", where.bank)
        self._cookie = f"sid={cookie_of(one.user_id)}"
        self._form: dict[str, str] = {}
        self._deal = ""

    async def run(self, kinds: tuple[str, ...], dues: list[float]) -> None:
        """Do it all; what could not be asked for is as bad as what was not answered."""
        clock = asyncio.get_running_loop().time
        for at, (kind, due) in enumerate(zip(kinds, dues, strict=True)):
            await asyncio.sleep(max(due - clock(), 0))
            is_good = await self._good(kind)
            if is_good is None:
                self._tally.bad.update(kinds[at:])
                break
            if is_good:
                self._tally.waits[kind].append((clock() - due) * 1000)
            else:
                self._tally.bad[kind] += 1
            if kind == "payment begun":
                await self._pay_at_bank()
        self._portal.close()
        self._bank.close()

    async def _good(self, kind: str) -> bool | None:
        """Ask, once more where the answer is lost, and tell whether it was good.

        None is one after which there is no going on.
        """
        for tries in range(2):
            try:
                fault = await ASKS[kind](self)
            except LostError as error:
                fault = f"lost: {error}"
            if not fault:
                return not tries or kind in REPEATABLE
            self._tally.why[f"{kind}: {fault}"] += 1
            self._tally.lost[kind] += not tries
            if not fault.startswith("lost"):
                break
            await asyncio.sleep(AGAIN if kind in FORMS else 0)
        return None

    # Pages -------------------------------------------------------------------------

    async def _get(self, path: str) -> Answer:
        return await self._portal.ask("GET", path, self._headers())

    async def _post(self, path: str, data: Mapping[str, str], **more: str) -> Answer:
        headers = self._headers() | more
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return await self._portal.ask("POST", path, headers, urlencode(data).encode())

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self._cookie, "X-Forwarded-For": self._one.address}

    def _own(self, answer: Answer) -> str:
        """Return what is wrong with a page that must be the customer's own."""
        if answer.status != OK:
            return f"status {answer.status}"
        found = {re.sub(r"\s", "", one) for one in WHOSE.findall(answer.text)}
        if found - {self._one.number}:
            self._tally.foreign += 1
            return "somebody else's page"
        return "" if found else "nobody's page"

    async def home(self) -> str:
        """Open the home page."""
        return self._own(await self._get("/"))

    async def history(self) -> str:
        """Open the history of readings."""
        return self._own(await self._get("/history"))

    async def receipt(self) -> str:
        """Save the receipt of the last month."""
        answer = await self._get(f"/bills/{MONTH}.pdf")
        if answer.status != OK or not answer.body.startswith(b"%PDF"):
            return f"status {answer.status}"
        if self._one.number not in answer.headers.get("content-disposition", ""):
            self._tally.foreign += 1
            return "somebody else's receipt"
        return ""

    # Signing in --------------------------------------------------------------------

    async def sign_in_form(self) -> str:
        """Open the form as somebody without a session."""
        self._cookie = "sid="
        answer = await self._get("/login")
        self._keep_cookie(answer)
        self._form = fields(answer.text, "login-form")
        return "" if answer.status == OK and self._form else f"status {answer.status}"

    async def sign_in(self) -> str:
        """Send e-mail and password."""
        data = self._form | {
            "login": email_of(self._one.user_id),
            "password": PASSWORD,
        }
        data.pop("shared", None)
        answer = await self._post("/login", data)
        self._keep_cookie(answer)
        return "" if answer.status == SEE_OTHER else f"status {answer.status}"

    def _keep_cookie(self, answer: Answer) -> None:
        made = answer.headers.get("set-cookie", "").partition(";")[0]
        if made.startswith("sid="):
            self._cookie = made

    # A reading ---------------------------------------------------------------------

    async def reading_form(self) -> str:
        """Open the form, and type what the meter shows."""
        answer = await self._get("/readings")
        self._form = fields(answer.text, "reading-form")
        for at, shown in enumerate(self._one.shown, start=1):
            self._form[f"t{at}"] = str(shown)
        return self._own(answer)

    async def reading_sent(self) -> str:
        """Send the form as htmx does; the answer repeats what was taken."""
        answer = await self._post("/readings", self._form, **{"HX-Request": "true"})
        if answer.status != OK:
            return f"status {answer.status}"
        if 'id="reading-form"' in answer.text:
            return "a question"
        self._tally.readings[self._form["key"]] = self._one.shown
        return ""

    # A payment ---------------------------------------------------------------------

    async def payment_form(self) -> str:
        """Open the form, and type a sum."""
        answer = await self._get("/pay")
        self._form = fields(answer.text, "pay-form") | {"method": "card", "sure": "1"}
        for name in self._form:
            if name.startswith("sum_"):
                self._form[name] = f"{100 + self._one.user_id % 800},00"
        return self._own(answer) or ("" if "key" in self._form else "no form")

    async def payment_begun(self) -> str:
        """Send the form; the answer leads to the bank's page."""
        answer = await self._post("/pay", self._form)
        where = answer.headers.get("location", "")
        if answer.status != SEE_OTHER or f":{self._where.bank}/" not in where:
            return f"status {answer.status}"
        self._deal = where.rpartition("/")[2]
        kept = (self._deal, self._one.user_id)
        self._tally.payments[self._form["key"]] = kept
        return ""

    async def _pay_at_bank(self) -> None:
        """Pay there; the bank leaves it to us to tell the portal, and when."""
        answer = await self._bank.ask(
            "POST",
            f"/emulator/pay/{self._deal}",
            {"X-Emulator-Token": self._where.token, "Content-Type": "application/json"},
            json.dumps({"card": SILENT_CARD}).encode(),
        )
        if answer.status != OK:
            message = f"the bank answered {answer.status}"
            raise SystemExit(message)

    async def notice(self) -> str:
        """Tell the portal as the bank does, which comes again until it is answered."""
        answer = await self._portal.ask(
            "POST",
            "/webhooks/kursk",
            {"Content-Type": "application/json"},
            json.dumps(notice(self._deal)).encode(),
        )
        if answer.status != OK:
            return f"status {answer.status}"
        self._tally.notices.append(self._deal)
        return ""

    async def nothing(self) -> str:
        """Ask for what asks nobody."""
        answer = await self._portal.ask("GET", "/healthz", {})
        return "" if answer.status == OK else f"status {answer.status}"


ASKS = {
    "home": Visit.home,
    "sign-in form": Visit.sign_in_form,
    "sign-in": Visit.sign_in,
    "reading form": Visit.reading_form,
    "reading sent": Visit.reading_sent,
    "history": Visit.history,
    "receipt": Visit.receipt,
    "payment form": Visit.payment_form,
    "payment begun": Visit.payment_begun,
    "notice": Visit.notice,
    NOTHING: Visit.nothing,
}
FORMS = {"sign-in", "reading sent", "payment begun", "notice"}


def notice(deal: str) -> dict[str, object]:
    """Return what YooKassa sends when a payment has gone through."""
    return {
        "type": "notification",
        "event": "payment.succeeded",
        "object": {"id": deal, "status": "succeeded", "paid": True},
    }


def fields(page: str, form: str) -> dict[str, str]:
    """Return the inputs of a form and their values; nothing where there is no form."""
    begins = page.find(f'id="{form}"')
    if begins < 0:
        return {}
    found = {}
    for tag in INPUT.findall(page[begins : page.find("</form>", begins)]):
        name, value = NAME.search(tag), VALUE.search(tag)
        if name:
            found[name[1]] = unescape(value[1]) if value else ""
    return found


def schedule(
    seconds: float, rate: float, pause: float, seed: int
) -> list[tuple[tuple[str, ...], list[float]]]:
    """Return the visits and the moments of their requests, drawn beforehand.

    So many requests a second come at moments of chance (Poisson); each is the next one of
    somebody who has looked at the page before for a while, or the first of who comes in.
    """
    chance = random.Random(seed)
    weights = [weight for weight, _ in VISITS]
    visits: list[tuple[tuple[str, ...], list[float]]] = []
    waiting: list[tuple[float, int]] = []
    moment = 0.0
    while (moment := moment + chance.expovariate(rate)) < seconds:
        waiting.sort()
        if waiting and waiting[0][0] <= moment:
            at = waiting.pop(0)[1]
        else:
            at = len(visits)
            visits.append((chance.choices(VISITS, weights)[0][1], []))
        kinds, dues = visits[at]
        dues.append(moment)
        if len(dues) < len(kinds):
            waiting.append((moment + pause * (0.3 + chance.expovariate(1 / 0.7)), at))
    # Whoever was cut off by the end has done so much.
    return [(kinds[: len(dues)], dues) for kinds, dues in visits]


async def come(
    visits: list[tuple[tuple[str, ...], list[float]]],
    customers: list[Customer],
    where: Where,
    tally: Tally,
) -> float:
    """Let all come at their moments; return the seconds of the processor it took us."""
    busy = time.process_time()
    begins = asyncio.get_running_loop().time() + 1
    async with asyncio.TaskGroup() as group:
        for (kinds, dues), one in zip(visits, customers, strict=True):
            moments = [begins + due for due in dues]
            group.create_task(_visit(one, kinds, moments, where, tally))
        last = max(dues[-1] for _, dues in visits)
        once_a_second = [begins + second for second in range(int(last))]
        watcher = Visit(customers[0], where, tally)
        group.create_task(watcher.run((NOTHING,) * len(once_a_second), once_a_second))
    return time.process_time() - busy


async def _visit(
    one: Customer,
    kinds: tuple[str, ...],
    moments: list[float],
    where: Where,
    tally: Tally,
) -> None:
    # Nothing is made for who has not come yet.
    await asyncio.sleep(max(moments[0] - asyncio.get_running_loop().time() - 1, 0))
    await Visit(one, where, tally).run(kinds, moments)
