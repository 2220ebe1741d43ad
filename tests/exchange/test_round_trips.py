"""What the portal writes out comes back as it was: here nothing, elsewhere everything."""

import io
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest

from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.outgoing import (
    DECIMALS,
    FIELDS,
    FORMATS,
    Encoding,
    OutFormat,
    OutKind,
    Shape,
)
from cabinet.domain.period import Month, local_day
from cabinet.exchange.kinds import PROFILES
from cabinet.exchange.layout import Layout, layout_json, read_layout
from cabinet.exchange.outgoing import in_order, table
from cabinet.exchange.profiles import Rows, bind
from cabinet.exchange.recognise import open_table, recognise
from cabinet.models import Account, LedgerEntry, Meter, Reading
from cabinet.models.connection import close_database
from cabinet.services import outgoing
from cabinet.services.audit import SYSTEM
from cabinet.services.importing import import_file
from cabinet.services.importing.report import Outcome
from tests import dressing, factories, sharing
from tests.conftest import NOW

ZONE = ZoneInfo("Europe/Moscow")
VALUES = {1: (4150,), 2: (4150, 4080), 3: (4150, 4080, 4020)}


def make_town():
    """Three accounts with meters of one, two and three zones."""
    branch = factories.make_branch()
    for zones in VALUES:
        account = factories.make_account(
            number=f"46000000000{zones}", branch=branch, holder=f"Ёлкина {zones}; Анна"
        )
        factories.make_meter(account, zones=zones, serial=f"0{zones}")


@pytest.fixture
def elsewhere(template_database, tmp_path):
    """Another installation with the same accounts and meters: call it to be there."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with sharing.database_from(template_database, folder) as url:

        def move():
            close_database()
            sharing.open_database(url)
            sharing.database.connect(reuse_if_open=True)
            make_town()

        yield move
        close_database()


@pytest.fixture
def town(db):
    make_town()
    for meter in Meter.select():
        factories.make_reading(
            meter, "2026-11", VALUES[meter.zones], state=ReadingState.SUBMITTED
        )
    for number, account in enumerate(Account.select().order_by(Account.id), 1):
        factories.post(
            account,
            Money(-12_345 * number),
            at=datetime(2026, 11, number, 9, 30, number, tzinfo=UTC),
            channel="card",
            month=Month(2026, 10),
        )


def made(kind, format_):
    wish = outgoing.Wish(
        branch="kursk",
        kind=OutKind(kind),
        format=format_,
        month=Month(2026, 11),
        key=secrets.token_hex(16),
    )
    public_id = outgoing.ask(None, wish, actor=SYSTEM, now=NOW)
    outgoing.make_asked(public_id, clock=lambda: NOW)
    taken = outgoing.take(None, public_id, actor=SYSTEM, now=NOW)
    return b"".join(taken.pieces)


def bring(body):
    return import_file("файл", io.BytesIO(body), now=NOW)


def readings():
    query = (
        Reading.select(
            Account.number,
            Meter.serial,
            Reading.taken_on,
            Reading.t1,
            Reading.t2,
            Reading.t3,
            Reading.source,
            Reading.period,
        )
        .join(Meter)
        .join(Account)
        .order_by(Account.number)
    )
    return list(query.tuples())


def payments():
    query = (
        LedgerEntry.select(
            Account.number,
            LedgerEntry.effective_at,
            LedgerEntry.amount,
            LedgerEntry.month,
            Account.balance,
        )
        .join(Account)
        .order_by(Account.number)
    )
    return list(query.tuples())


@pytest.mark.parametrize("format_", FORMATS[OutKind.READINGS])
def test_readings_come_back_here_and_elsewhere(town, elsewhere, format_):
    body = made("readings", format_)
    before = readings()
    report = bring(body)
    assert (report.kind, report.counts[Outcome.SAME], report.bad) == ("readings", 3, 0)
    assert readings() == before
    elsewhere()
    assert bring(body).counts[Outcome.NEW] == 3
    assert readings() == before


@pytest.mark.parametrize("format_", FORMATS[OutKind.PAYMENTS])
def test_payments_come_back_here_and_elsewhere(town, elsewhere, format_):
    body = made("payments", format_)
    before = payments()
    report = bring(body)
    assert (report.kind, report.counts[Outcome.SAME], report.bad) == ("payments", 3, 0)
    assert report.amount == Money(12_345 * 6)
    assert payments() == before
    elsewhere()
    assert bring(body).counts[Outcome.NEW] == 3
    found = payments()
    if format_ is OutFormat.CLIENT_BANK:
        # A document of 1C has a day and no time.
        found = [(one[0], local_day(one[1], ZONE), *one[2:]) for one in found]
        before = [(one[0], local_day(one[1], ZONE), *one[2:]) for one in before]
    assert [one[:4] for one in found] == [one[:4] for one in before]
    assert [one[4] for one in found] == [Money(-12_345 * n) for n in (1, 2, 3)]


def test_payments_in_two_formats_are_credited_once(town, elsewhere):
    bodies = [made("payments", format_) for format_ in FORMATS[OutKind.PAYMENTS]]
    elsewhere()
    counts = [bring(body).counts for body in bodies]
    assert [one[Outcome.NEW] for one in counts] == [3, 0, 0]
    assert [one[Outcome.SAME] for one in counts] == [0, 3, 3]


def test_a_code_of_ours_with_another_sum_is_another_payment(town, elsewhere):
    body = made("payments", OutFormat.CSV).replace(b"123,45", b"500,00")
    assert bring(body).counts[Outcome.NEW] == 1


ROWS = {
    OutKind.READINGS: {
        "account": "004612790400",
        "serial": '=7; ё"',
        "taken_on": datetime(2026, 10, 22, tzinfo=UTC).date(),
        "t1": 5,
        "t2": None,
        "t3": None,
        "source": "ЛК",
    },
    OutKind.PAYMENTS: {
        "paid_on": datetime(2026, 10, 22, tzinfo=UTC).date(),
        "paid_at": "12:29:07",
        "code": "К00000012",
        "account": "004612790400",
        "holder": 'ООО "Ёж, и; К"',
        "month": "1026",
        "amount": Money(162_961).roubles,
    },
}


def read_back(kind, body, chosen=None, shape=None):
    profile = next(one for one in PROFILES if one.kind == kind)
    opened = open_table("файл", io.BytesIO(body), shape)
    return dressing.said(Rows(opened, bind(profile, opened, chosen)))


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("decimal", DECIMALS)
@pytest.mark.parametrize("kind", ROWS)
def test_every_shape_that_can_be_saved_is_read_back(kind, decimal, delimiter, encoding):
    shape = replace(
        Shape.usual(kind), encoding=encoding, delimiter=delimiter, decimal=decimal
    )
    body = b"".join(table(shape, [ROWS[kind]]))
    read_shape = None
    if encoding is Encoding.KOI8R:
        # Its letters are those of cp1251 in another order: it has to be told.
        read_shape = recognise("файл", io.BytesIO(body)).shape
        read_shape = replace(read_shape, encoding="koi8-r")
    header = [name for _, name in shape.columns]
    write = import_module("cabinet.exchange.workbook").xlsx_bytes
    book = write("Лист", header, in_order(shape, [ROWS[kind]]))
    assert read_back(str(kind), body, shape=read_shape) == read_back(str(kind), book)


@pytest.mark.parametrize("kind", ROWS)
def test_a_shape_without_a_header_is_read_back_by_a_layout(kind):
    shape = replace(Shape.usual(kind), has_header=False)
    body = b"".join(table(shape, [ROWS[kind]]))
    fields = [name for name, _ in shape.columns]
    profile = next(one for one in PROFILES if one.kind == kind)
    known = {column.field for column in profile.columns} & FIELDS[kind].keys()
    layout = Layout(
        name="Без заголовка",
        kind=str(kind),
        shape=import_module("cabinet.exchange.rows").Shape(has_header=False),
        columns={name: f"Столбец {fields.index(name) + 1}" for name in known},
    )
    kept = read_layout(layout_json(layout))
    assert kept == layout
    (row,) = read_back(layout.kind, body, kept.columns, kept.shape)
    assert row.account == "004612790400"


@pytest.mark.parametrize("kind", dressing.GOOD)
def test_a_layout_of_every_kind_survives_its_file(kind):
    header, *_ = dressing.rows_of(kind)
    found = recognise(
        "файл",
        io.BytesIO(dressing.delimited(dressing.rows_of(kind), encoding="cp1251")),
    )
    layout = Layout(name=kind, kind=kind, shape=found.shape, columns=found.columns)
    kept = read_layout(layout_json(layout))
    assert kept == layout
    body = dressing.delimited(dressing.rows_of(kind), encoding="cp1251")
    again = read_back(kind, body, kept.columns, kept.shape)
    assert again == read_back(kind, body)
    assert set(kept.columns.values()) <= set(header)
