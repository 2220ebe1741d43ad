"""What the portal writes, read by programs that know nothing of it."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import client_bank_exchange_1c as independent
import pytest
import python_calamine

from cabinet.exchange.client_bank import Document, Payee, write_documents
from cabinet.exchange.recognise import open_table
from cabinet.exchange.workbook import xlsx_bytes
from tests import dressing

PAYEE = Payee(
    company="Курскэнергосбыт",
    inn="4632000000",
    kpp="463201001",
    account="40702810012345678912",
    bank="Банк",
    bic="043807000",
    corr_account="30101810300000000000",
)
DOCUMENTS = [
    Document(
        number=f"К{number:08}",
        on=date(2026, 10, number),
        roubles=Decimal(number) + Decimal("0.05"),
        payer=f"Щукина № {number}\r\nСумма=1",
        purpose=f"Электроэнергия, лицевой счет 46127904{number:04}",
    )
    for number in (1, 2, 31)
]


def test_a_file_for_1c_is_read_document_by_document():
    written = write_documents(
        PAYEE,
        date(2026, 10, 1),
        date(2026, 10, 31),
        DOCUMENTS,
        at=datetime(2026, 11, 1, 9, 5, tzinfo=UTC),
    )
    # Its reader opens files in text mode: the ends of lines are plain there.
    text = b"".join(written).decode("cp1251").replace("\r\n", "\n")
    head = independent.Header.from_text(text)
    assert (head.format_version, head.encoding) == ("1.03", "Windows")
    assert head.filter_account_numbers == PAYEE.account
    assert head.filter_date_since == date(2026, 10, 1)
    assert head.filter_date_till == date(2026, 10, 31)
    assert f"{head.creation_date} {head.creation_time}" == "2026-11-01 09:05:00"
    found = independent.Document.from_text(text)
    assert [
        (one.number, one.date, one.amount, one.payment.purpose) for one in found
    ] == [(one.number, one.on, one.roubles, one.purpose) for one in DOCUMENTS]
    for one in found:
        assert one.document_type == "Платежное поручение"
        assert one.receiver.inn == PAYEE.inn
        assert one.receiver.account_number == PAYEE.account
        assert one.receiver.bank_bic == PAYEE.bic
        assert one.receiver.date_received == f"{one.date:%d.%m.%Y}"
        assert one.payer.name.endswith("Сумма=1")


HEADER = ("Дата", "Лицевой счёт", "Сумма, ₽", "Штук", "Примечание")
ROWS = [
    (date(2026, 10, 1), "004612790400", Decimal("1629.61"), 3, "=1+1"),
    (date(2026, 2, 28), "461279040070", Decimal("-0.05"), 0, "'@x"),
    (None, "", None, None, "ё\nстрока"),
]


def test_a_book_is_read_cell_by_cell():
    book = python_calamine.CalamineWorkbook.from_filelike(
        io.BytesIO(xlsx_bytes("Платежи: за 10", HEADER, ROWS))
    )
    assert book.sheet_names == ["Платежи  за 10"]
    header, *rows = book.get_sheet_by_index(0).to_python()
    assert header == list(HEADER)
    assert rows == [
        [date(2026, 10, 1), "004612790400", 1629.61, 3, "=1+1"],
        [date(2026, 2, 28), "461279040070", -0.05, 0, "'@x"],
        ["", "", "", "", "ё\nстрока"],
    ]


@pytest.mark.parametrize("made", [dressing.book, dressing.word_book])
@pytest.mark.parametrize("kind", dressing.GOOD)
def test_our_reader_of_books_sees_what_another_one_sees(kind, made):
    body = made(dressing.rows_of(kind))
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body))
    header, *rows = book.get_sheet_by_index(0).to_python()
    table = open_table("книга", io.BytesIO(body))
    assert tuple(header) == table.header
    assert [[_typed(cell) for cell in row] for row in rows] == [
        record.cells for record in table
    ]


def _typed(cell):
    """Return a value as a person types it."""
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return str(cell)
