"""Состояние: the figures of the installation with what is usual and what to do."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cabinet.models import Payment
from cabinet.models.base import writing
from cabinet.services import beats, outbox, window_counts
from cabinet.services.vitals import Vitals
from cabinet.web import counting, state_lines
from cabinet.web.counting import BOUNDS, Answers
from cabinet.web.report_words import limit, seconds
from tests import factories
from tests.browsing import Browser

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
URL = "/staff/state"


@pytest.fixture
def boss(app):
    return Browser(app).sign_in(factories.make_staff("boss@example.org", "admin"))


def alive(now):
    for part in (beats.LETTERS, beats.SCHEDULE, beats.PAYMENTS):
        beats.note(part, now=now)


def rows(page):
    """Return the words of each row by its first cell."""
    found = {}
    for row in page.select("main tbody tr"):
        first, *rest = [" ".join(" ".join(cell.itertext()).split()) for cell in row]
        found[first] = rest
    return found


def widths(page):
    """Return how long the bar of each row is, by its first cell."""
    return {
        " ".join(" ".join(row[0].itertext()).split()): rect.get("width")
        for row in page.select("main tbody tr")
        for rect in row.xpath(".//*[local-name()='rect'][@class='now']")
    }


def test_an_installation_that_lives_is_as_usual(boss, db, now):
    alive(now - MINUTE)
    page = boss.get(URL)
    assert page.text_of("main h2:first-of-type") == "Всё как обычно"
    assert page.select(".alert") == []
    told = rows(page)
    assert told["Письма, которых ждут"][:3] == ["0", "–", "до 15 минут"]
    assert told["Письма о квитанциях и напоминания"][2] == "до суток"
    assert told["Платежи в сомнении"][:3] == ["0", "–", "до 5 минут"]
    assert told["Уведомления банков"][2] == "до 2 минут"
    assert told["Платежи, о которых пора спросить"][:3] == ["0", "–", "до 2 минут"]
    assert told["Работник: платежи"][:2] == ["", "1 минуту назад"]
    # Nothing has been counted and there is nothing to show yet.
    assert "Пока не посчитано." in page.text
    assert page.select(f"main a[href='{URL}']")


#: What each figure of /metrics is on the page; of the requests there is a table.
SHOWN = {
    "cabinet_schema_info": "Таблицы: 00",
    "cabinet_outbox_waiting": "Письма, которых ждут 0",
    "cabinet_outbox_oldest_seconds": "Письма о квитанциях и напоминания 0 –",
    "cabinet_outbox_failed_day": "не ушло писем: 0",
    "cabinet_jobs_due": "Загрузки, выгрузки, архивы 0",
    "cabinet_jobs_oldest_seconds": "Загрузки, выгрузки, архивы 0 –",
    "cabinet_jobs_running": "Сейчас делают заданий: 0",
    "cabinet_jobs_failed_day": "не вышло заданий: 0",
    "cabinet_notices_waiting": "Уведомления банков 0",
    "cabinet_notices_oldest_seconds": "Уведомления банков 0 –",
    "cabinet_payments_in_doubt_count": "Платежи в сомнении внимание 1",
    "cabinet_payments_in_doubt_oldest_seconds": "30 минут до 5 минут",
    "cabinet_payments_in_doubt_kopecks": "на 20,50 ₽",
    "cabinet_payments_late": "Платежи, о которых пора спросить 0",
    "cabinet_window_accounts": "Курск 1 1 100 %",
    "cabinet_window_accounts_sent": "Курск 1 1 100 %",
    "cabinet_window_month": "Ноябрь 2026, лицевые счета",
    "cabinet_window_counted_seconds": "посчитано в 11:59",
    "cabinet_worker_beat_seconds": "Работник: письма 1 минуту назад",
    "cabinet_ledger_check_age_seconds": "Проверка книги 0 1 минуту назад",
    "cabinet_ledger_check_findings": "Проверка книги 0",
    "cabinet_ledger_check_seconds": "шла 31 секунду",
    "cabinet_reconciliation_age_seconds": "Сверка с банками 3 минуты назад",
    "cabinet_backup_age_seconds": "Копия базы 2 минуты назад",
}
#: Without the database, or beside it: the page says those as words of its own.
ELSEWHERE = {
    *("cabinet_build_info", "cabinet_database_up", "cabinet_schema_missing"),
    *("cabinet_ledger_check_failed", "cabinet_request_seconds"),
    "cabinet_request_seconds_created",
}


def test_every_figure_of_metrics_is_on_the_page(boss, account, meter, now):
    factories.make_payment(account, "20,50", now - 30 * MINUTE, state="in_doubt")
    factories.make_reading(meter, "2026-11", (9000,))
    window_counts.count(now=now - MINUTE)
    alive(now - MINUTE)
    beats.note_made(beats.LEDGER, now=now - MINUTE, findings=0, seconds=31)
    beats.note_made(beats.RECONCILIATION, now=now - 3 * MINUTE, shops=1)
    beats.note_made(beats.BACKUP, now=now - 2 * MINUTE)
    told = text_string_to_metric_families(boss.client.get("/metrics").text)
    ours = {one.name for one in told if one.name.startswith("cabinet_")}
    assert ours - ELSEWHERE == set(SHOWN)
    text = boss.get(URL).text
    for name, words in SHOWN.items():
        assert words in text, name


def test_of_a_worker_that_never_was_it_is_told_what_to_do(boss, db):
    page = boss.get(URL)
    assert page.text_of(".alert h2") == "Требуют внимания: 3"
    assert page.text_of(".alert").count("Запустите cabinet work.") == 3
    assert rows(page)["Работник: платежи внимание"][1] == "не было"


def test_what_waits_too_long_stands_first_with_its_remedy(boss, account, now):
    alive(now)
    with writing():
        outbox.put(
            "login_notice", key="1", recipient="a@b.ru", context={},
            now=now - 40 * MINUTE,
        )  # fmt: skip
    factories.make_payment(account, "1234,50", now - 3 * MINUTE, state="in_doubt")
    page = boss.get(URL)
    told = page.text_of(".alert")
    assert "Требуют внимания: 1" in told
    assert "CABINET_MAIL_" in told
    assert "Платежи в сомнении" not in told
    found = rows(page)
    assert found["Письма, которых ждут внимание"][:2] == ["1", "40 минут"]
    assert found["Платежи в сомнении"][:2] == ["1 на 1 234,50 ₽", "3 минуты"]
    bars = widths(page)
    assert bars["Письма, которых ждут внимание"] == "100%"
    assert bars["Платежи в сомнении"] == "60%"
    Payment.update(created_at=now - 6 * MINUTE).execute()
    assert "Отвечает ли банк?" not in told
    boss.app.extensions["cabinet.vitals"]._last = None
    assert "Отвечает ли банк?" in boss.get(URL).text_of(".alert")


def test_payments_nobody_asked_about_in_time_are_told(boss, account, now):
    alive(now)
    factories.make_payment(account, "100", now - 4 * MINUTE, ask_at=now - 2 * MINUTE)
    name = "Платежи, о которых пора спросить"
    assert rows(boss.get(URL))[name][:2] == ["0", "–"]
    Payment.update(ask_at=now - 3 * MINUTE).execute()
    boss.app.extensions["cabinet.vitals"]._last = None
    page = boss.get(URL)
    told = page.text_of(".alert")
    assert "Требуют внимания: 1" in told
    assert f"{name}. Идёт ли cabinet work?" in told
    assert "Отвечает ли банк?" in told
    assert rows(page)[f"{name} внимание"][:3] == ["1", "3 минуты", "до 2 минут"]
    assert widths(page)[f"{name} внимание"] == "100%"


def test_a_new_installation_waits_for_its_first_night(boss, db, now):
    beats.expect(now=now - 3 * HOUR)
    for part in beats.USUAL:
        beats.note(part, now=now - MINUTE)
    page = boss.get(URL)
    assert page.text_of("main h2:first-of-type") == "Всё как обычно"
    told = rows(page)
    assert told["Проверка книги"][:3] == ["", "ещё не было", "до 26 часов"]
    assert told["Копия базы"][1] == "ещё не было"
    assert "Сверка с банками" not in told
    assert told["Работник: остальное"][1] == "1 минуту назад"


def test_what_is_done_once_a_day_is_told_when_and_how(boss, db, now):
    alive(now)
    beats.note_made(beats.LEDGER, now=now - 10 * HOUR, findings=0, seconds=5)
    beats.note_made(beats.RECONCILIATION, now=now - 6 * HOUR, shops=1)
    beats.note_made(beats.BACKUP, now=now - 13 * HOUR)
    page = boss.get(URL)
    assert page.select(".alert") == []
    told = rows(page)
    assert told["Проверка книги"][:3] == [
        "0",
        "10 часов назад, шла 5 секунд",
        "до 26 часов",
    ]
    assert told["Сверка с банками"][:2] == ["", "6 часов назад"]
    assert widths(page)["Копия базы"] == "50%"


def test_what_the_night_found_is_told_at_once(boss, db, now):
    alive(now)
    beats.note_made(beats.LEDGER, now=now - HOUR, findings=3, seconds=5)
    page = boss.get(URL)
    told = page.text_of(".alert")
    assert "Требуют внимания: 1" in told
    assert "Проверка книги. cabinet ledger check назовёт, что не сходится." in told
    assert rows(page)["Проверка книги внимание"][0] == "3"


def test_a_night_that_did_not_come_to_its_end_is_told_at_once(boss, db, now):
    alive(now)
    beats.note_made(beats.LEDGER, now=now - HOUR, findings=0, seconds=5)
    beats.note_failed(beats.LEDGER, now=now, why="OperationalError")
    page = boss.get(URL)
    assert "Что он пишет в лог?" in page.text_of(".alert")
    assert rows(page)["Проверка книги внимание"][:2] == [
        "0",
        "1 час назад, шла 5 секунд",
    ]


@pytest.mark.parametrize(
    ("part", "name", "remedy"),
    [
        (beats.LEDGER, "Проверка книги", "cabinet ledger check"),
        (beats.RECONCILIATION, "Сверка с банками", "cabinet payments reconcile"),
        (beats.BACKUP, "Копия базы", "cabinet backup"),
    ],
)
@pytest.mark.parametrize("made", [True, False])
def test_a_day_without_it_is_told(boss, db, now, part, name, remedy, made):
    alive(now)
    at = now - 26 * HOUR - MINUTE
    beats.note(part, now=at, told={"made": made, "shops": 1})
    page = boss.get(URL)
    told = page.text_of(".alert")
    assert "Требуют внимания: 1" in told
    assert f"{name}. " in told
    assert remedy in told
    assert widths(page)[f"{name} внимание"] == "100%"


def test_parts_that_are_late_are_named_in_one_line(boss, db, now):
    alive(now)
    for part in (beats.SEALS, beats.SWEEP, beats.MAILBOX):
        beats.note(part, now=now - 16 * MINUTE)
    page = boss.get(URL)
    told = page.text_of(".alert")
    assert "Требуют внимания: 1" in told
    assert "Давно не было: запечатывание журнала, ящик ответов." in told
    assert rows(page)["Работник: остальное внимание"][1:3] == [
        "16 минут назад",
        "до 15 минут",
    ]


def test_every_part_has_its_word():
    assert {*state_lines.PARTS, *beats.FIRST} == set(beats.USUAL)
    assert set(state_lines.DAILY) == set(beats.DAILY)


def test_the_window_is_shown_by_branches(boss, account, meter, now):
    tver = factories.make_branch("tver", name="Тверь", window_first=25)
    factories.make_meter(factories.make_account(number="470000000001", branch=tver))
    factories.make_meter(factories.make_account(number="460000000044"))
    factories.make_reading(meter, "2026-11", (9000,))
    window_counts.count(now=now - 2 * MINUTE)
    page = boss.get(URL)
    captions = [" ".join("".join(c.itertext()).split()) for c in page.select("caption")]
    assert "Ноябрь 2026, лицевые счета; посчитано в 11:58" in captions
    assert any(each.startswith("Октябрь 2026") for each in captions)
    assert rows(page)["Курск"][:3] == ["1", "2", "50 %"]
    assert rows(page)["Тверь"][:3] == ["0", "1", "0 %"]
    assert widths(page)["Курск"] == "50%"


def test_answers_are_told_of_this_machine(boss, db, monkeypatch):
    monkeypatch.setattr(counting, "_shared", [counting.Counts()])
    assert "Запросов ещё не было." in boss.get(URL).text
    told = rows(boss.get(URL))
    assert set(told) >= {"Ответы по делу", "Отказы и опечатки в адресе", "Сбои"}
    assert told["Ответы по делу"][0] == "1"
    boss.get("/no/such/page", status=404)
    told = rows(boss.get(URL))
    assert told["Отказы и опечатки в адресе"][0] == "1"
    assert told["Ответы по делу"][0] == "2"


def test_others_have_neither_the_page_nor_its_line(app, boss, db, alice):
    assert [a for a in boss.get(URL).select("nav.menu a") if a.get("href") == URL]
    for role in ("operator", "supervisor"):
        browser = Browser(app).sign_in(
            factories.make_staff(f"{role}@example.org", role)
        )
        browser.get(URL, status=404)
        menu = browser.get("/staff/help").select("nav.menu a")
        assert URL not in {each.get("href") for each in menu}
        assert any(a.get("href") == "/staff/settings" for a in menu) is (
            role == "supervisor"
        )
    Browser(app).sign_in(alice).get(URL, status=404)
    Browser(app).get(URL, status=302)


def test_a_database_that_cannot_tell_is_said_so(boss, db, now):
    kept = boss.app.extensions["cabinet.vitals"]
    kept._ask = lambda at: Vitals(at=at, answers=True, missing=("0031_beats",))
    assert "cabinet migrate" in boss.get(URL).text_of(".alert")
    kept._last = None
    kept._ask = lambda at: Vitals(at=at, answers=False)
    assert "cabinet doctor" in boss.get(URL).text_of(".alert")


def speed(count, faults, sooner):
    return state_lines.answers_of(
        Answers(count, {"2xx": count - faults, "5xx": faults}, sooner)
    )


def test_what_is_said_of_faults_and_of_speed():
    quick = speed(2000, 2, dict.fromkeys(BOUNDS, 1990))
    assert (quick.is_well, quick.is_quick, quick.within) == (True, True, 0.005)
    slow = speed(2000, 3, {1.0: 1979, 2.5: 1980})
    assert (slow.is_well, slow.is_quick, slow.within) == (False, False, 2.5)
    assert speed(100, 0, {25.0: 98}).within is None
    assert speed(0, 0, {}).is_well


def test_spans_are_said_in_their_case():
    assert [limit(minutes * MINUTE) for minutes in (1, 2, 5, 15, 21)] == [
        "1\xa0минуты",
        "2\xa0минут",
        "5\xa0минут",
        "15\xa0минут",
        "21\xa0минуты",
    ]
    assert [limit(hours * HOUR) for hours in (1, 2, 21, 24, 26)] == [
        "1\xa0часа",
        "2\xa0часов",
        "21\xa0часа",
        "суток",
        "26\xa0часов",
    ]
    assert [seconds(each) for each in (0.005, 0.25, 1.0, 2.5, 5.0, 25.0)] == [
        "0,005\xa0секунды",
        "0,25\xa0секунды",
        "1\xa0секунду",
        "2,5\xa0секунды",
        "5\xa0секунд",
        "25\xa0секунд",
    ]
