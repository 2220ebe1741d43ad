"""An order's number tells the accounts to whoever has nothing but the number."""

import hashlib
import string
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.money import Money
from cabinet.domain.payments.order_number import make_number, read_number, tag_of
from cabinet.domain.payments.sent import SentShare

HOST = "lk.example.ru"
PUBLIC_ID = uuid.UUID("6f1e7a5c-0d0b-4b3e-9f42-1c9a40e1a111")
PLAIN = set("0123456789abcdefghijklmnopqrstuvwxyz-")
SIGNS = PLAIN - {"-"} | set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def share(account, kopecks=500_00):
    return SentShare(account=account, amount=Money(kopecks))


def number_of(*shares, payment=77, count=1, signs=36, installation=HOST):
    return make_number(
        payment, PUBLIC_ID, count, installation=installation, shares=shares, signs=signs
    )


def total_of(shares):
    return Money.total(one.amount for one in shares)


# One account ----------------------------------------------------------------------


@given(
    st.integers(1, 10**7 - 1),
    st.uuids(),
    st.integers(1, 9),
    st.from_regex(r"[0-9]{1,12}", fullmatch=True),
)
def test_a_number_names_its_account_within_what_banks_take(
    n, public_id, count, account
):
    one = share(account)
    number = make_number(n, public_id, count, installation=HOST, shares=[one])
    assert len(number) <= 32
    assert set(number) <= PLAIN
    named = read_number(number)
    assert (named.head, named.accounts) == (public_id.hex[:8], (account,))
    assert named.tag == tag_of(HOST)
    assert named.shares(one.amount) == (one,)


@pytest.mark.parametrize(
    ("payment", "shares", "signs"),
    [
        (41, (), 36),
        (41, (share(""),), 36),
        (41, (share("АБ-12"),), 36),
        (41, (share("460000123456"), share("АБ-12")), 36),
        (10**12, (share("460000123456"),), 0),
    ],
)
def test_a_number_without_room_or_digits_names_no_account(payment, shares, signs):
    number = number_of(*shares, payment=payment, signs=signs)
    assert read_number(number).accounts == ()
    assert read_number(number).shares(Money(500_00)) == ()
    assert len(number) <= 32


@given(
    st.uuids(),
    st.integers(1, 16),
    st.from_regex(r"\A[0-9]{1,16}\Z"),
    st.integers(1, 10**8),
)
def test_a_number_with_room_tells_the_sum_of_one_account(
    public_id, count, account, kopecks
):
    one = share(account, kopecks)
    number = make_number(
        10**17, public_id, count, installation=HOST, shares=[one], signs=36
    )
    assert len(number) <= 36
    assert set(number) <= SIGNS
    named = read_number(number)
    assert (named.head, named.tag) == (public_id.hex[:6], tag_of(HOST))
    assert named.total == one.amount
    assert named.shares(one.amount) == (one,)
    assert named.shares(one.amount - Money(1)) == ()


@pytest.mark.parametrize("more", [{"signs": 0}, {"count": 17}])
def test_a_number_that_people_read_tells_no_sum(more):
    one = share("460000123456")
    number = number_of(one, **more)
    assert number.startswith("77-6f1e7a5c")
    assert read_number(number).total is None
    assert read_number(number).shares(one.amount) == (one,)


# Several --------------------------------------------------------------------------

#: Twelve digits, the first four of a branch; the smaller sums of an evening's payment.
USUAL = (
    share("460012345678", 1_234_56),
    share("460087654321", 13_210_00),
    share("460000000007", 98_765_43),
)


@pytest.mark.parametrize("shares", [USUAL, USUAL[1:], USUAL[:2]])
def test_two_or_three_usual_accounts_fit_into_what_t_bank_takes(shares):
    number = number_of(*shares)
    assert len(number) <= 36
    assert set(number) <= SIGNS
    named = read_number(number)
    assert (named.head, named.tag) == (PUBLIC_ID.hex[:6], tag_of(HOST))
    assert named.shares(total_of(shares)) == shares
    # Two leave room for the sums of both.
    assert named.total == (total_of(shares) if len(shares) == 2 else None)


@given(
    st.integers(2, 5).flatmap(
        lambda digits: st.lists(
            st.from_regex(rf"\A[0-9]{{{digits}}}\Z"),
            min_size=2,
            max_size=5,
            unique=True,
        )
    ),
    st.lists(st.integers(1, 10**5), min_size=5, max_size=5),
    st.uuids(),
    st.integers(1, 16),
)
def test_whatever_fits_is_read_as_it_was(accounts, kopecks, public_id, count):
    shares = [share(*one) for one in zip(accounts, kopecks, strict=False)]
    number = make_number(
        1, public_id, count, installation=HOST, shares=shares, signs=36
    )
    named = read_number(number)
    if not named.accounts:
        assert "-" in number
        return
    assert len(number) <= 36
    assert named.head == public_id.hex[:6]
    assert named.tag == tag_of(HOST)
    found = named.shares(total_of(shares))
    assert sorted(found, key=lambda one: one.account) == sorted(
        shares, key=lambda one: one.account
    )


def test_each_call_has_a_number_of_its_own():
    made = {number_of(*USUAL, count=count) for count in range(1, 17)}
    assert len(made) == 16
    assert all(read_number(one).accounts for one in made)


@pytest.mark.parametrize(
    ("shares", "more"),
    [
        (USUAL, {"signs": 0}),
        (USUAL, {"signs": 35}),
        (USUAL, {"count": 17}),
        (USUAL, {"count": 0}),
        ((*USUAL, share("460099999999", 7_000_00)), {}),
        (tuple(share(f"10{n}", 1) for n in range(6)), {}),
        ((share("4600"), share("46001")), {}),
        ((share("4600"), share("4600")), {}),
        ((share("1" * 25), share("1" * 24 + "2")), {}),
        ((share("4600", 0), share("4601", 0)), {}),
        ((share("1", 2**40), share("2", 2**41)), {}),
    ],
)
def test_what_does_not_fit_has_a_number_that_people_read(shares, more):
    number = number_of(*shares, **more)
    assert number.startswith("77-6f1e7a5c")
    named = read_number(number)
    assert (named.accounts, named.amounts) == ((), ())


def test_another_sum_proves_nothing():
    named = read_number(number_of(*USUAL))
    total = total_of(USUAL)
    others = [named.shares(total + Money(more)) for more in range(-500, 500) if more]
    # Eight bits tell: of a thousand sums four would pass.
    assert 0 < sum(map(bool, others)) < 10


def test_a_sum_without_the_last_part_proves_nothing():
    named = replace(read_number(number_of(*USUAL)), mark=None)
    assert named.total is None
    rest = total_of(USUAL[:2])
    assert named.shares(rest) == ()
    assert named.shares(rest + Money(1))[-1].amount == Money(1)


def test_a_torn_number_names_nobody_else():
    number = number_of(*USUAL)
    torn = [
        number[:at] + other + number[at + 1 :]
        for at in range(len(number))
        for other in "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        if other != number[at]
    ]
    read = [named for named in map(read_number, torn) if named]
    # One in 256 has a good check; of those none gives our money to somebody else.
    assert len(read) < len(torn) / 100
    given = {one.shares(total_of(USUAL)) for one in read if one.tag == tag_of(HOST)}
    assert given <= {(), USUAL}


def test_a_number_with_a_good_check_and_no_sense_is_none_of_ours():
    signs = f"{string.digits}{string.ascii_lowercase}{string.ascii_uppercase}"
    rest = 62**33
    found = hashlib.sha256(str(rest).encode()).digest()
    value, number = rest * 256 + int.from_bytes(found[:4]) % 256, ""
    while value:
        value, place = divmod(value, 62)
        number = signs[place] + number
    assert len(number) <= 36
    assert read_number(number) is None


@pytest.mark.parametrize(
    "number",
    ["", "9-abcdef-1", "41-6f1e7a5c0d0b", "x" * 32, "Z" * 36, "1" * 37, "0" * 36],
)
def test_another_number_is_none_of_ours(number):
    assert read_number(number) is None


def test_installations_of_one_shop_are_told_apart():
    assert tag_of(HOST) != tag_of("test.example.ru")
    named = read_number(number_of(*USUAL, installation="test.example.ru"))
    assert named.tag == tag_of("test.example.ru")
