"""Whatever goes wrong on the way, each call of each provider is in doubt, in time."""

from datetime import UTC, date, datetime

import pytest

from cabinet.gateways import PROVIDERS, open_gateway
from cabinet.gateways.base import UnclearError
from tests.gateways import test_sberbank, test_tbank, test_yookassa
from tests.gateways.provider import (
    FAULTS,
    NUMBER,
    answer,
    order,
    refund,
    shop,
    took,
)

LIST = {"type": "list", "items": [test_yookassa.PAID]}

#: For each call of each provider: what it does, and an answer it is content with.
CALLS = {
    ("yookassa", "start"): (lambda g: g.start(order()), test_yookassa.PENDING),
    ("yookassa", "ask"): (lambda g: g.ask(test_yookassa.ID), test_yookassa.PAID),
    ("yookassa", "find"): (lambda g: g.find(NUMBER), LIST),
    ("yookassa", "register"): (
        lambda g: list(g.register(date(2026, 11, 22))),
        LIST,
    ),
    ("yookassa", "refunds"): (
        lambda g: list(g.refunds(datetime(2026, 11, 22, tzinfo=UTC))),
        {"type": "list", "items": [test_yookassa.REFUNDED]},
    ),
    ("yookassa", "refund"): (
        lambda g: g.refund(refund(test_yookassa.ID)),
        test_yookassa.REFUNDED,
    ),
    ("yookassa", "ask_refund"): (
        lambda g: g.ask_refund(refund(test_yookassa.ID), test_yookassa.REFUND_ID),
        test_yookassa.REFUNDED,
    ),
    ("yookassa", "ask_refund without its id"): (
        lambda g: g.ask_refund(refund(test_yookassa.ID), ""),
        {"type": "list", "items": [test_yookassa.REFUNDED]},
    ),
    ("sberbank", "start"): (lambda g: g.start(order()), test_sberbank.REGISTERED),
    ("sberbank", "ask"): (lambda g: g.ask(test_sberbank.ID), test_sberbank.PAID),
    ("sberbank", "find"): (lambda g: g.find(NUMBER), test_sberbank.PAID),
    ("sberbank", "register"): (
        lambda g: list(g.register(date(2026, 11, 22))),
        {
            "errorCode": "0",
            "orderStatuses": [test_sberbank.PAID],
            "totalCount": 1,
            "page": 0,
            "pageSize": 200,
        },
    ),
    ("sberbank", "refund"): (
        lambda g: g.refund(refund(test_sberbank.ID)),
        {"errorCode": "0"},
    ),
    ("sberbank", "ask_refund"): (
        lambda g: g.ask_refund(refund(test_sberbank.ID), ""),
        test_sberbank.PAID,
    ),
    ("tbank", "start"): (lambda g: g.start(order()), test_tbank.STARTED),
    ("tbank", "ask"): (lambda g: g.ask(test_tbank.ID), test_tbank.PAID),
    ("tbank", "find"): (lambda g: g.find(NUMBER), test_tbank.ORDER),
    ("tbank", "refund"): (
        lambda g: g.refund(refund(test_tbank.ID)),
        test_tbank.CANCELED,
    ),
    ("tbank", "ask_refund"): (
        lambda g: g.ask_refund(refund(test_tbank.ID), ""),
        test_tbank.PAID,
    ),
}

#: The rest of what the documentation calls success there: an empty answer is one.
CONTENT = {("sberbank", "refund", "nothing in it")}

#: Faults that never end: a call has so many seconds, and others all they need on a busy
#: machine.
ENDLESS = {"hang", "a byte at a time", "a body a byte at a time", "huge"}
SECONDS, ENOUGH = 0.5, 10


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_a_good_answer_is_taken(provider, call):
    act, good = CALLS[call]
    provider.replies = [answer(good)]
    error, _ = took(lambda: act(open_gateway(shop(call[0], provider.url))))
    assert error is None
    assert len(provider.asked) == 1


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_a_fault_is_a_doubt_and_never_a_guess(provider, call, fault):
    act, good = CALLS[call]
    provider.replies = [FAULTS[fault](good)]
    given = SECONDS if fault in ENDLESS else ENOUGH
    gateway = open_gateway(shop(call[0], provider.url, total_seconds=given))
    error, seconds = took(lambda: act(gateway))
    if (*call, fault) in CONTENT:
        assert error is None
        return
    assert isinstance(error, UnclearError), repr(error)
    assert error.__cause__ is not None
    assert seconds < given + 0.5
    assert len(provider.asked) == 1


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_that_is_not_there_is_a_doubt(provider, name):
    gateway = open_gateway(shop(name, "http://127.0.0.1:9/"))
    error, seconds = took(lambda: gateway.start(order()))
    assert isinstance(error, UnclearError)
    assert seconds < 1
