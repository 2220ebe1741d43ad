"""The history of every account of the sample registry, beside its bills."""

from collections import Counter
from zoneinfo import ZoneInfo

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import ReadingWindow
from cabinet.models import Account
from cabinet.services.access import AccountCard
from cabinet.services.history.entries import MeterWalk
from cabinet.services.history.facts import bills_of, meters_of
from cabinet.services.history.units import Units


def test_the_energy_of_every_month_is_that_of_its_bill(brought, now):
    found = Counter()
    for account in Account.select():
        card = card_of(account)
        walks = [MeterWalk(at, one, card) for at, one in enumerate(meters_of(card))]
        entries = [entry for walk in walks for entry in walk.entries()]
        units = Units(entries)
        for month, bill in bills_of(card, now=now).items():
            unit = units.by_month.get(month)
            if bill.basis is not ChargeBasis.ACTUAL:
                assert unit is None or unit.last > month
                found["silent"] += 1
            elif unit.months > 1:
                assert unit.total >= bill.volume
                found["resumed"] += 1
            else:
                assert unit.total == bill.volume
                found["read"] += 1
        found["rolled over"] += sum(entry.rolled_over for entry in entries)
        found["taken away"] += sum(entry.reading is None for entry in entries)
    assert found == {
        "read": 3741,
        "resumed": 90,
        "silent": 169,
        "rolled over": 11,
        "taken away": 10,
    }


def card_of(account):
    return AccountCard(
        account_id=account.id,
        slug="x",
        number=account.number,
        label="",
        holder="",
        address="",
        is_organisation=False,
        level=AccessLevel.FULL,
        since=None,
        until=None,
        is_owner=True,
        branch_id=account.branch_id,
        branch_code="kursk",
        branch_phone="",
        branch_hours="",
        zone=ZoneInfo("Europe/Moscow"),
        window=ReadingWindow(20, 25),
    )
