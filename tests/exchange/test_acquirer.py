"""The register of an acquirer, as the banks' own cabinets export it."""

import io

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Seen
from cabinet.exchange.acquirer import read_register
from cabinet.exchange.faults import UnusableFile

HEADER = "Номер заказа;Уникальный номер заказа;Сумма, руб;Статус;Валюта"


def read(text, encoding="cp1251"):
    return read_register("реестр.csv", io.BytesIO(text.encode(encoding)))


@pytest.mark.parametrize("encoding", ["cp1251", "utf-8", "utf-8-sig"])
def test_a_register_with_semicolons_and_commas_in_sums(encoding):
    found = read(
        f"{HEADER}\r\n7-abc-1;a1b2;1 234,50;Оплачен;RUB\r\n8-abc-1;;0,01;Отклонён;643\r\n",
        encoding,
    )
    paid, refused = found.rows
    assert (paid.order, paid.provider_id, paid.state) == (
        "7-abc-1",
        "a1b2",
        Seen.SUCCEEDED,
    )
    assert (paid.amount, paid.currency) == (Money(1234_50), "RUB")
    assert (refused.provider_id, refused.state, refused.amount) == (
        "",
        Seen.CANCELED,
        Money(1),
    )
    assert found.faults == ()


def test_another_bank_spells_it_in_english_with_commas():
    found = read("orderId,amount,status,accounts\nx-1,10.00,DEPOSITED,460000000001\n")
    (row,) = found.rows
    assert (row.provider_id, row.order, row.accounts) == ("x-1", "", "460000000001")
    assert row.currency == "RUB"


def test_each_bad_row_is_told_by_its_line_and_the_good_ones_are_read():
    found = read(
        f"{HEADER}\n"
        "7;a;много;Оплачен;RUB\n"
        ";;5,00;Оплачен;RUB\n"
        "8;b;5,00;Кто знает;RUB\n"
        "9;c;5,00;Оплачен\n"
        "10;d;5,00;Оплачен;USD\n"
    )
    assert [(row.order, row.currency) for row in found.rows] == [("10", "USD")]
    assert [(one.line, one.column) for one in found.faults] == [
        (2, "Сумма, руб"),
        (3, ""),
        (4, "Статус"),
        (5, ""),
    ]
    assert found.faults[1].reason == "нет ни номера заказа, ни номера платежа в банке"


@pytest.mark.parametrize("text", ["Номер заказа;Сумма\n1;2\n", "%PDF-1.7\n"])
def test_what_is_no_register_is_refused_as_a_whole(text):
    with pytest.raises(UnusableFile):
        read(text)
