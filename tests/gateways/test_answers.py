"""Fields of an answer: there, of their kind, exact; else a doubt with its cause."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cabinet.domain.money import Money
from cabinet.gateways.answers import Fields, WrongShapeError, load, read
from cabinet.gateways.base import UnclearError


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ("text", 5),
        ("text", None),
        ("code", 5.5),
        ("code", True),
        ("id", "a/b"),
        ("id", "a" * 65),
        ("id", ""),
        ("id", "a\n"),
        ("flag", 1),
        ("flag", "true"),
        ("flag", None),
        ("number", "5"),
        ("number", True),
        ("number", Decimal(5)),
        ("kopecks", Decimal("5.0")),
        ("kopecks", "5"),
        ("kopecks", True),
        ("kopecks", -1),
        ("kopecks", 10**14 + 1),
        ("roubles", "5"),
        ("roubles", "5.5"),
        ("roubles", "5.555"),
        ("roubles", "٥.٥٥"),
        ("roubles", "5.55\n"),
        ("roubles", 5),
        ("inner", []),
        ("inner", "x"),
        ("rows", {}),
        ("rows", [1]),
        ("moment", 5),
        ("moment", "yesterday"),
        ("moment", "2026-11-22T08:31:44"),
        ("moment", "0001-01-01T00:00:00+14:00"),
        ("milliseconds", "5"),
        ("milliseconds", 0),
        ("milliseconds", 10**13),
        ("milliseconds", True),
    ],
)
def test_another_shape_is_a_doubt(reader, value):
    with pytest.raises(UnclearError) as unclear:
        getattr(Fields({"it": value}), reader)("it")
    assert isinstance(unclear.value.__cause__, ValueError | OverflowError)


@pytest.mark.parametrize(
    ("reader", "value", "read_as"),
    [
        ("text", "слово", "слово"),
        ("code", 5, "5"),
        ("code", "5", "5"),
        ("id", 5, "5"),
        ("flag", False, False),
        ("number", -5, -5),
        ("kopecks", 0, Money(0)),
        ("kopecks", 10**14, Money(10**14)),
        ("roubles", "0.05", Money(5)),
        ("roubles", "999999999999.99", Money(99999999999999)),
        ("moment", None, None),
        (
            "moment",
            "2026-11-22T11:31:44+03:00",
            datetime(2026, 11, 22, 8, 31, 44, tzinfo=UTC),
        ),
        ("milliseconds", None, None),
        ("milliseconds", 1500, datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)),
        ("rows", None, []),
    ],
)
def test_the_right_shape_is_read(reader, value, read_as):
    assert getattr(Fields({"it": value}), reader)("it") == read_as


def test_what_may_be_missing_has_its_default():
    nothing = Fields({"it": None})
    assert "it" not in nothing
    assert nothing.text("it", "-") == "-"
    assert nothing.code("it", "0") == "0"
    assert Fields({}).flag("it", default=True) is True
    assert nothing.inner("it").text("more", "none") == "none"


def test_a_fraction_stays_exact_and_is_no_sum():
    assert load(b'{"a": 0.1, "b": 1e2}') == {"a": Decimal("0.1"), "b": Decimal("1e2")}
    with pytest.raises(UnclearError):
        read(b'{"a": 100.0}').kopecks("a")


@pytest.mark.parametrize("body", [b"[]", b"5", b'{"a":' * 100_000])
def test_what_is_no_object_is_told(body):
    with pytest.raises(WrongShapeError):
        load(body)
