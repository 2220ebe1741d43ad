"""Debts for Sberbank, payments for 1C, and who sent no reading."""

import io
from datetime import UTC, date, datetime

import pytest

from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.outgoing import ENCODINGS, Encoding, OutFormat, OutKind
from cabinet.exchange.profiles import Rows, bind
from cabinet.exchange.registry import PAYMENTS
from cabinet.exchange.tables import open_table
from cabinet.models import Account, Branch, OutProfile
from tests import factories


def owe(account, kopecks):
    Account.update(balance=Money(kopecks)).where(Account.id == account.id).execute()


def test_the_registry_of_debts_has_sberbanks_name_and_lines(meters, make):
    for meter, kopecks in zip(meters, (812_40, 0, -100_00), strict=True):
        owe(meter.account, kopecks)
    row, content = make("debts", month="2026-10")
    assert row.name == "7704228075_40702810638000000001_001_1026.txt"
    assert content.decode("cp1251") == (
        "460000000001;Петрова Мария Петровна;Курская область, Курск, ул. Ленина,"
        " д. 14, кв. 23;1026;812,40\r\n"
    )
    again, _ = make("debts", month="2026-10")
    assert again.name == "7704228075_40702810638000000001_002_1026.txt"
    other, _ = make("debts", month="2026-11")
    assert other.number == 1


def test_template_14_has_the_last_registers(meters, make):
    factories.make_reading(meters[1], "2026-10", (4300, 4150))
    owe(meters[1].account, 5)
    _, content = make("debts", OutFormat.SBERBANK_14, month="2026-11")
    (line,) = content.decode("cp1251").splitlines()
    assert line.endswith(";1126;0,05;02;4300;4150")


def settle(encoding, decimal):
    OutProfile.create(
        branch=Branch.get(),
        kind="debts",
        columns="",
        encoding=encoding,
        delimiter=";",
        decimal=decimal,
    )


@pytest.mark.parametrize(("decimal", "amount"), [(",", "812,40"), (".", "812.40")])
@pytest.mark.parametrize("encoding", ENCODINGS[OutKind.DEBTS])
@pytest.mark.parametrize("is_settled", [True, False])
def test_the_alphabet_and_the_sign_are_those_of_the_contract(
    meters, make, encoding, decimal, amount, is_settled
):
    owe(meters[1].account, 812_40)
    factories.make_reading(meters[1], "2026-10", ("4300.5", 4150))
    asked = {} if is_settled else {"encoding": encoding, "decimal": decimal}
    if is_settled:
        settle(encoding, decimal)
    else:
        # What is asked for one file goes before what the branch has settled.
        settle(Encoding.KOI8R, "." if decimal == "," else ",")
    row, content = make("debts", OutFormat.SBERBANK_14, month="2026-10", **asked)
    codec = "utf-8" if encoding is Encoding.UTF8 else encoding
    # No mark of UTF-8 stands before the first account.
    assert content.decode(codec) == (
        "460000000002;Петрова Мария Петровна;Курская область, Курск, ул. Ленина,"
        f" д. 14, кв. 23;1026;{amount};02;4300{decimal}500;4150\r\n"
    )
    assert row.name.endswith("_001_1026.txt")


@pytest.mark.parametrize(
    "asked", [{"encoding": Encoding.CP866}, {"decimal": ";"}, {"encoding": "latin-1"}]
)
def test_what_no_contract_names_is_not_written(meters, make, asked):
    with pytest.raises(ValueError, match=r"866|;|latin"):
        make("debts", **asked)


def test_a_point_in_a_table_is_read_back_the_same(meters, make):
    paid(meters[0].account, 812_40, datetime(2026, 11, 3, 9, tzinfo=UTC))
    for decimal, amount in ((",", "812,40"), (".", "812.40")):
        _, content = make("payments", OutFormat.CSV, decimal=decimal)
        text = content.decode("utf-8-sig")
        assert f";{amount};" in text
        table = open_table("платежи.csv", io.BytesIO(content))
        (row,) = Rows(table, bind(PAYMENTS, table))
        assert row.amount == Money(812_40)


def test_what_would_break_a_line_is_replaced(meters, make):
    account = meters[0].account
    owe(account, 1)
    Account.update(holder="ООО «А; Б»\r\nВ", address="→").execute()
    _, content = make("debts")
    assert content.decode("cp1251") == "460000000001;ООО «А, Б» В;?;1126;0,01\r\n"


def paid(account, kopecks, moment, **values):
    factories.post(account, Money(-kopecks), at=moment, **values)


def test_payments_for_1c_are_documents_of_the_days(meters, make):
    account = meters[0].account
    # The branch is three hours ahead: this is the first of November there.
    paid(account, 500_00, datetime(2026, 10, 31, 21, tzinfo=UTC), channel="card")
    paid(
        account, 700_00, datetime(2026, 11, 30, 20, 59, tzinfo=UTC), channel="registry"
    )
    paid(account, 900_00, datetime(2026, 11, 30, 21, tzinfo=UTC))
    row, content = make("payments")
    assert row.counts == {"rows": 2}
    found = read_1c(content)
    assert found["head"]["ВерсияФормата"] == "1.03"
    assert found["head"]["РасчСчет"] == "40702810638000000001"
    assert (found["head"]["ДатаНачала"], found["head"]["ДатаКонца"]) == (
        "01.11.2026",
        "30.11.2026",
    )
    first, second = found["documents"]
    assert (first["Дата"], first["Сумма"]) == ("01.11.2026", "500.00")
    assert (second["Дата"], second["Сумма"]) == ("30.11.2026", "700.00")
    assert "лицевой счет 460000000001" in first["НазначениеПлатежа"]
    assert first["ПолучательИНН"] == "7704228075"
    _, content = make("payments", first=date(2026, 11, 2), last=date(2026, 12, 1))
    sums = [each["Сумма"] for each in read_1c(content)["documents"]]
    assert sums == ["700.00", "900.00"]


def read_1c(content):
    """Read the file by the rules of the format, not by our writer."""
    lines = content.decode("cp1251").split("\r\n")
    assert lines[0] == "1CClientBankExchange"
    assert lines[-2:] == ["КонецФайла", ""]
    head, documents, open_one = {}, [], None
    for line in lines[1:-2]:
        key, sign, value = line.partition("=")
        if key == "СекцияДокумент":
            open_one = {}
        elif line == "КонецДокумента":
            documents.append(open_one)
            open_one = None
        else:
            assert sign, line
            (head if open_one is None else open_one)[key] = value
    return {"head": head, "documents": documents}


def test_a_name_cannot_forge_a_line_of_1c(meters, make, now):
    account = meters[0].account
    Account.update(holder="Петров\r\nСумма=1000000.00").execute()
    paid(account, 500_00, now)
    (document,) = read_1c(make("payments")[1])["documents"]
    assert document["Сумма"] == "500.00"
    assert document["Плательщик"] == "Петров Сумма=1000000.00"


def test_who_sent_nothing_is_listed_with_the_last_reading(meters, make):
    factories.make_reading(meters[0], "2026-10", (4100,))
    factories.make_reading(
        meters[1], "2026-11", (4100, 4050), state=ReadingState.SUBMITTED
    )
    factories.make_reading(
        meters[2], "2026-11", (4100, 4050, 4010), state=ReadingState.REJECTED
    )
    row, content = make("silent", OutFormat.CSV)
    lines = content.decode("utf-8-sig").splitlines()
    assert row.counts == {"rows": 2}
    assert [line.split(";")[0] for line in lines[1:]] == [
        "460000000001",
        "460000000003",
    ]
    assert lines[1].endswith(";01;22.10.2026;4100;;")


def test_a_branch_without_anything_has_empty_files(branch, make):
    for kind in ("readings", "debts", "payments", "silent"):
        row, content = make(kind)
        assert row.counts == {"rows": 0}, kind
        assert content is not None
