"""The bill of a plain month as it is written: whole numbers, kept as they stand.

`plain_months` makes them. What is written is what `snapshot`, `used` and `standing` would
pack of the same bill; a test holds both to the same bytes.
"""

from typing import Any, NamedTuple

from cabinet.domain.billing import Terms
from cabinet.domain.billing.run import Oddity, odd_sums
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.money import Money
from cabinet.domain.pricing import FIRST_RANGE
from cabinet.domain.tariff import Zone
from cabinet.domain.volume.values import MOST_OF_AVERAGE
from cabinet.services.billing.inputs import Inputs
from cabinet.services.billing.used import KEY, Start

#: A debt as it is kept: its month, when it was due and is by its newest bill, what is
#: unpaid of it and of its penalties, what was paid on which day.
Debt = list[Any]


class Priced(NamedTuple):
    """The first range of a category's plan: zones, prices, and the acts that set them.

    `act_of` is the place of each zone's act.
    """

    zones: tuple[Zone, ...]
    micro: tuple[int, ...]
    acts: list[str]
    act_of: list[int]


class Taken(NamedTuple):
    """What the meter took since the last bill: registers before and after, by zone."""

    before: list[int]
    after: list[int]
    used: list[int]


class Delay(NamedTuple):
    """What the delay of a month came to, what was charged of it before, and its days."""

    month: int
    total: int
    before: int
    days: list[list[Any]]

    def packed(self) -> dict[str, Any]:
        """Return it as the lines of a bill keep it."""
        return dict(zip(self._fields, self, strict=True))


class Plain(NamedTuple):
    """A plain month's bill, in kopecks and watt-hours.

    `kept` is what the bill before left, `debts` those of it that are still unpaid,
    `moved` what came in, as it is kept.
    """

    inputs: Inputs
    terms: Terms
    kept: dict[str, Any]
    priced: Priced
    taken: Taken
    sums: list[int]
    paid: int
    moved: list[list[Any]]
    debts: list[Debt]
    delays: list[Delay]
    charged: int
    penalty: int
    closing: int

    @property
    def opening(self) -> int:
        """Return what was to be paid before."""
        opening: int = self.kept["closing"]
        return opening

    @property
    def oddities(self) -> tuple[Oddity, ...]:
        """Return what makes the bill worth a look."""
        return tuple(odd_sums(Money(self.charged), self.inputs.before))

    def draft_row(self, run_id: int, vat_rate: int | None) -> dict[str, Any]:
        """Return the fields of a draft."""
        account, month, zero = self.inputs.account, self.terms.month, Money(0)
        return {
            "run": run_id,
            "account": account.account_id,
            "month": month,
            "number": f"{account.number}-{month.code}",
            "issued_on": month.ends,
            "due_on": self.terms.due_on,
            "basis": ChargeBasis.ACTUAL,
            "volume": Energy(sum(self.taken.used)),
            "charged": Money(self.charged),
            "recalculated": zero,
            "penalty": Money(self.penalty),
            "benefit": zero,
            "opening": Money(self.opening),
            "paid": Money(self.paid),
            "closing": Money(self.closing),
            "lines": self._lines(vat_rate),
            "standing": self._standing(),
            "readings": self.inputs.reading_ids,
            "orders": [],
            "oddities": " ".join(self.oddities),
        }

    def _lines(self, vat_rate: int | None) -> dict[str, Any]:
        lines: dict[str, Any] = {}
        if self.delays:
            lines["penalties"] = [one.packed() for one in self.delays]
        if vat_rate:
            lines["vat_rate"] = vat_rate
        priced = self.priced
        lines |= {
            "registers": self._registers(),
            "lines": [
                {
                    "zone": zone,
                    "range": FIRST_RANGE,
                    "wh": wh,
                    "price": micro,
                    "kopecks": kopecks,
                }
                for zone, wh, micro, kopecks in zip(
                    priced.zones, self.taken.used, priced.micro, self.sums, strict=True
                )
            ],
            "mean_of": 0,
            "silent": 0,
            "resumed": 0,
            "next_norm": False,
            "recalculation": None,
            KEY: self._used(),
        }
        return lines

    def _registers(self) -> list[dict[str, Any]]:
        reading, meter = self.inputs.readings[0], self.inputs.meters[0]
        before_on, after_on = self.kept["at"][2], reading.taken_on.isoformat()
        turn = 10**meter.digits * WH_IN_KWH
        return [
            {
                "serial": meter.serial,
                "zone": zone,
                "before": before,
                "before_on": before_on,
                "after": after,
                "after_on": after_on,
                "source": reading.source,
                "turn": turn if after < before else None,
                "ratio": meter.ratio,
                "wh": used,
                "removed": False,
            }
            for zone, before, after, used in zip(
                self.priced.zones, *self.taken, strict=True
            )
        ]

    def _used(self) -> dict[str, Any]:
        account, acts = self.inputs.account, self.priced.acts
        used: dict[str, Any] = {}
        if account.is_heated:
            used["heated"] = True
        if account.norm:
            used["norm"] = account.norm.wh
        if any(acts):
            used["acts"] = acts
        if len(acts) > 1:
            used["act_of"] = self.priced.act_of
        if self.moved:
            used["moved"] = self.moved
        limits = self.terms.limits_for(is_heated=account.is_heated)
        used |= {
            "category": account.category,
            "residents": account.residents,
            "limits": [one.limit.wh for one in limits],
            "start": Start.CARRIED,
        }
        return used

    def _standing(self) -> dict[str, Any]:
        """Return what the next bill takes over: the debts of before as they were kept."""
        month, due_on = self.terms.month.code, self.terms.due_on.isoformat()
        debts = self.debts
        if self.charged or self.penalty:
            own = [month, due_on, due_on, self.charged, self.penalty, []]
            debts = [*debts, own]
        reading = self.inputs.readings[0]
        known = [*self.kept["known"], [month, self.taken.used]]
        return {
            "at": [reading.serial, self.taken.after, reading.taken_on.isoformat()],
            "known": known[-MOST_OF_AVERAGE:],
            "silent": [],
            "closing": self.closing,
            "debts": debts,
            "credits": [],
            "penalized": [[one.month, one.total] for one in self.delays],
        }
