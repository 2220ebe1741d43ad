"""Bytes from anybody: a notice is proved, not ours, or unreadable, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.gateways import open_gateway
from cabinet.gateways.answers import ID
from cabinet.gateways.base import Notice, NotOursError
from tests.gateways.provider import shop
from tests.gateways.test_sberbank import RSA_CERTIFICATE
from tests.gateways.test_tbank import PASSWORD, token

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)

#: The words that a reader looks for, so that more than the first check is reached.
WORDS = [
    "type",
    "event",
    "object",
    "id",
    "payment_id",
    "metadata",
    "order",
    "mdOrder",
    "orderNumber",
    "operation",
    "checksum",
    "sign_alias",
    "TerminalKey",
    "Token",
    "PaymentId",
    "OrderId",
    "Status",
]
VALUES = JSON | st.sampled_from(
    ["notification", "payment.succeeded", "refund.succeeded", "MerchantTerminalKey"]
)
NEAR = st.dictionaries(
    st.sampled_from(WORDS),
    VALUES | st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5),
    max_size=8,
)
BODIES = (
    st.binary(max_size=300)
    | JSON.map(lambda value: json.dumps(value).encode())
    | NEAR.map(lambda value: json.dumps(value).encode())
)


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    url = "https://bank.example/"
    path = tmp_path_factory.mktemp("bank") / "bank.pem"
    path.write_text(RSA_CERTIFICATE)
    return [
        open_gateway(shop("yookassa", url)),
        open_gateway(shop("sberbank", url)),
        open_gateway(shop("sberbank", url, notice_secret="secret")),
        open_gateway(shop("sberbank", url, notice_certificate=path)),
        open_gateway(shop("tbank", url)),
    ]


def _take(gateway, body, query):
    try:
        notice = gateway.read_notice(body, {}, query, None)
    except (NotOursError, ValueError):
        return
    assert isinstance(notice, Notice)
    assert ID.fullmatch(notice.provider_id)
    assert isinstance(notice.order, str)
    assert isinstance(notice.event, str)


@given(body=BODIES)
def test_any_body_is_taken_or_told(gateways, body):
    for gateway in gateways:
        _take(gateway, body, {})


@given(query=st.dictionaries(st.sampled_from(WORDS) | st.text(), st.text(), max_size=8))
def test_any_query_is_taken_or_told(gateways, query):
    for gateway in gateways:
        _take(gateway, b"", {"mdOrder": "1", **query})


@given(values=NEAR)
def test_any_body_with_its_token_is_taken_or_told(gateways, values):
    values = {**values, "TerminalKey": "MerchantTerminalKey"}
    try:
        values["Token"] = token(values, PASSWORD)
    except UnicodeEncodeError:
        return
    _take(gateways[-1], json.dumps(values).encode(), {})


@given(body=st.binary(max_size=200))
def test_random_bytes_are_never_proved(gateways, body):
    for gateway in gateways[2:]:
        with pytest.raises((NotOursError, ValueError)):
            gateway.read_notice(body, {}, {}, None)
