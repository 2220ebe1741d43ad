"""Карантин: a row that names nobody known is given its account, once, or left out."""

import io
from datetime import date, timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.models import (
    Account,
    Allocation,
    AuditEntry,
    Benefit,
    Bill,
    Branch,
    ImportBatch,
    ImportRow,
    LedgerEntry,
    Meter,
    Paper,
    Reading,
)
from cabinet.services.importing import Outcome, import_file
from cabinet.services.importing.running import OvertakenError
from cabinet.services.importing.undoing import take_back as undo_at_the_machine
from cabinet.services.ledger_check import check_ledger
from tests import factories
from tests.blueprints.staff.test_loads import (
    FOREIGN,
    MINE,
    check,
    commit,
    let_the_worker_work,
    registry,
    send,
)
from tests.browsing import Browser

READINGS = "ЛС;Заводской №;Дата;Т1;Т2;Источник\n"


@pytest.fixture
def worker(worker, household):
    return worker


@pytest.fixture
def waiting(worker, now):
    """A payment of an account nobody knows."""
    commit(
        worker, check(worker, send(worker, registry("1", account=FOREIGN)), now), now
    )
    return ImportRow.get()


def place():
    """Return where the rows of the test wait: money apart from all else."""
    is_money = ImportBatch.select().where(ImportBatch.kind == "payments").exists()
    return "/staff/unrecognised" if is_money else "/staff/quarantine"


def is_empty(page):
    return "В карантине пусто" in page.text or "Все платежи распознаны" in page.text


def give(browser, number, status=None):
    page = browser.get(place())
    return browser.submit(page, "form[action$='/give']", account=number, status=status)


def test_a_row_is_taken_as_if_it_had_named_the_account(worker, waiting):
    page = worker.get(place())
    assert "лицевой счёт не найден, деньги ждут разбора" in page.text
    assert FOREIGN in page.text
    shown = give(worker, MINE)
    assert is_empty(shown)
    entry = LedgerEntry.get()
    assert (entry.amount, entry.document) == (Money(-1050), "1")
    assert entry.batch.part_of_id == waiting.batch_id
    assert Account.get(Account.number == MINE).balance == Money(-1050)
    row = ImportRow.get()
    assert (row.state, row.given) == ("given", MINE)
    batch = ImportBatch.get_by_id(row.batch_id)
    assert batch.counts[Outcome.NEW] == 1
    assert batch.counts[Outcome.QUARANTINED] == 0
    assert (batch.control["amount"], batch.control["held"]) == (1050, 0)
    (entry,) = AuditEntry.select().where(AuditEntry.action == "import.row_given")
    assert entry.account_id == Account.get(Account.number == MINE).id
    assert list(check_ledger()) == []


def test_money_waits_apart_from_all_else(worker, waiting, now):
    commit(worker, check(worker, send(worker, WAIT["benefits"]), now), now)
    benefit = ImportRow.get(ImportRow.id != waiting.id)
    for path, here, there, title in (
        ("/staff/unrecognised", waiting, benefit, "Платежи не распознаны"),
        ("/staff/quarantine", benefit, waiting, "Карантин загрузок"),
    ):
        page = worker.get(path)
        assert page.select(f"#account-{here.id}")
        assert not page.select(f"#account-{there.id}")
        (line,) = page.select("nav [aria-current=page]")
        assert "".join(line.itertext()) == f"{title}, 1"
        form = f"form[action$='/{here.id}/give']"
        wrong = worker.submit(page, form, account="1", status=422)
        (line,) = wrong.select("nav [aria-current=page]")
        assert "".join(line.itertext()) == f"{title}, 1"
        code = "unrecognised" if here is waiting else "quarantine"
        assert wrong.select(f"a[href='/staff/help/{code}']")
        aside = f"form[action$='/{here.id}/set-aside']"
        done = worker.submit(page, aside, why="не наш")
        assert done.url == path
        assert "не наш" in done.text
    assert "не наш" in worker.get("/staff/unrecognised").text
    assert "Льготы" not in worker.get("/staff/unrecognised").text
    page = worker.get("/staff/loads")
    for path in ("/staff/unrecognised", "/staff/quarantine"):
        assert page.select(f"main a[href='{path}']")


def test_what_waits_longest_comes_first(worker, now):
    for code in ("31001", "70002", "19003"):
        commit(
            worker,
            check(worker, send(worker, registry(code, account=FOREIGN)), now),
            now,
        )
    rows = worker.get(place()).select("section tbody")
    told = [" ".join("".join(row.itertext()).split()) for row in rows]
    for code, text in zip(("31001", "70002", "19003"), told, strict=True):
        assert code in text


def test_a_row_is_taken_once(worker, waiting):
    page = worker.get(place())
    worker.submit(page, "form[action$='/give']", account=MINE)
    shown = worker.submit(page, "form[action$='/give']", account=MINE, status=409)
    assert "уже разобрали" in shown.text
    assert LedgerEntry.select().count() == 1


def test_the_operation_that_was_given_comes_again_and_changes_nothing(
    worker, waiting, now
):
    give(worker, MINE)
    text = registry("1", account=MINE)
    shown = check(worker, send(worker, text), now)
    commit(worker, shown, now)
    assert Account.get(Account.number == MINE).balance == Money(-1050)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("", "Введите лицевой счёт"),
        ("абв", "В лицевом счёте только цифры"),
        ("460000000999", "В ваших филиалах такого лицевого счёта нет"),
        ("690000000009", "В ваших филиалах такого лицевого счёта нет"),
    ],
)
def test_what_is_wrong_is_said_at_the_row_and_the_row_waits(
    worker, waiting, number, told
):
    factories.make_account("690000000009", factories.make_branch("tver", name="Тверь"))
    shown = give(worker, number, status=422)
    assert told in shown.text
    assert shown.one(f"#account-{waiting.id}").get("value") == number
    assert ImportRow.get().state == "quarantined"
    assert not LedgerEntry.select().exists()


def test_a_row_that_does_not_fit_the_account_either_waits_on(worker, now):
    text = READINGS + "690000000009;77;20.10.2026;4100;;ЛК\n"
    commit(worker, check(worker, send(worker, text), now), now)
    shown = give(worker, MINE, status=422)
    assert "у лицевого счёта нет такого счётчика" in shown.text
    factories.make_meter(Account.get(Account.number == MINE), serial="77")
    give(worker, MINE)
    assert Reading.get().period == Month(2026, 10)
    assert Reading.get().batch.part_of_id == ImportRow.get().batch_id


def test_a_charge_becomes_the_bill_of_the_account(worker, now):
    text = (
        "ЛС;Период;кВт*ч;Основание;Начислено\n690000000009;10.2026;10;показания;50,00\n"
    )
    Branch.update(own_billing=False).execute()
    commit(worker, check(worker, send(worker, text), now), now)
    give(worker, MINE)
    assert Bill.get().charged == Money(5000)
    assert list(check_ledger()) == []


#: A row of each kind that waits for its account, and has all else that it needs.
WAIT = {
    "holders": "ЛС;ФИО;Владеет с\n690000000009;Ёлкина Анна;15.10.2026\n",
    "meters": "ЛС;Заводской №;Зон;Разрядность;Ктр;Снят;Дата сальдо;Сальдо Т1;Кон.Т1\n"
    "690000000009;М-1;1;5;1;;31.12.2025;100;\n",
    "replacements": "ЛС;Снятый счётчик;Дата замены;Кон.Т1;Новый счётчик;Разрядность;"
    "Нач.Т1\n690000000009;А-1;14.10.2026;9000;З-1;5;0\n",
    "readings": f"{READINGS}690000000009;А-1;20.10.2026;4100;;ЛК\n",
    "charges": "ЛС;Период;кВт*ч;Основание;Начислено\n"
    "690000000009;10.2026;10;показания;50,00\n",
    "payments": registry("1", account=FOREIGN),
    "counted": "ЛС;Заводской №;Дата;Учтено в квитанции за\n"
    "690000000009;А-1;20.10.2026;10.2026\n",
    "benefits": "ЛС;Льгота;Процент;Человек;Действует с;Действует по\n"
    "690000000009;Ветеран труда;50;1;01.02.2026;\n",
}


@pytest.mark.parametrize("kind", WAIT)
def test_a_row_of_any_kind_is_given_its_account(worker, now, kind):
    Branch.update(own_billing=False).execute()
    account = Account.get(Account.number == MINE)
    meter = factories.make_meter(account, serial="А-1")
    if kind == "counted":
        factories.make_reading(meter, taken_on=date(2026, 10, 20))
    commit(worker, check(worker, send(worker, WAIT[kind]), now), now)
    (row,) = ImportRow.select()
    assert (row.state, row.batch.kind) == ("quarantined", kind)
    before = digest(account)
    assert is_empty(give(worker, MINE))
    assert digest(account) != before
    assert ImportRow.get().given == MINE
    assert list(check_ledger()) == []


def test_a_counted_reading_that_the_account_does_not_have_waits_on(worker, now):
    Branch.update(own_billing=False).execute()
    commit(worker, check(worker, send(worker, WAIT["counted"]), now), now)
    shown = give(worker, MINE, status=422)
    assert "такого показания нет, или его заменило другое" in shown.text
    assert ImportRow.get().state == "quarantined"


def test_a_paper_that_came_by_command_is_given_its_account(worker, now, tmp_path):
    account = Account.get(Account.number == MINE)
    Account.update(kind=AccountKind.ORGANISATION).where(Account.id == account).execute()
    (tmp_path / "акт.pdf").write_bytes(b"%PDF-1.4")
    text = (
        "ЛС;Вид документа;Номер документа;Период;Дата документа;Файл\n"
        "690000000009;акт;А-7;10.2026;31.10.2026;акт.pdf\n"
    )
    import_file(
        "список.csv",
        io.BytesIO(text.encode()),
        branch=account.branch.code,
        folder=tmp_path,
        now=now,
    )
    assert is_empty(give(worker, MINE))
    paper = Paper.get()
    assert (paper.account_id, paper.file.name) == (account.id, "акт.pdf")


def digest(account):
    """What an account has, whichever file it came by."""
    mine = (Meter, Reading, Bill, LedgerEntry, Benefit)
    found = [list(model.select().order_by(model.id).tuples()) for model in mine]
    return [Account.get_by_id(account.id).holder, *found]


OTHER = "460000000988"


@pytest.fixture
def chief(desk):
    return Browser(desk).sign_in(
        factories.make_staff("chief@example.org", role="supervisor")
    )


def take_back(browser, status=None):
    page = browser.get(place())
    return browser.submit(page, "form[action$='/take-back']", status=status)


def undo_load(browser, batch_id, now, status=None):
    batch = ImportBatch.get_by_id(batch_id)
    page = browser.get(f"/staff/loads/{batch.public_id}")
    shown = browser.submit(
        page, "form[action$='/undo']", why="не тот день", status=status
    )
    let_the_worker_work(now)
    return shown


def standing(account):
    """What an account has that was not taken back."""
    account = Account.get_by_id(account.id)
    meters = Meter.select().where(Meter.account == account)
    readings = Reading.select().where(
        Reading.meter.in_(meters), Reading.state != "withdrawn"
    )
    bills = Bill.select().where(Bill.account == account)
    benefits = Benefit.select().where(Benefit.account == account)
    return (
        (account.holder, account.holder_since, account.balance),
        [(one.serial, one.status, one.removed_on) for one in meters],
        [(one.taken_on, one.state, one.counted_in) for one in readings],
        [one.charged for one in bills],
        [one.title for one in benefits],
    )


@pytest.mark.parametrize("kind", WAIT)
def test_a_row_given_to_the_wrong_account_waits_again_and_goes_to_the_right_one(
    worker, chief, now, kind
):
    Branch.update(own_billing=False).execute()
    right = Account.get(Account.number == MINE)
    wrong = factories.make_account(OTHER, right.branch)
    for account in (right, wrong):
        meter = factories.make_meter(account, serial="А-1")
        if kind == "counted":
            factories.make_reading(meter, taken_on=date(2026, 10, 20))
    commit(worker, check(worker, send(worker, WAIT[kind]), now), now)
    (row,) = ImportRow.select()
    before = standing(wrong), standing(right), figures(row)
    assert f"отнесена к счёту {OTHER}" in give(worker, OTHER).text
    assert standing(wrong) != before[0]
    given = standing(wrong)
    # Twice, as people do who are not sure: nothing is in the way of the second time.
    take_back(worker)
    assert (standing(wrong), standing(right), figures(row)) == before
    give(worker, OTHER)
    assert standing(wrong) == given
    page = take_back(worker)
    assert "Не принимать" in page.text
    assert "Только что" not in page.text
    again = ImportRow.get()
    assert (again.state, again.given, again.by_id) == ("quarantined", "", None)
    give(worker, MINE)
    assert (standing(wrong), standing(right) != before[1]) == (before[0], True)
    assert list(check_ledger()) == []
    # And the rest of the file takes the row along.
    undo_load(chief, row.batch_id, now)
    assert (standing(wrong), standing(right)) == before[:2]
    assert list(check_ledger()) == []


def figures(row):
    batch = ImportBatch.get_by_id(row.batch_id)
    counts = {name: count for name, count in batch.counts.items() if count}
    return counts, {k: batch.control.get(k) or 0 for k in ("amount", "held")}


def test_taking_back_is_noted_in_the_log_of_the_account(worker, waiting):
    give(worker, MINE)
    take_back(worker)
    (entry,) = AuditEntry.select().where(AuditEntry.action == "import.row_taken_back")
    assert entry.account_id == Account.get(Account.number == MINE).id
    assert entry.subject == f"import_row:{waiting.id}"


def test_a_given_row_stays_where_something_stands_on_it(worker, chief, waiting, now):
    give(worker, MINE)
    entry = LedgerEntry.get()
    Allocation.create(
        entry=entry,
        month=Month(2026, 9),
        made_by=factories.make_staff("other@example.org"),
        reason="за сентябрь",
        at=now,
    )
    told = take_back(worker, status=409)
    assert "Отменить нельзя, на строке уже стоит другое" in told.text
    assert f"лицевой счёт {MINE}: платёж 1 отнесён к другому месяцу" in told.text
    assert ImportRow.get().state == "given"
    assert Account.get(Account.number == MINE).balance == Money(-1050)
    told = undo_load(chief, waiting.batch_id, now, status=409)
    assert "отнесён к другому месяцу" in told.text
    assert ImportBatch.get_by_id(waiting.batch_id).state == "committed"


def test_after_ten_minutes_or_by_another_a_given_row_stays(
    worker, second, waiting, clock, now
):
    page = give(worker, MINE)
    (form,) = page.select("form[action$='/take-back']")
    token = second.get(place()).select("[name=csrf_token]")[0].get("value")
    second.post(form.get("action"), {"csrf_token": token}, status=409)
    clock.set(now + timedelta(minutes=10))
    assert "Только что" not in worker.get(place()).text
    told = worker.submit(page, "form[action$='/take-back']", status=409)
    assert "Отменить уже нельзя" in told.text
    assert Account.get(Account.number == MINE).balance == Money(-1050)


def test_a_row_taken_back_twice_goes_back_once(worker, waiting):
    page = give(worker, MINE)
    worker.submit(page, "form[action$='/take-back']")
    told = worker.submit(page, "form[action$='/take-back']", status=409)
    assert "Отменить уже нельзя" in told.text
    assert Account.get(Account.number == MINE).balance == Money(0)
    assert list(check_ledger()) == []


def test_what_waits_again_is_not_taken_by_another_file(worker, waiting, now):
    give(worker, MINE)
    take_back(worker)
    commit(worker, check(worker, send(worker, registry("1", account=MINE)), now), now)
    assert Account.get(Account.number == MINE).balance == Money(0)


def test_a_part_of_a_load_is_no_load_of_its_own(worker, chief, waiting, now):
    before = worker.get("/staff/loads").text
    give(worker, MINE)
    assert worker.get("/staff/loads").text.count("/staff/loads/") == before.count(
        "/staff/loads/"
    )
    part = ImportBatch.get(ImportBatch.part_of == waiting.batch_id)
    worker.get(f"/staff/loads/{part.public_id}", status=404)
    with pytest.raises(OvertakenError):
        undo_at_the_machine(part.id, "не тот день", now=now)


def test_a_row_of_an_earlier_version_is_not_guessed(worker, waiting):
    ImportBatch.update(layout=None).where(ImportBatch.id == waiting.batch_id).execute()
    assert "Столбец 4" in worker.get(place()).text
    shown = give(worker, MINE, status=422)
    assert "загружена до обновления" in shown.text
    assert not LedgerEntry.select().exists()


def test_a_row_is_left_out_with_a_reason(worker, waiting):
    page = worker.get(place())
    form = "form[action$='/set-aside']"
    empty = worker.submit(page, form, why="", status=422)
    assert "Напишите, почему вы так решили" in empty.text
    shown = worker.submit(page, form, why="вернули банку")
    assert is_empty(shown)
    row = ImportRow.get()
    assert (row.state, row.why) == ("set_aside", "вернули банку")
    assert not LedgerEntry.select().exists()
    again = worker.submit(page, form, why="вернули банку", status=409)
    assert "уже разобрали" in again.text


def leave_out(browser):
    page = browser.get(place())
    return browser.submit(page, "form[action$='/set-aside']", why="вернули банку")


def test_what_was_left_out_by_mistake_waits_again(worker, second, waiting):
    page = leave_out(worker)
    assert "строка 2: вернули банку" in page.text
    assert "Отменить" not in second.get(place()).text
    (form,) = page.select("form[action$='/take-back']")
    token = second.get(place()).select("[name=csrf_token]")[0].get("value")
    told = second.post(form.get("action"), {"csrf_token": token}, status=409)
    assert "Отменить уже нельзя" in told.text
    page = worker.submit(page, "form[action$='/take-back']")
    assert "Не принимать" in page.text
    row = ImportRow.get()
    assert (row.state, row.by_id, row.at, row.why) == ("quarantined", None, None, "")
    actions = [entry.action for entry in AuditEntry.select().order_by(AuditEntry.id)]
    assert actions[-2:] == ["import.row_taken_back", "import.quarantine_looked"]
    give(worker, MINE)
    assert Account.get(Account.number == MINE).balance == Money(-1050)


def test_after_ten_minutes_a_row_stays_out(worker, waiting, clock, now):
    page = leave_out(worker)
    clock.set(now + timedelta(minutes=10))
    assert "Только что" not in worker.get(place()).text
    told = worker.submit(page, "form[action$='/take-back']", status=409)
    assert "Отменить уже нельзя" in told.text
    assert ImportRow.get().state == "set_aside"


def test_rows_of_another_branch_are_not_seen(desk, worker, waiting):
    factories.make_branch("tver", name="Тверь")
    stranger = Browser(desk).sign_in(
        factories.make_staff("tver@example.org", branches=("tver",))
    )
    assert is_empty(stranger.get(place()))


def test_what_was_given_goes_back_with_its_load(desk, worker, waiting, now):
    give(worker, MINE)
    chief = Browser(desk).sign_in(
        factories.make_staff("chief@example.org", role="supervisor")
    )
    batch = ImportBatch.get_by_id(waiting.batch_id)
    page = chief.get(f"/staff/loads/{batch.public_id}")
    chief.submit(page, "form[action$='/undo']", why="не тот день")
    let_the_worker_work(now)
    assert Account.get(Account.number == MINE).balance == Money(0)
    assert list(check_ledger()) == []


def test_what_waits_is_let_go_with_its_load(worker, waiting, desk, now):
    chief = Browser(desk).sign_in(
        factories.make_staff("chief@example.org", role="supervisor")
    )
    batch = ImportBatch.get_by_id(waiting.batch_id)
    page = chief.get(f"/staff/loads/{batch.public_id}")
    chief.submit(page, "form[action$='/undo']", why="не тот день")
    let_the_worker_work(now)
    assert is_empty(worker.get(place()))
