"""The commands of our own billing, run as an administrator runs them."""

from datetime import UTC, date, datetime
from functools import partial

import pytest

from cabinet.cli.bill_text import progress_text
from cabinet.domain.billing.run import RunState
from cabinet.domain.energy import Energy
from cabinet.domain.period import Month
from cabinet.models import (
    Account,
    AuditEntry,
    Bill,
    BillDraft,
    BillRun,
    Branch,
    KeyRate,
    Meter,
    Rate,
    Reading,
    VatRate,
)
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.billing import runs, slices
from cabinet.services.demo.branches import make_branches
from tests import factories


@pytest.fixture
def run(command, monkeypatch):
    """Run `cabinet bill …` on the test's own database, on 22 November 2026."""
    monkeypatch.setenv("CABINET_NOW", "2026-11-22T12:00:00+03:00")
    # Nobody else writes meanwhile.
    monkeypatch.setattr(slices, "GAP", 0)

    run = partial(command, "bill")
    run.now = partial(monkeypatch.setenv, "CABINET_NOW")
    return run


@pytest.fixture
def office(dated):
    """A branch that bills by itself, with two accounts and their readings of October."""
    Branch.update(own_billing=True).where(Branch.code == "kursk").execute()
    branch = Branch.get(Branch.code == "kursk")
    for number in ("460000000001", "460000000002"):
        account = factories.make_account(number, branch)
        meter = factories.make_meter(account, opening_on=date(2026, 9, 30))
        factories.make_reading(meter, "2026-10", (4100,), state="submitted")
    return branch


def test_before_anything_is_written_the_odd_bills_are_named(run, office):
    account = Account.get(Account.number == "460000000002")
    meter = Meter.get(Meter.account == account)
    Reading.update(t1=Energy.from_kwh(4900)).where(Reading.meter == meter).execute()
    factories.make_bill(account, "2026-09", charged="10,00")
    looked = run("issue", "2026-10", "--dry-run")
    assert "    460000000002\t5 868,00\t10,00\t" in looked.output, looked.output
    assert "460000000001" not in looked.output


def test_a_month_goes_from_a_look_to_the_ledger(run, office):
    looked = run("issue", "2026-10", "--dry-run")
    assert looked.exit_code == 0, looked.output
    # 100 kWh at 6,52 each.
    assert "начислено                1 304,00" in looked.output
    assert "по показаниям 2" in looked.output
    assert BillRun.select().count() == 0
    issued = run("issue", "2026-10")
    assert issued.exit_code == 0, issued.output
    assert "черновиков 2, начислено 1 304,00, к оплате 1 304,00" in issued.output
    assert (Bill.select().count(), BillDraft.select().count()) == (0, 2)
    again = run("issue", "2026-10")
    assert "уже выставлен, ждёт публикации" in again.output
    published = run("publish", "2026-10")
    assert published.output == "Курск, 2026-10: опубликовано квитанций 2\n"
    assert (Bill.select().count(), BillDraft.select().count()) == (2, 0)
    acts = [entry.action for entry in AuditEntry.select().order_by(AuditEntry.id)]
    assert acts[-3:] == ["bill_run.prepared", "bill_run.issued", "bill_run.published"]
    nothing = run("issue", "2026-10")
    assert (nothing.exit_code, Bill.select().count()) == (0, 2)
    assert "все квитанции этого месяца уже выставлены" in nothing.output


def test_what_is_unusual_is_listed_with_why(run, office):
    run("issue", "2026-10", "--publish")
    # November by the norm, one account with a reading four times as large as before.
    first, second = Account.select().order_by(Account.id)
    meter = Meter.get(Meter.account == first)
    factories.make_reading(meter, "2026-11", (4900,), state="submitted")
    Account.update(norm=None).where(Account.id == second.id).execute()
    run.now("2026-12-02T12:00:00+03:00")
    issued = run("issue", "2026-11")
    assert "посмотреть 1, без квитанции 1" in issued.output
    assert "список: cabinet bill review 2026-11 --branch kursk" in issued.output
    listed = run("review", "2026-11")
    # 800 × 6,52 after 100 × 6,52.
    assert listed.output.splitlines() == [
        "460000000001\t5 216,00\t652,00\tвтрое больше прошлого месяца",
        "460000000002\t\t\tбез квитанции: нет норматива у лицевого счёта",
    ]
    assert run("review", "2026-10").exit_code == 1


def test_a_later_month_waits_for_the_one_before(run, office):
    run("issue", "2026-09")
    waits = run("issue", "2026-10")
    assert (waits.exit_code, waits.stderr) == (
        1,
        "Курск, 2026-10: сначала опубликуйте или отмените 2026-09\n",
    )


def test_one_account_can_be_billed_alone(run, office):
    done = run("issue", "2026-10", "--account", "460000000002", "--publish")
    assert done.exit_code == 0, done.output
    (bill,) = Bill.select()
    assert bill.number == "460000000002-202610"
    rest = run("issue", "2026-10", "--publish")
    assert (rest.exit_code, Bill.select().count()) == (0, 2)


def test_what_is_cancelled_leaves_nothing_and_may_be_issued_again(run, office):
    run("issue", "2026-10")
    cancelled = run("cancel", "2026-10")
    assert cancelled.output == (
        "Курск, 2026-10: запуск отменён, черновиков больше нет\n"
    )
    assert BillDraft.select().count() == 0
    none = run("publish", "2026-10")
    assert (none.exit_code, none.stderr) == (
        1,
        "Курск, 2026-10: нет начатого запуска\n",
    )
    assert run("issue", "2026-10", "--publish").exit_code == 0
    assert Bill.select().count() == 2


def test_missing_rows_stop_the_month_before_anything_is_written(run, office):
    KeyRate.delete().execute()
    VatRate.delete().execute()
    Rate.delete().execute()
    stopped = run("issue", "2026-10")
    assert stopped.exit_code == 1
    assert "не хватает строк, квитанции не выставлены" in stopped.output
    price = "цена, Курская область, город, газовая плита, одна зона, круглые сутки"
    for line in (
        "ключевая ставка на 31.10.2026",
        "ставка НДС на 31.10.2026",
        f"{price}, диапазон 1 на 31.10.2026",
    ):
        assert f"    {line}\n" in stopped.output
    assert BillRun.select().count() == BillDraft.select().count() == 0


def test_a_price_that_is_missing_for_one_account_stops_all(run, office):
    Rate.delete().where(Rate.range_number == 3).execute()
    account = factories.make_account("460000000003", office)
    meter = factories.make_meter(account, opening_on=date(2026, 9, 30))
    factories.make_reading(meter, "2026-10", (14000,), state="submitted")
    stopped = run("issue", "2026-10")
    assert stopped.exit_code == 1
    assert "цена, город, газовая плита, круглые сутки, диапазон 3" in stopped.output
    assert BillDraft.select().count() == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("issue", "2026-13"), 2, "is no month like 2026-10"),
        (("issue", "2026-11"), 1, "месяц ещё не кончился"),
        (("issue", "2026-10", "--branch", "omsk"), 2, "no branch has the code omsk"),
        (
            ("issue", "2026-10", "--branch", "tver"),
            2,
            "branch tver has its bills from another system",
        ),
        (
            ("issue", "2026-10", "--account", "1"),
            2,
            "no household has the account number 1",
        ),
        (("cancel", "2026-10"), 1, "нет начатого запуска"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(run, office, arguments, code, words):
    refused = run(*arguments)
    assert (refused.exit_code, words in refused.output) == (code, True), refused.output
    assert BillRun.select().count() == 0


def test_an_office_with_another_billing_system_has_nothing_to_issue(run, db):
    make_branches()
    refused = run("issue", "2026-10")
    assert refused.exit_code == 2
    assert "no branch bills by itself" in refused.output


def test_a_branch_is_let_bill_by_itself_and_back(run, db):
    make_branches()
    on = run("own", "tver")
    assert (on.exit_code, on.output) == (0, "tver: филиал выставляет квитанции сам\n")
    assert Branch.get(Branch.code == "tver").own_billing
    assert "так и есть" in run("own", "tver").output
    assert "так и есть" not in run("own", "tver", "--norm", "stays").output
    tver = Branch.get(Branch.code == "tver")
    assert (tver.own_billing, tver.settles_norm) == (True, False)
    assert run("own", "tver", "--off").output == "tver: квитанции загружают файлами\n"
    assert not Branch.get(Branch.code == "tver").settles_norm
    assert not Branch.get(Branch.code == "tver").own_billing
    acts = [entry.action for entry in AuditEntry.select().order_by(AuditEntry.id)]
    assert acts == [*2 * ["branch.own_billing"], "branch.other_billing"]
    assert run("own", "omsk").exit_code == 2


def test_a_branch_with_drafts_stays_as_it_is(run, office):
    run("issue", "2026-10")
    refused = run("own", "kursk", "--off")
    assert refused.exit_code == 1
    assert "запуск этого месяца не закончен" in refused.stderr
    assert Branch.get(Branch.code == "kursk").own_billing


def test_an_account_without_a_norm_is_held_back_and_told(run, office):
    account = factories.make_account("460000000003", office, norm=None)
    factories.make_meter(account, opening_on=date(2026, 9, 30))
    done = run("issue", "2026-10", "--publish")
    assert done.exit_code == 0
    assert "без квитанции: нет норматива у лицевого счёта 1" in done.output
    assert Bill.select().count() == 2
    Account.update(norm=Energy.from_kwh(70)).where(Account.id == account.id).execute()
    assert run("issue", "2026-10", "--publish").exit_code == 0
    assert Bill.select().count() == 3


def test_progress_tells_the_rate_and_what_is_left():
    text = progress_text("Курск, 2026-10: черновики", 12_000, 40_000, 4.0)
    assert text.rstrip() == (
        "Курск, 2026-10: черновики 12000 из 40000, 3000 в секунду, осталось 9 с"
    )
    assert progress_text("расчёт", 0, 0, 0.0).rstrip() == "расчёт 0, 0 в секунду"


def test_what_the_back_office_began_is_gone_on_with(run, office):
    with writing():
        begun = runs.create(
            office,
            Month(2026, 10),
            RunState.PREPARING,
            only=None,
            actor=audit.SYSTEM,
            now=datetime(2026, 11, 22, 9, tzinfo=UTC),
        )
    done = run("issue", "2026-10")
    assert done.exit_code == 0, done.output
    assert f"продолжаем начатый запуск {begun.id}" in done.output
    assert "начислено                1 304,00" in done.output
    assert BillRun.get().state == "issued"
