"""An import is taken back whole, and everything is as it was before."""

import io
from datetime import timedelta

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.loads import LoadState
from cabinet.domain.metering import CURRENT, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import (
    Account,
    Allocation,
    AuditEntry,
    Benefit,
    Bill,
    ImportBatch,
    ImportClaim,
    ImportStep,
    KeyRate,
    LedgerEntry,
    Meter,
    Paper,
    Rate,
    Reading,
    StoredFile,
)
from cabinet.models.base import writing
from cabinet.services.audit import Actor
from cabinet.services.bills.ledger import movement
from cabinet.services.bills.months import bill_months
from cabinet.services.history import Recent
from cabinet.services.importing import Outcome, changes, import_file, undoing
from cabinet.services.importing.report import report_of
from cabinet.services.ledger_check import check_ledger
from cabinet.services.statement import statement
from tests import factories, loading
from tests.bringing import NOW

LATER = NOW + timedelta(hours=1)
WHY = "не тот файл"
PLACES = ("branch", "holder", "address", "category", "residents", "kind")


@pytest.fixture
def registry(dated):
    """Bring in whole registries of a town; the rest of the files builds on them."""
    for kind, data in loading.files_of("4600").items():
        bring(data, kind)


def bring(data, name="файл"):
    data = data if isinstance(data, bytes) else "\n".join([*data, ""]).encode()
    return import_file(f"{name}.csv", io.BytesIO(data), now=NOW)


def undo(report):
    with writing():
        undoing.begin_undo(report.batch_id, WHY, actor=Actor(None), now=LATER)
    undoing.undo(report.batch_id, now=LATER)


def seen():
    """Return what anybody can see: balances, readings that stand, bills, contracts."""
    return {
        "balances": list(
            Account.select(Account.number, Account.balance, *_columns(Account, PLACES))
            .order_by(Account.number)
            .tuples()
        ),
        "meters": list(
            Meter.select(Meter.serial, Meter.status, Meter.opening_t1, Meter.closing_t1)
            .order_by(Meter.id)
            .tuples()
        ),
        "readings": list(
            Reading.select(
                Reading.meter,
                Reading.period,
                Reading.t1,
                Reading.state,
                Reading.counted_in,
            )
            .where(Reading.state.in_(list(CURRENT)))
            .order_by(Reading.meter, Reading.period, Reading.id)
            .tuples()
        ),
        "bills": list(
            Bill.select(Bill.account, Bill.month, Bill.number, Bill.charged)
            .where(Bill.account.is_null(False))
            .order_by(Bill.id)
            .tuples()
        ),
        "movements": [
            movement(account_id, Month(2026, month), NOW.tzinfo)
            for (account_id,) in Account.select(Account.id)
            .order_by(Account.id)
            .tuples()
            for month in (1, 2, 3)
        ],
        "claims": ImportClaim.select().count(),
        "rates": list(Rate.select().order_by(Rate.id).tuples()),
        "key rates": list(KeyRate.select().order_by(KeyRate.id).tuples()),
        "benefits": list(Benefit.select().order_by(Benefit.id).tuples()),
        "papers": list(Paper.select().order_by(Paper.id).tuples()),
    }


def _columns(model, names):
    return [getattr(model, name) for name in names]


@pytest.mark.parametrize("kind", loading.KINDS)
def test_what_a_registry_brought_is_taken_back_and_may_come_again(
    dated, kind, monkeypatch
):
    monkeypatch.setattr(undoing, "AT_ONCE", 17)
    files = loading.files_of("4600")
    for other in loading.KINDS[: loading.KINDS.index(kind)]:
        bring(files[other])
    before, entries = seen(), LedgerEntry.select().count()
    report = bring(files[kind])
    after = seen()
    assert after != before
    undo(report)
    assert seen() == before
    assert list(check_ledger()) == []
    batch = ImportBatch.get_by_id(report.batch_id)
    assert (batch.state, batch.undone_why) == (LoadState.UNDONE, WHY)
    # The very same file, or a corrected one: what was taken back stands in nobody's way.
    again = bring(files[kind])
    assert (again.seen_at, again.counts) == (None, report.counts)
    told = seen()
    assert told["balances"] == after["balances"]
    assert told["movements"] == after["movements"]
    assert list(check_ledger()) == []
    if kind in {"charges", "payments"}:
        added = LedgerEntry.select().count() - entries
        assert (
            added
            == 3
            * LedgerEntry.select().where(LedgerEntry.batch == again.batch_id).count()
        )


def test_what_many_readings_were_is_kept_once_and_put_back_for_each(registry):
    batch = ImportBatch.get(ImportBatch.kind == "charges")
    steps = ImportStep.select().where(ImportStep.batch == batch)
    kept = [one for step in steps for one in step.changes]
    counted = Reading.select(Reading.id).where(Reading.state == ReadingState.COUNTED)
    ids = {reading_id for (reading_id,) in counted.tuples()}
    each = [row_id for _, row_id, _, _ in changes.each(kept)]
    assert (set(each), len(each)) == (ids, len(ids))
    assert len(kept) * 3 < len(each)
    undo(report_of(batch, seen=True))
    assert counted.count() == 0
    assert Reading.select().where(Reading.counted_in.is_null(False)).count() == 0


def test_rows_that_were_changed_are_what_they_were(registry):
    before = seen()
    report = bring(
        [
            loading.HEADERS["accounts"],
            "460000000001;Курск;Петров;пр. Труда, 1;город, газовая плита;5",
            "460000000777;Курск;Новый;пр. Труда, 2;село;1",
        ]
    )
    assert (report.counts[Outcome.NEW], report.counts[Outcome.CHANGED]) == (1, 1)
    undo(report)
    assert seen() == before
    meters = "ЛС;Заводской №;Зон;Разрядность;Ктр;Снят;Дата сальдо;Сальдо Т1;Кон.Т1"
    report = bring([meters, "460000000001;1;1;5;1;01.05.2026;31.12.2025;100;990"])
    assert report.counts[Outcome.CHANGED] == 1
    undo(report)
    assert seen() == before


def test_the_reading_that_stood_before_stands_again(registry):
    before = seen()
    report = bring(
        [loading.HEADERS["readings"], "460000000005;5;25.01.2026;190;;касса"]
    )
    assert seen() != before
    undo(report)
    assert seen() == before


def test_a_newer_reading_of_the_customer_stays(registry):
    report = bring(
        [loading.HEADERS["readings"], "460000000005;5;20.02.2026;190;;касса"]
    )
    taken = Reading.get(Reading.batch == report.batch_id)
    Reading.update(state=ReadingState.SUPERSEDED).where(
        Reading.id == taken.id
    ).execute()
    newer = factories.make_reading(
        Meter.get_by_id(taken.meter_id), "2026-02", (195,), state=ReadingState.SUBMITTED
    )
    undo(report)
    assert Reading.get_by_id(newer.id).state is ReadingState.SUBMITTED
    assert Reading.get_by_id(taken.id).state is ReadingState.WITHDRAWN


def test_prices_rates_and_benefits_are_what_they_were(registry):
    before = seen()
    for data in (
        [
            "region,category,plan,zone,range,price_rub_per_kwh,valid_from,valid_to",
            "Тверская область,rural,one,single,1,4.17,2020-01-01,2020-09-30",
        ],
        ["valid_from,rate_percent", "2027-02-16,15.50", "2027-03-23,15.00"],
        [
            "ЛС;Льгота;Процент;Человек;Действует с;Действует по",
            "460000000005;Ветеран;50;1;01.01.2026;",
        ],
    ):
        report = bring(data)
        assert report.good
        undo(report)
        assert seen() == before


def test_marks_of_counted_readings_are_taken_off(registry):
    bring([loading.HEADERS["readings"], "460000000005;5;20.02.2026;190;;касса"])
    before = seen()
    header = "ЛС;Заводской №;Дата;Учтено в квитанции за"
    report = bring([header, "460000000005;5;20.02.2026;02.2026"])
    assert report.counts[Outcome.CHANGED] == 1
    undo(report)
    assert seen() == before


def test_holders_and_replaced_meters_are_what_they_were(registry):
    before = seen()
    report = bring(["ЛС;ФИО;Владеет с", "460000000001;Новикова;01.05.2026"])
    assert report.counts[Outcome.CHANGED] == 1
    undo(report)
    assert seen() == before
    header = "ЛС;Старый счётчик;Дата замены;Кон.Т1;Новый счётчик;Разрядность;Нач.Т1"
    report = bring([header, "460000000001;1;01.05.2026;990;N-1;5;0"])
    assert report.good == 1
    assert seen() != before
    undo(report)
    assert seen() == before


def test_papers_go_with_their_files(dated, tmp_path):
    account = factories.make_account(
        number="460000000001",
        branch=factories.make_branch(),
        kind="organisation",
    )
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    text = (
        "ЛС;Вид документа;Номер документа;Период;Дата документа;Файл\n"
        f"{account.number};счёт;1;01.2026;01.02.2026;a.pdf\n"
    )
    data = io.BytesIO(text.encode())
    report = import_file("p.csv", data, folder=tmp_path, now=NOW)
    assert report.good == 1
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 corrected")
    newer = import_file("p.csv", data, folder=tmp_path, now=NOW)
    assert refused(report) == ("документ 1 заменён более новым",)
    undo(newer)
    undo(report)
    assert not Paper.select().exists()
    assert not StoredFile.select().exists()


def refused(report):
    with pytest.raises(undoing.StandsOnError) as caught, writing():
        undoing.begin_undo(report.batch_id, WHY, actor=Actor(None), now=LATER)
    assert ImportBatch.get_by_id(report.batch_id).state is LoadState.COMMITTED
    return caught.value.said


def test_what_stands_on_a_registry_is_told(dated):
    files = loading.files_of("4600")
    reports = {kind: bring(data) for kind, data in files.items()}
    assert "лицевой счёт 460000000000: есть счётчик, 1" in refused(reports["accounts"])
    assert "счётчик 0: есть показания, 2" in refused(reports["meters"])
    (said, *rest) = refused(reports["readings"])
    assert said == "лицевой счёт 460000000000: показания учтены в квитанции за 2026-01"
    assert len(rest) == 49
    entry = LedgerEntry.get(LedgerEntry.document == "460000000007-1")
    Allocation.create(
        entry=entry,
        month=Month(2026, 1),
        made_by=factories.make_staff(),
        reason="так просил",
        at=NOW,
    )
    assert refused(reports["payments"]) == (
        "лицевой счёт 460000000007: платёж 460000000007-1 отнесён к другому месяцу",
    )
    undo(reports["charges"])
    undo(reports["readings"])


FIVE = "460000000005"
#: Of each kind a file that a bill of our own may be made of.
COUNTED = {
    "charges": [
        loading.HEADERS["charges"],
        f"{FIVE};02.2026;10;показания;90,00;0,00;0,00",
    ],
    "payments": [loading.HEADERS["payments"], f"14.03.2026;;X1;{FIVE};0126;500,50"],
    "benefits": [
        "ЛС;Льгота;Процент;Человек;Действует с;Действует по",
        f"{FIVE};Ветеран;50;1;01.01.2026;",
    ],
    "key_rates": ["valid_from,rate_percent", "2027-02-16,15.50"],
}


@pytest.mark.parametrize("kind", COUNTED)
def test_a_bill_of_our_own_keeps_what_it_was_made_of(registry, kind):
    report = bring(COUNTED[kind])
    assert (report.kind, report.good) == (kind, 1)
    account = Account.get(Account.number == FIVE)
    bill = factories.make_bill(account, "2026-03")
    run = factories.make_bill_run(account, "published", LATER)
    Bill.update(run=run, published_at=LATER).where(Bill.id == bill.id).execute()
    assert refused(report) == (
        f"лицевой счёт {FIVE}: после загрузки выставлена квитанция за 2026-03",
    )


def test_an_order_and_an_entry_keep_the_charge_they_are_of(registry):
    report = bring(COUNTED["charges"])
    bill = Bill.get(Bill.batch == report.batch_id)
    account = Account.get(Account.number == FIVE)
    month = {"first": Month(2026, 2), "last": Month(2026, 2)}
    order = factories.make_order(account, factories.make_staff(), NOW, **month)
    factories.post(account, Money(-100), kind=EntryKind.RECALCULATION, bill=bill)
    assert refused(report) == (
        f"лицевой счёт {FIVE}: перерасчёт по документу {order.document}",
        f"лицевой счёт {FIVE}: есть другие проводки по квитанции {bill.number}",
    )


def test_a_row_that_was_changed_again_is_told(registry):
    row = "460000000001;Курск;{};пр. Труда, 1;село;2"
    first = bring([loading.HEADERS["accounts"], row.format("Петров")])
    second = bring([loading.HEADERS["accounts"], row.format("Сидоров")])
    assert len(refused(first)) == 1
    undo(second)
    undo(first)
    assert Account.get(Account.number == "460000000001").holder == "Орлова 1"


def test_taking_back_goes_on_where_it_stopped(registry, monkeypatch):
    """A kill between two parts: the rest goes back when it is begun again."""
    monkeypatch.setattr(undoing, "AT_ONCE", 7)
    before = seen()
    report = bring(
        [
            loading.HEADERS["payments"],
            *(f"14.03.2026;12:29:00;9-{n};4600{n:08};0126;5,50" for n in range(40)),
        ]
    )

    class KilledError(Exception):
        pass

    def stop(done):
        if done > 20:
            raise KilledError

    with writing():
        undoing.begin_undo(report.batch_id, WHY, actor=Actor(None), now=LATER)
    with pytest.raises(KilledError):
        undoing.undo(report.batch_id, now=LATER, report=stop)
    undoing.undo(report.batch_id, now=LATER)
    undoing.undo(report.batch_id, now=LATER)
    assert seen() == before
    assert list(check_ledger()) == []
    told = [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]
    assert told[-2:] == ["import.undo_begun", "import.undone"]


def test_a_statement_shows_the_operation_and_that_it_was_taken_back(registry):
    account = Account.get(Account.number == "460000000001")
    user = factories.make_customer("a@example.org")
    factories.give_access(user, account)
    report = bring(
        [
            loading.HEADERS["charges"],
            "460000000001;02.2026;10;показания;90,00;0,00;0,00",
        ]
    )
    before = owed_of(user, account)
    undo(report)
    shown = statement(user.id, account.id, Recent.ALL, now=NOW).rows
    told = [(row.kind, row.amount, row.receipt) for row in shown]
    assert (EntryKind.CHARGE, Money(9000), None) in told
    assert (EntryKind.REVERSAL, Money(-9000), None) in told
    assert owed_of(user, account) == [one for one in before if one != Month(2026, 2)]


def owed_of(user, account):
    found = bill_months(user.id, account.id, now=NOW)
    return [one.month for one in found.bills]


def test_a_corrected_file_credits_the_operation_anew(registry):
    before = Account.get(Account.number == "460000000001").balance
    wrong = bring(
        [loading.HEADERS["payments"], "14.03.2026;;X1;460000000001;0126;500,50"]
    )
    undo(wrong)
    right = bring(
        [loading.HEADERS["payments"], "14.03.2026;;X1;460000000001;0126;50,05"]
    )
    assert right.counts[Outcome.NEW] == 1
    assert Account.get(Account.number == "460000000001").balance == before - Money(5005)
