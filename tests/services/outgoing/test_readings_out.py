"""Readings go to billing once, come back counted, and import as they were."""

import io
import threading
from datetime import timedelta
from importlib import import_module

import openpyxl
import pytest

from cabinet.domain.metering import ReadingState
from cabinet.domain.outgoing import Encoding, OutFormat, OutKind, OutState, Shape
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.models import Branch, ImportRow, OutFile, OutReading, Reading
from cabinet.models.base import database
from cabinet.services import outgoing, reviews
from cabinet.services.audit import SYSTEM
from cabinet.services.importing import import_file
from cabinet.services.importing.report import Outcome
from cabinet.services.metered import reading_rows
from cabinet.services.staff import Member
from tests import factories

VALUES = {1: (4150,), 2: (4150, 4080), 3: (4150, 4080, 4020)}


@pytest.fixture
def sent(meters):
    return [
        factories.make_reading(
            meter, "2026-11", VALUES[meter.zones], state=ReadingState.SUBMITTED
        )
        for meter in meters
    ]


def bring(text, now, name="файл.csv"):
    return import_file(name, io.BytesIO(text), now=now)


def test_each_reading_is_in_exactly_one_file(sent, meters, make):
    first, content = make("readings")
    assert first.counts == {"rows": 3}
    lines = content.decode("utf-8-sig").splitlines()
    assert lines[0] == ("ЛС;Заводской №;Дата;Т1;Т2;Т3;Источник;Период;Номер;ФИО;Адрес")
    assert lines[2].startswith("460000000002;02;22.11.2026;4150;4080;;ЛК;11.2026;")
    second, content = make("readings")
    assert (second.counts, second.number) == ({"rows": 0}, 2)
    newer = factories.make_reading(
        meters[0], "2026-10", (4100,), state=ReadingState.ACCEPTED
    )
    third, content = make("readings")
    assert third.counts == {"rows": 1}
    assert OutReading.get(OutReading.out == third).reading_id == newer.id
    assert OutReading.select().count() == 4


def test_what_is_not_for_billing_stays_here(meters, make):
    meter = meters[0]
    for number, values in enumerate(
        (
            {"state": ReadingState.NEEDS_REVIEW},
            {"state": ReadingState.REJECTED},
            {"state": ReadingState.SUPERSEDED},
            {"state": ReadingState.COUNTED},
            {"source": "estimate", "state": ReadingState.ACCEPTED},
        )
    ):
        month = f"2026-0{number + 1}"
        factories.make_reading(meter, month, (4010 + number,), **values)
    factories.make_reading(meter, "2026-12", (4200,), state=ReadingState.SUBMITTED)
    row, _ = make("readings")
    assert row.counts == {"rows": 0}


def test_another_branch_has_files_of_its_own(sent, make, now):
    other = factories.make_branch("tver", name="Тверь")
    account = factories.make_account(number="690000000001", branch=other)
    factories.make_reading(
        factories.make_meter(account), "2026-11", (4150,), state=ReadingState.SUBMITTED
    )
    row, content = make("readings")
    assert row.counts == {"rows": 3}
    assert b"690000000001" not in content


def test_what_went_out_comes_in_as_it_was(sent, make, now):
    _, content = make("readings")
    report = bring(content, now)
    assert report.kind == "readings"
    assert report.counts[Outcome.SAME] == 3
    assert report.bad == 0


def test_the_return_file_tells_the_customer_which_receipt_has_it(sent, make, now):
    _, content = make("readings")
    lines = content.decode("utf-8-sig").splitlines()
    rows = [";".join([*line.split(";")[:3], "11.2026"]) for line in lines[1:]]
    text = "\r\n".join(["ЛС;Заводской №;Дата;Учтено в квитанции за", *rows])
    report = bring(text.encode("cp1251"), now)
    assert (report.kind, report.counts[Outcome.CHANGED]) == ("counted", 3)
    for row in Reading.select():
        assert (row.state, row.counted_in) == (ReadingState.COUNTED, Month(2026, 11))
    again = bring(f"{text}\r\n".encode("cp1251"), now)
    assert again.counts[Outcome.SAME] == 3


def test_a_return_file_that_does_not_fit_is_told_row_by_row(sent, meters, now):
    factories.make_reading(
        meters[1], "2026-09", (4050, 4040), state=ReadingState.NEEDS_REVIEW
    )
    rows = (
        "460000000001;01;22.11.2026;11.2026",
        "460000000001;01;22.11.2026;12.2026",
        "460000000002;02;22.09.2026;09.2026",
        "460000000009;01;22.11.2026;11.2026",
    )
    text = "\r\n".join(["ЛС;Заводской №;Дата;Учтено за", *rows])
    report = bring(text.encode(), now)
    assert report.counts[Outcome.CHANGED] == 1
    told = [(row.line, row.column, row.reason) for row in ImportRow.select()]
    assert told == [
        (3, "Учтено за", "уже было в строке 2 с другими данными"),
        (4, "Дата", "такого показания нет, или его заменило другое"),
        (5, "ЛС", "лицевой счёт не найден"),
    ]
    assert report.counts[Outcome.QUARANTINED] == 1
    Branch.update(own_billing=True).execute()
    own = "ЛС;Заводской №;Дата;Учтено за\r\n460000000003;03;22.11.2026;11.2026"
    (fault,) = bring(own.encode(), now).faults
    assert fault.reason == "филиал учитывает показания сам"


@pytest.mark.parametrize("encoding", list(Encoding))
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_saved_shape_is_kept_to(sent, make, branch, now, encoding, delimiter):
    shape = Shape(
        columns=(
            ("account", "ЛС"),
            ("serial", "Заводской №"),
            ("taken_on", "Дата"),
            ("t1", "Т1"),
            ("t2", "Т2"),
            ("t3", "Т3"),
            ("source", "Источник"),
        ),
        encoding=encoding,
        delimiter=delimiter,
    )
    admin = factories.make_staff("a@example.org", role="admin")
    outgoing.save_profile(
        Member(admin.id, Role.ADMIN),
        branch.code,
        OutKind.READINGS,
        shape,
        actor=SYSTEM,
        now=now,
    )
    _, content = make("readings")
    text = content.decode(encoding)
    assert text.splitlines()[1] == delimiter.join(
        ["460000000001", "01", "22.11.2026", "4150", "", "", "ЛК"]
    )
    if encoding is not Encoding.KOI8R:
        assert bring(content, now).counts[Outcome.SAME] == 3


def test_a_workbook_has_the_same_rows(sent, make):
    _, content = make("readings", OutFormat.XLSX)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    rows = [tuple(cell.value for cell in row) for row in sheet.rows]
    assert rows[1][:2] == ("460000000001", "01")
    assert len(rows) == 4


def test_a_workbook_keeps_to_a_saved_shape_too(sent, make, branch, now):
    shape = Shape(columns=(("t1", "Показание"), ("account", "Договор")))
    admin = factories.make_staff("a@example.org", role="admin")
    member = Member(admin.id, Role.ADMIN)
    outgoing.save_profile(
        member, branch.code, OutKind.READINGS, shape, actor=SYSTEM, now=now
    )
    _, content = make("readings", OutFormat.XLSX)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert list(sheet.iter_rows(values_only=True)) == [
        ("Показание", "Договор"),
        *[(4150, f"46000000000{zones}") for zones in VALUES],
    ]


def test_a_killed_worker_leaves_a_file_that_is_finished_later(
    sent, make, branch, now, monkeypatch
):
    making = import_module("cabinet.services.outgoing.making")
    wish = outgoing.Wish(
        branch=branch.code,
        kind=OutKind.READINGS,
        format=OutFormat.CSV,
        month=Month(2026, 11),
        key="a" * 32,
    )
    outgoing.ask(None, wish, actor=SYSTEM, now=now)
    monkeypatch.setattr(making, "table", _dies)
    clock = {"clock": lambda: now, "is_stopping": lambda: False}
    with pytest.raises(_Killed):
        outgoing.make_next(**clock)
    assert OutReading.select().count() == 3
    assert OutFile.get().state is OutState.ASKED
    monkeypatch.undo()
    # Nobody else has them, and its own file is made of the very same.
    row, _ = make("readings")
    assert row.counts == {"rows": 0}
    later = now + timedelta(minutes=10)
    assert outgoing.make_next(clock=lambda: later, is_stopping=lambda: False) == 1
    first = OutFile.get(OutFile.key == "a" * 32)
    assert (first.state, first.counts) == (OutState.READY, {"rows": 3})


class _Killed(BaseException):
    pass


def _dies(*_):
    raise _Killed


def test_two_at_once_share_no_reading(meters, branch, now):
    for meter in meters:
        for month in range(1, 10):
            values = tuple(4000 + month * 10 for _ in range(meter.zones))
            factories.make_reading(
                meter, f"2026-0{month}", values, state=ReadingState.ACCEPTED
            )
    asked = [
        outgoing.ask(
            None,
            outgoing.Wish(
                branch=branch.code,
                kind=OutKind.READINGS,
                format=OutFormat.CSV,
                month=Month(2026, 11),
                key=f"{number:032}",
            ),
            actor=SYSTEM,
            now=now,
        )
        for number in range(2)
    ]

    def work(public_id):
        with database.connection_context():
            outgoing.make_asked(public_id, clock=lambda: now)

    threads = [threading.Thread(target=work, args=(each,)) for each in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert OutReading.select().count() == 27
    assert sum(row.counts["rows"] for row in OutFile.select()) == 27


def test_a_formula_in_a_name_does_not_run(meters, make):
    meter = meters[0]
    meter.account.holder = '=cmd|"/c calc"!A1'
    meter.account.save()
    factories.make_reading(meter, "2026-11", (4150,), state=ReadingState.SUBMITTED)
    _, content = make("readings")
    assert b";\"'=cmd|" in content


def test_what_a_specialist_decided_goes_out_as_decided(meters, make):
    """The accepted one and the corrected one; neither what was sent nor what was returned."""
    operator = factories.make_staff()
    member = Member(operator.id, operator.role)
    acting = {"actor": SYSTEM, "now": factories.MADE_AT}
    rows = [
        factories.make_reading(
            meter, "2026-11", VALUES[meter.zones], state=ReadingState.NEEDS_REVIEW
        )
        for meter in meters
    ]
    ids = [row.public_id for row in rows]
    reviews.accept(member, ids[0], 1, **acting)
    reviews.correct(member, ids[1], 1, ("4110", "4020"), link=str, **acting)
    reviews.give_back(member, ids[2], 1, "Проверьте", link=str, **acting)
    _, content = make("readings")
    lines = content.decode("utf-8-sig").splitlines()[1:]
    assert [line.split(";")[:7] for line in lines] == [
        ["460000000001", "01", "22.11.2026", "4150", "", "", "ЛК"],
        ["460000000002", "02", "22.11.2026", "4110", "4020", "", "ЛК"],
    ]
    # What went out stays decided.
    with pytest.raises(reviews.CannotUndoError):
        reviews.undo(member, ids[0], **acting)
    # Billing of our own takes the same ones.
    taken = {row.reading_id for row in reading_rows(Reading.period == Month(2026, 11))}
    assert rows[0].id in taken
    assert not taken & {rows[1].id, rows[2].id}
    assert len(taken) == 2
