"""A made town of thousands, and among them those who are looked for."""

import uuid
from datetime import date

from bench.crowd import crowd
from cabinet.domain.energy import Energy
from cabinet.domain.people import AccountKind
from cabinet.domain.tariff import Category
from cabinet.models import Account, Meter
from cabinet.models.base import writing
from cabinet.services import bulk, searching
from tests import factories
from tests.services.searching.typed import EMAILS, PEOPLE, number_of


def make(count):
    """Make so many accounts, and those who are looked for."""
    branch = factories.make_branch()
    rows = [(p.number, p.holder, p.address, p.phone, p.serial) for p in crowd(count)]
    rows += [(number_of(who), *facts) for who, facts in PEOPLE.items()]
    with writing():
        bulk.insert(
            Account,
            [
                {
                    "number": number,
                    "branch": branch.id,
                    "kind": AccountKind.HOUSEHOLD,
                    "holder": holder,
                    "address": address,
                    "phone": phone,
                    "category": Category.CITY_GAS,
                }
                for number, holder, address, phone, _serial in rows
            ],
        )
        ids = dict(Account.select(Account.number, Account.id).tuples())
        bulk.insert(
            Meter,
            [
                {
                    "public_id": uuid.uuid4(),
                    "account": ids[number],
                    "serial": serial,
                    "zones": 1,
                    "digits": 5,
                    "opening_on": date(2020, 1, 1),
                    "opening_t1": Energy(0),
                }
                for number, *_, serial in rows
            ],
        )
    for who, email in EMAILS.items():
        account = Account.get(Account.number == number_of(who))
        factories.give_access(factories.make_customer(email), account, slug=who[:5])
    searching.make_due()
