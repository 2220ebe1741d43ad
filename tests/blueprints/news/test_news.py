"""Новости и льготы, and how they are written."""

from datetime import date

import pytest

from cabinet.models import Announcement, AuditEntry
from tests import factories
from tests.browsing import Browser

TEXT = (
    "Отключим **свет** на улице Ленина.\n\n- с 9 до 12\n- [позвоните](tel:88000000000)"
)


BENEFITS = "/staff/announcements/benefits"


@pytest.fixture
def chief(app):
    return Browser(app).sign_in(
        factories.make_staff("chief@example.org", role="supervisor")
    )


@pytest.fixture
def admin(app):
    return Browser(app).sign_in(
        factories.make_staff("root@example.org", role="admin", branches=())
    )


@pytest.fixture
def signed_in(browser, alice, account):
    return browser.sign_in(alice)


def write(worker, **fields):
    page = worker.get("/staff/announcements")
    return worker.submit(
        page,
        "#announcement-form",
        **{
            "kind": "outage",
            "branch": "kursk",
            "title": "Отключение 25 ноября",
            "text": TEXT,
            "starts": "20.11.2026",
            "ends": "25.11.2026",
            **fields,
        },
    )


def test_what_is_written_is_read_at_home_and_among_the_news(chief, signed_in):
    write(chief)
    home = signed_in.get("/")
    assert "Плановое отключение: Отключение 25 ноября" in home.text
    page = signed_in.get("/news")
    assert "Плановое отключение , с 20 ноября по 25 ноября" in page.text
    page = signed_in.get(page.one("#main .rows a").get("href"))
    assert page.one("#main strong").text == "свет"
    assert page.one("#main li a").get("href") == "tel:88000000000"
    assert AuditEntry.get(AuditEntry.action == "announcement.added").details == {
        "version": 0,
        "starts": "2026-11-20",
        "ends": "2026-11-25",
    }


@pytest.mark.parametrize(
    ("starts", "ends", "is_shown"),
    [
        ("23.11.2026", "", False),
        ("22.11.2026", "22.11.2026", True),
        ("01.11.2026", "21.11.2026", False),
        ("01.11.2026", "", True),
    ],
)
def test_it_is_shown_from_its_first_day_to_its_last(
    chief, signed_in, starts, ends, is_shown
):
    write(chief, starts=starts, ends=ends)
    assert ("Отключение" in signed_in.get("/").text) is is_shown
    assert ("Отключение" in signed_in.get("/news").text) is is_shown
    url = f"/news/{Announcement.get().public_id}"
    signed_in.get(url, status=200 if is_shown else 404)


def test_another_branch_is_not_told(chief, app, account):
    write(chief)
    tver = factories.make_branch("tver", name="Тверь")
    other = factories.make_account("460000000077", tver)
    zoe = factories.make_customer("zoe@example.org")
    factories.give_access(zoe, other)
    hers = Browser(app).sign_in(zoe)
    assert "Отключение" not in hers.get("/").text
    assert "Объявлений сейчас нет." in hers.get("/news").text


def test_who_has_not_signed_in_reads_of_every_branch(chief, browser, db):
    write(chief, kind="news", title="Приём по записи")
    page = browser.get("/news")
    assert "Приём по записи" in page.text
    assert "Курск" in page.text


def test_news_are_not_at_home(chief, signed_in):
    write(chief, kind="news")
    assert "Отключение" not in signed_in.get("/").text
    assert "Отключение" in signed_in.get("/news").text


def test_for_all_branches_only_an_admin_writes(chief, admin, signed_in):
    write(chief, branch="", status=404)
    assert not Announcement.select().exists()
    write(admin, branch="")
    assert "Отключение" in signed_in.get("/").text
    page = chief.get("/staff/announcements")
    assert not page.select(".rows a")
    url = f"/staff/announcements/{Announcement.get().public_id}"
    assert "меняет администратор" in chief.get(url).text
    chief.get("/staff/announcements/00000000-0000-4000-8000-000000000000", status=404)


def test_operators_write_none(app, db):
    worker = Browser(app).sign_in(factories.make_staff())
    worker.get("/staff/announcements", status=404)


def test_a_look_writes_nothing(chief):
    page = write(chief, button=("look", "1"), status=200)
    assert page.one(".box strong").text == "свет"
    assert page.one("#text").text.strip() == TEXT
    assert not Announcement.select().exists()


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("title", "", "Введите заголовок"),
        ("title", "я" * 161, "Здесь больше 160 знаков"),
        ("text", "", "Напишите текст"),
        ("starts", "вчера", "Введите дату"),
        ("ends", "31.02.2026", "Введите дату"),
        ("ends", "19.11.2026", "Эта дата раньше первой"),
        ("kind", "gossip", "Выберите, о чём объявление"),
    ],
)
def test_what_is_wrong_is_told_at_the_field_and_nothing_is_lost(
    chief, field, value, fault
):
    page = write(chief, **{field: value}, status=422)
    assert fault in page.text_of(f"#{field}-e")
    if field != "text":
        assert page.one("#text").text.strip() == TEXT
    assert not Announcement.select().exists()


def test_sent_twice_it_is_one(chief):
    page = chief.get("/staff/announcements")
    for _ in range(2):
        chief.submit(
            page,
            "#announcement-form",
            branch="kursk",
            title="А",
            text="Б",
            starts="22.11.2026",
        )
    assert Announcement.select().count() == 1


def test_it_is_changed_withdrawn_and_shown_again(chief, signed_in):
    write(chief)
    url = f"/staff/announcements/{Announcement.get().public_id}"
    page = chief.get(url)
    assert page.one("#starts").get("value") == "20.11.2026"
    chief.submit(page, "#announcement-form", title="Отключение перенесли", ends="")
    assert "Отключение перенесли" in signed_in.get("/").text
    assert Announcement.get().ends is None
    page = chief.get("/staff/announcements")
    page = chief.submit(page, "form[action$='/withdraw']")
    assert "убрано" in page.text
    assert "Отключение" not in signed_in.get("/").text
    chief.submit(page, "form[action$='/restore']")
    assert "Отключение перенесли" in signed_in.get("/").text


def test_of_two_who_change_it_the_second_is_told_and_keeps_the_text(chief, admin):
    write(chief)
    url = f"/staff/announcements/{Announcement.get().public_id}"
    mine, others = chief.get(url), admin.get(url)
    admin.submit(others, "#announcement-form", title="Раз")
    told = chief.submit(mine, "#announcement-form", title="Два", status=409)
    assert "объявление изменили" in told.text
    assert told.one("#title").get("value") == "Два"
    chief.submit(told, "#announcement-form")
    assert Announcement.get().title == "Два"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://evil.example/x.png)",
        "<img src=x onerror=alert(1)>",
        "[x](//evil.example)",
        "[x](/\\evil.example)",
    ],
)
def test_a_text_runs_nothing_and_leads_nowhere_else(chief, signed_in, text):
    write(chief, text=text)
    page = signed_in.get(f"/news/{Announcement.get().public_id}")
    main = page.one("#main")
    assert not main.xpath(".//script[not(@src)]|.//img|.//*[@onerror]")
    hrefs = [link.get("href") or "" for link in main.xpath(".//a")]
    assert all(href.startswith(("/", "tel:")) for href in hrefs if href)
    assert not any(href.startswith("//") for href in hrefs)


def test_what_is_over_stays_on_the_list_of_staff(chief):
    write(chief, starts="01.11.2026", ends="21.11.2026")
    assert "срок прошёл" in chief.get("/staff/announcements").text
    assert Announcement.get().ends == date(2026, 11, 21)


def write_benefit(worker, status=303, page=BENEFITS, button=None, **fields):
    return worker.submit(
        worker.get(page),
        "#announcement-form",
        status=status,
        button=button,
        **{
            "title": "Ветераны труда",
            "whom": "Ветеранам труда и **тем**, кто живёт с ними.",
            "papers": "- Паспорт\n- Удостоверение",
            "law": "Закон 5-ФЗ о ветеранах, статья 22",
            "starts": "20.11.2026",
            **fields,
        },
    )


def test_a_benefit_says_whom_it_is_for_what_it_takes_and_which_law_has_it(
    chief, signed_in
):
    shown = write_benefit(chief)
    assert shown.url == BENEFITS
    page = signed_in.get("/news")
    assert "Льготы , с 20 ноября" in page.text
    page = signed_in.get(page.one("#main .rows a").get("href"))
    headings = [one.text for one in page.select("h2")]
    assert headings == ["Кому положена", "Что нужно", "Основание"]
    assert page.one("#main strong").text == "тем"
    assert [one.text for one in page.select("#main li")] == ["Паспорт", "Удостоверение"]
    assert "статья 22" in page.text
    assert "Ветераны" not in chief.get("/staff/announcements").text


def test_a_benefit_is_changed_withdrawn_and_shown_again(chief, signed_in):
    write_benefit(chief)
    known = Announcement.get()
    url = f"/staff/announcements/{known.public_id}"
    page = chief.get(url)
    assert page.one("#papers").text.strip() == "- Паспорт\n- Удостоверение"
    shown = write_benefit(chief, page=url, law="Закон 181-ФЗ")
    assert shown.url == BENEFITS
    assert "181-ФЗ" in signed_in.get(f"/news/{known.public_id}").text
    for act, status in (("withdraw", 404), ("restore", 200)):
        page = chief.submit(
            chief.get(BENEFITS), f"form[action='{url}/{act}']", status=303
        )
        assert page.url == BENEFITS
        signed_in.get(f"/news/{known.public_id}", status=status)


@pytest.mark.parametrize("field", ["title", "whom", "papers", "law"])
def test_a_benefit_without_its_conditions_is_refused(chief, field):
    page = write_benefit(chief, 422, **{field: " "})
    assert page.select(f"#{field}-e")
    assert not Announcement.select().exists()


def test_how_a_benefit_will_look_keeps_nothing(chief):
    page = write_benefit(chief, 200, button=("look", "1"))
    assert "Что нужно" in page.text_of(".box.ok")
    assert not Announcement.select().exists()
