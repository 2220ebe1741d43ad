from datetime import date, timedelta

import pytest

from cabinet.domain.people import AccessLevel
from cabinet.models import AccountAccess
from cabinet.services import access
from tests import factories


def test_the_owner_and_the_delegate_see_it_and_a_stranger_does_not(
    alice, bob, charlie, account, now
):
    assert access.get_access(alice.id, account.id, now=now).level is AccessLevel.FULL
    assert access.get_access(bob.id, account.id, now=now).level is AccessLevel.READINGS
    with pytest.raises(access.AccountNotFoundError):
        access.get_access(charlie.id, account.id, now=now)
    with pytest.raises(access.AccountNotFoundError):
        access.get_access(alice.id, 999_999, now=now)


def test_a_delegate_is_refused_what_needs_full_access(bob, account, now):
    access.get_access(bob.id, account.id, now=now, level=AccessLevel.READINGS)
    with pytest.raises(access.AccountNotFoundError):
        access.get_access(bob.id, account.id, now=now, level=AccessLevel.FULL)


def test_an_ended_access_is_none(alice, account, now):
    AccountAccess.update(ended_at=now).execute()
    with pytest.raises(access.AccountNotFoundError):
        access.get_access(alice.id, account.id, now=now)
    assert access.accounts_of(alice.id, now=now) == ()


@pytest.mark.parametrize(("until", "is_open"), [(22, False), (23, True)])
def test_an_access_until_a_day_excludes_it(alice, now, until, is_open):
    account = factories.make_account(number="460000000002")
    factories.give_access(alice, account, until=date(2026, 11, until))
    assert bool(access.accounts_of(alice.id, now=now)) is is_open


def test_days_end_by_the_branchs_clock(alice, now):
    branch = factories.make_branch("far", time_zone="Asia/Kamchatka")
    account = factories.make_account(branch=branch)
    factories.give_access(alice, account, until=date(2026, 11, 23))
    midnight = now.replace(hour=12, minute=0)
    assert access.accounts_of(alice.id, now=midnight - timedelta(milliseconds=1))
    assert not access.accounts_of(alice.id, now=midnight)


def test_accounts_keep_the_users_order(alice, now):
    for position, number in ((2, "460000000011"), (1, "460000000012")):
        factories.give_access(
            alice, factories.make_account(number=number), position=position
        )
    numbers = [card.number for card in access.accounts_of(alice.id, now=now)]
    assert numbers == ["460000000012", "460000000011"]
