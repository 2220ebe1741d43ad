"""New holders and replaced meters: taken in once, refused in words, noted for the way back."""

import io
from datetime import date

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.loads import LoadState
from cabinet.domain.metering import MeterStatus
from cabinet.exchange.changes import HOLDERS, REPLACEMENTS
from cabinet.exchange.profiles import Rows, bind
from cabinet.exchange.recognise import open_table
from cabinet.models import Account, ImportBatch, ImportRow, Meter
from cabinet.models.base import writing
from cabinet.services.importing.holders import take_holders
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.replacements import take_replacements
from cabinet.services.importing.report import Outcome
from tests import factories
from tests.conftest import NOW

HOLDER = "ЛС;ФИО;Владеет с"
METER = (
    "ЛС;Снятый счётчик;Дата замены;Кон.Т1;Кон.Т2;Кон.Т3;Новый счётчик;Модель;"
    "Разрядность;Ктр;Поверка до;Нач.Т1;Нач.Т2;Нач.Т3"
)
REPLACED = "460000000001;А-1;14.10.2026;9000,5;;;Б-2;Нева;6;1;14.10.2042;0,5;;"


def take(profile, taker, *lines, branch_id=None):
    text = "\n".join(lines)
    table = open_table("файл.csv", io.BytesIO(text.encode()))
    binding = bind(profile, table)
    with writing():
        batch = ImportBatch.create(
            kind=profile.kind,
            file_name="файл.csv",
            sha256=table.examined.sha256,
            state=LoadState.RUNNING,
            started_at=NOW,
        )
        intake = Intake(batch.id, binding, branch_id=branch_id, now=NOW)
        taker(list(Rows(table, binding)), intake)
        intake.flush()
        # One file at a time may be on its way in.
        ImportBatch.update(state=LoadState.DROPPED).where(
            ImportBatch.id == batch.id
        ).execute()
    return intake


def holders(*rows, **options):
    return take(HOLDERS, take_holders, HOLDER, *rows, **options)


def replace(*rows, **options):
    return take(REPLACEMENTS, take_replacements, METER, *rows, **options)


def reasons():
    query = ImportRow.select(ImportRow.column, ImportRow.reason).order_by(ImportRow.id)
    return list(query.tuples())


@pytest.fixture
def account(db):
    return factories.make_account(number="460000000001", holder="Щукина Юлия")


@pytest.fixture
def meter(account):
    return factories.make_meter(
        account=account, serial="А-1", digits=5, opening_on=date(2026, 1, 1)
    )


def test_a_new_holder_hides_what_is_older(account):
    intake = holders("460000000001;Ёлкин Пётр;15.10.2026")
    assert intake.counts == {Outcome.CHANGED: 1}
    found = Account.get_by_id(account.id)
    assert (found.holder, found.holder_since) == ("Ёлкин Пётр", date(2026, 10, 15))
    assert [change[2:] for change in intake.changes] == [
        (
            {"holder": "Щукина Юлия", "holder_since": None},
            {"holder": "Ёлкин Пётр", "holder_since": "2026-10-15"},
        )
    ]


def test_a_name_spelt_anew_hides_nothing(account):
    holders("460000000001;Щукина Юлия Ильинична;")
    found = Account.get_by_id(account.id)
    assert (found.holder, found.holder_since) == ("Щукина Юлия Ильинична", None)


def test_the_same_holder_again_changes_nothing(account):
    holders("460000000001;Ёлкин Пётр;15.10.2026")
    intake = holders("460000000001;Ёлкин Пётр;15.10.2026")
    assert (intake.counts, intake.changes) == ({Outcome.SAME: 1}, [])
    assert holders("460000000001;Ёлкин Пётр;").counts == {Outcome.SAME: 1}


def test_an_account_that_is_not_known_or_of_another_branch_waits(account):
    assert holders("460000000009;Ёж;").counts == {Outcome.QUARANTINED: 1}
    other = factories.make_branch(code="other")
    intake = holders("460000000001;Ёж;", branch_id=other.id)
    assert intake.counts == {Outcome.QUARANTINED: 1}
    assert reasons() == [("ЛС", "лицевой счёт не найден")] * 2


def test_a_meter_is_taken_off_and_another_one_hangs(account, meter):
    intake = replace(REPLACED)
    assert intake.counts == {Outcome.NEW: 1}
    old, new = Meter.select().order_by(Meter.id)
    assert (old.status, old.removed_on) == (MeterStatus.REMOVED, date(2026, 10, 14))
    assert old.closing_t1 == Energy(9_000_500)
    assert (new.serial, new.model, new.zones, new.digits) == ("Б-2", "Нева", 1, 6)
    assert new.opening_on == new.installed_on == date(2026, 10, 14)
    assert (new.opening_t1, new.opening_t2) == (Energy(500), None)
    assert (new.status, new.account_id) == (MeterStatus.ACTIVE, account.id)
    assert (new.batch_id, new.verified_until) == (
        intake.batch_id,
        date(2042, 10, 14),
    )
    (change,) = intake.changes
    assert change[:2] == ("Meter", meter.id)
    assert change[2]["removed_on"] is None


def test_the_same_replacement_again_changes_nothing(account, meter):
    replace(REPLACED)
    intake = replace(REPLACED)
    assert (intake.counts, intake.changes) == ({Outcome.SAME: 1}, [])
    assert Meter.select().count() == 2


def test_a_new_meter_that_hangs_already_still_needs_the_old_one_off(account, meter):
    replace(REPLACED)
    Meter.update(removed_on=None, closing_t1=None, status=MeterStatus.ACTIVE).where(
        Meter.id == meter.id
    ).execute()
    assert replace(REPLACED).counts == {Outcome.CHANGED: 1}
    assert Meter.get_by_id(meter.id).status is MeterStatus.REMOVED


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (
            REPLACED.replace("9000,5;;", "9000,5;1;"),
            "Кон.Т2",
            "зон у счётчика 1, показаний 2",
        ),
        (
            REPLACED.replace("9000,5", "100000"),
            "Кон.Т1",
            "больше цифр, чем у счётчика (5)",
        ),
        (
            REPLACED.replace("14.10.2026", "31.12.2025"),
            "Дата замены",
            "снят раньше, чем начал считать",
        ),
    ],
)
def test_what_does_not_fit_the_old_meter_is_told(account, meter, row, column, reason):
    assert replace(row).counts == {Outcome.FAULTY: 1}
    assert reasons() == [(column, reason)]
    assert Meter.select().count() == 1


def test_another_replacement_of_the_same_meters_is_told(account, meter):
    replace(REPLACED)
    replace(REPLACED.replace("9000,5", "9001"), REPLACED.replace("0,5;;", "7;;"))
    replace(REPLACED.replace("Б-2", "В-3").replace("14.10.2026", "15.10.2026"))
    assert reasons() == [
        ("Дата замены", "счётчик уже снят 14.10.2026 с другими данными"),
        ("Новый счётчик", "такой счётчик уже есть с другими данными"),
        ("Дата замены", "счётчик уже снят 14.10.2026 с другими данными"),
    ]


def test_a_meter_that_was_hung_may_be_taken_off_by_the_next_row(account, meter):
    second = "460000000001;Б-2;20.10.2026;7;;;В-3;;5;;;0;;"
    assert replace(REPLACED, second).counts == {Outcome.NEW: 2}
    assert [one.removed_on for one in Meter.select().order_by(Meter.id)] == [
        date(2026, 10, 14),
        date(2026, 10, 20),
        None,
    ]


def test_a_replacement_of_what_is_not_known_waits(account, meter):
    replace(REPLACED.replace("460000000001", "460000000009"))
    replace(REPLACED.replace("А-1", "Я-9"))
    assert reasons() == [
        ("ЛС", "лицевой счёт не найден"),
        ("Снятый счётчик", "у лицевого счёта нет такого счётчика"),
    ]
