"""What goes to a bank along with a payment, and what is read of it when it comes back."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.money import Money
from cabinet.domain.payments import sent
from cabinet.domain.payments.sent import SentShare
from cabinet.domain.period import Month

PUBLIC_ID = uuid.UUID("6f1e7a5c-0d0b-4a47-9d0e-3f6b0c0d1e2f")
HOST = "lk.example.ru"

shares = st.lists(
    st.builds(
        SentShare,
        account=st.from_regex(r"[0-9A-ZА-Я./-]{1,24}", fullmatch=True),
        amount=st.builds(Money, st.integers(1, 10**10)),
        month=st.none() | st.builds(Month, st.integers(2000, 2100), st.integers(1, 12)),
    ),
    min_size=1,
    max_size=60,
)


def told(packed, **more):
    return {
        "payment": str(PUBLIC_ID),
        "order": "41-6f1e7a5c0d0b-1",
        "installation": HOST,
        "environment": "live",
        "user": "17",
        **packed,
        **more,
    }


@given(shares)
def test_all_shares_come_back_or_none_is_sent(made):
    packed = sent.pack(made)
    words = told(packed)
    # What YooKassa takes: 16 pairs, `accounts` among them, of at most 512 signs each.
    assert len(words) + 1 <= 16
    assert all(len(value) <= 512 for value in words.values())
    found = sent.read(words)
    if packed:
        assert found.shares == tuple(made)
        assert (found.public_id, found.user, found.number) == (
            PUBLIC_ID,
            17,
            "41-6f1e7a5c0d0b-1",
        )
    else:
        assert found is None or found.shares == ()


@pytest.mark.parametrize("account", ["46:1", "46;1"])
def test_a_number_that_would_part_the_shares_is_not_sent(account):
    plain = SentShare(account="460000000001", amount=Money(1))
    torn = SentShare(account=account, amount=Money(1))
    assert sent.pack([plain]) == {"shares": "460000000001:1:"}
    assert sent.pack([plain, torn]) == {}


def test_a_hundred_accounts_fit_and_a_thousand_do_not():
    many = [SentShare(account=f"46{n:010}", amount=Money(312_40)) for n in range(1000)]
    assert sent.read(told(sent.pack(many[:100]))).shares == tuple(many[:100])
    assert sent.pack(many) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"shares": "460000000001:100"},
        {"shares": "460000000001:1,00:"},
        {"shares": "460000000001:100:2026-13"},
        {"shares": "460000000001:100:;"},
        {"shares": "460000000001:-100:"},
        {"payment": "6f1e"},
        {"user": "Мария"},
    ],
)
def test_what_is_torn_is_nothing(change):
    assert sent.read(told({"shares": "460000000001:100:"})).shares
    assert sent.read(told({"shares": "460000000001:100:"}, **change)) is None


@pytest.mark.parametrize("missing", ["payment", "order", "installation", "environment"])
def test_an_order_of_somebody_else_is_nothing(missing):
    words = told({"shares": "460000000001:100:"})
    del words[missing]
    assert sent.read(words) is None
