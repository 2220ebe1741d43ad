"""Офисы и телефоны, how they are written, and the foot of every page."""

from datetime import UTC, date, datetime

import pytest

from cabinet.models import AuditEntry, Branch, Office
from tests import factories
from tests.browsing import Browser

FORM = "#office-form"
LIST = "/staff/content/offices"


@pytest.fixture
def chief(app):
    return Browser(app).sign_in(
        factories.make_staff("chief@example.org", role="supervisor")
    )


@pytest.fixture
def signed_in(browser, alice, account):
    return browser.sign_in(alice)


def write(worker, page=LIST, status=303, button=None, **fields):
    return worker.submit(
        worker.get(page),
        FORM,
        status=status,
        button=button,
        **{
            "name": "Офис на Мира",
            "address": "305000, Курск, ул. Мира, д. 1",
            "note": "вход со двора",
            "phone": "8 4712 00-00-00",
            **fields,
        },
    )


def foot(browser, url="/profile"):
    return browser.get(url).text_of("footer p")


def test_an_office_is_read_by_everybody_and_stands_at_the_foot(
    app, chief, signed_in, clock
):
    assert foot(signed_in) == "Телефон: 8 800 000-00-00 с 8:00 до 20:00. Офисы"
    # The 22nd of November is a Sunday.
    write(chief, d6="10:00-15:00")
    assert foot(signed_in).endswith("с 8:00 до 20:00. Офис сегодня 10:00–15:00")
    for visitor in (signed_in, Browser(app)):
        page = visitor.get("/offices")
        assert page.text_of("h3") == "Офис на Мира"
        assert "Сейчас открыто до 15:00" in page.text
        assert "305000, Курск, ул. Мира, д. 1, вход со двора" in page.text
        assert [link.get("href") for link in page.select("main a")][-1] == (
            "tel:+74712000000"
        )
        said = "пн–пт: 9:00–18:00, обед 13:00–14:00 сб: выходной вс: 10:00–15:00"
        assert said in page.text
    entry = AuditEntry.get(AuditEntry.action == "office.added")
    assert entry.details == {"version": 0, "starts": "2026-11-22", "ends": None}


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-23 08:59", "Сейчас закрыто, откроем сегодня в 9:00"),
        ("2026-11-23 13:30", "Сейчас обед до 14:00"),
        ("2026-11-23 17:59", "Сейчас открыто до 18:00"),
        ("2026-11-23 18:00", "Сейчас закрыто, откроем завтра в 9:00"),
        ("2026-11-27 18:00", "Сейчас закрыто, откроем 30 ноября в 9:00"),
    ],
)
def test_the_word_goes_by_the_clock_of_the_branch(app, chief, clock, at, said):
    Branch.update(time_zone="Asia/Yekaterinburg").execute()
    write(chief)
    local = datetime.strptime(at, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    clock.set(local.replace(hour=local.hour - 5))
    assert said in Browser(app).get("/offices").text.replace("\xa0", " ")


def test_an_office_that_is_closed_all_along_says_so(app, chief, signed_in):
    write(chief, **{f"d{day}": "" for day in range(7)})
    assert "Сейчас закрыто" in Browser(app).get("/offices").text
    assert foot(signed_in).endswith("Офис сегодня закрыт")


def test_another_day_beats_the_week(chief, signed_in):
    write(chief, others="22.11.2026 9:00–12:00\n 31.12.2026   выходной")
    assert foot(signed_in).endswith("Офис сегодня 9:00–12:00")
    page = signed_in.get("/offices")
    assert "31 декабря: выходной" in page.text.replace("\xa0", " ")
    kept = chief.get(f"{LIST}/{Office.get().public_id}").one("#others").text
    assert kept.split("\n")[-2:] == ["22.11.2026 9:00–12:00", "31.12.2026 выходной"]


def test_an_address_changes_from_a_day_and_is_told_before(chief, signed_in, clock):
    write(chief)
    first = Office.get()
    page = f"{LIST}/{first.public_id}/next"
    write(chief, page, address="Курск, ул. Новая, д. 2", starts="24.11.2026", d1="8-20")
    told = signed_in.get("/offices").text
    assert "С 24 ноября 2026 года" in told
    assert "ул. Новая" in told
    assert "ул. Мира" in told
    assert Office.get_by_id(first.id).ends == date(2026, 11, 23)
    clock.set(datetime(2026, 11, 24, 9, tzinfo=UTC))
    told = signed_in.get("/offices").text
    assert "ул. Мира" not in told
    assert foot(signed_in).endswith("Офис сегодня 8:00–20:00")


def test_a_move_that_is_withdrawn_leaves_the_old_address(chief, signed_in):
    write(chief)
    first = Office.get()
    page = f"{LIST}/{first.public_id}/next"
    write(chief, page, address="Новая", starts="24.11.2026")
    moved = Office.get(Office.follows == first)
    chief.submit(chief.get(LIST), f"form[action*='{moved.public_id}']", status=303)
    assert Office.get_by_id(first.id).ends is None
    assert "Новая" not in signed_in.get("/offices").text
    chief.submit(
        chief.get(LIST), f"form[action='{LIST}/{moved.public_id}/restore']", status=303
    )
    assert Office.get_by_id(first.id).ends == date(2026, 11, 23)
    write(chief, f"{LIST}/{moved.public_id}", starts="26.11.2026")
    assert Office.get_by_id(first.id).ends == date(2026, 11, 25)


@pytest.mark.parametrize("page", ["next", "move earlier"])
def test_a_move_before_the_office_itself_is_refused(chief, page):
    write(chief)
    first = Office.get()
    url = f"{LIST}/{first.public_id}/next"
    if page == "move earlier":
        write(chief, url, starts="24.11.2026")
        url = f"{LIST}/{Office.get(Office.follows == first).public_id}"
    answer = write(chief, url, 422, starts="22.11.2026", address="Иначе")
    assert "Этот день раньше" in answer.text
    assert answer.one("#address").get("value") == "Иначе"
    assert not Office.select().where(Office.address == "Иначе").exists()


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Введите название"),
        ("address", "", "Введите адрес"),
        ("phone", "нет", "Введите телефон"),
        ("position", "0", "Введите число"),
        ("d0", "с утра", "Введите часы"),
        ("d0", "18:00-9:00", "Введите часы"),
        ("d0", "9:00-18:00, обед 19:00-20:00", "Введите часы"),
        ("d0", "9:70-18:00", "Введите часы"),
        ("others", "завтра 9-12", "Не понятно: «завтра 9-12»"),
        ("others", "31.12.2026 утром", "Введите дату и часы"),
        ("others", "31.12.2026\n31.12.2026 9-12", "два раза"),
        ("starts", "когда-нибудь", "Введите дату"),
        ("ends", "потом", "Введите дату"),
        ("ends", "01.01.2020", "раньше первой"),
    ],
)
def test_what_is_not_understood_is_told_at_its_field(chief, field, typed, said):
    answer = write(chief, status=422, **{field: typed})
    assert said in answer.text_of(f"#{field}-e")
    assert (
        answer.one(f"#{field}").get("value") or answer.one(f"#{field}").text or ""
    ).strip() == typed
    assert not Office.select().exists()


def test_more_days_than_anybody_needs_are_refused(chief):
    answer = write(chief, status=422, others="\n".join(["31.12.2026 9-12"] * 61))
    assert "больше 60 дней" in answer.text


def test_looking_keeps_nothing(chief):
    answer = write(chief, status=200, button=("look", "1"))
    assert "Так увидит клиент" in answer.text
    assert answer.text_of(".box h3") == "Офис на Мира"
    assert not Office.select().exists()
    write(chief)
    known = Office.get()
    for url in (f"{LIST}/{known.public_id}", f"{LIST}/{known.public_id}/next"):
        answer = write(
            chief, url, 200, ("look", "1"), name="Иначе", starts="24.11.2026"
        )
        assert answer.text_of(".box h3") == "Иначе"
    assert Office.get().name == "Офис на Мира"


def test_a_form_sent_twice_makes_one_office(chief):
    page = chief.get(LIST)
    for _ in range(2):
        chief.submit(page, FORM, name="Один", address="Там", status=303)
    assert Office.select().count() == 1


def test_who_was_slower_sees_it_and_keeps_the_text(chief):
    write(chief)
    url = f"{LIST}/{Office.get().public_id}"
    page = chief.get(url)
    chief.submit(page, FORM, name="Первый", status=303)
    answer = chief.submit(page, FORM, name="Второй", status=409)
    assert "офис изменили" in answer.text
    assert answer.one("#name").get("value") == "Второй"
    chief.submit(answer, FORM, status=303)
    assert Office.get().name == "Второй"


def test_a_pages_foot_asks_the_database_for_the_offices_once(chief, signed_in, asked):
    write(chief)
    foot(signed_in)
    asked.clear()
    foot(signed_in)
    assert not any('"office"' in sql for sql, _ in asked)


def test_every_page_of_a_customer_ends_with_it(app, signed_in, meter):
    """But the one without a connection, which is the same for everybody."""
    contacts = "Телефон: 8 800 000-00-00 с 8:00 до 20:00. Офисы"
    seen = 0
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.arguments or rule.rule == "/offline":
            continue
        answer = signed_in.client.get(rule.build({})[1])
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        assert foot(signed_in, rule.build({})[1]) == contacts, rule
        seen += 1
    assert seen > 30


def test_the_branch_of_the_account_comes_first(signed_in):
    factories.make_branch("anapa", name="Анапа")
    headings = [one.text for one in signed_in.get("/offices").select("h2")]
    assert headings == ["Курск", "Анапа"]
    headings = [one.text for one in Browser(signed_in.app).get("/offices").select("h2")]
    assert headings == ["Анапа", "Курск"]


def test_an_office_moved_to_another_branch_leaves_the_first(app, signed_in):
    factories.make_branch("anapa", name="Анапа")
    admin = Browser(app).sign_in(
        factories.make_staff("root@example.org", role="admin", branches=())
    )
    write(admin, branch="kursk")
    foot(signed_in)
    first = Office.get()
    write(admin, f"{LIST}/{first.public_id}/next", starts="24.11.2026")
    moved = Office.get(Office.follows == first)
    write(admin, f"{LIST}/{moved.public_id}", branch="anapa", starts="24.11.2026")
    assert Office.get_by_id(first.id).ends is None
    assert Office.get_by_id(moved.id).follows_id is None
    write(admin, f"{LIST}/{first.public_id}", branch="anapa", starts="22.11.2026")
    assert foot(signed_in).endswith(". Офисы")


def test_a_move_that_no_longer_fits_is_not_restored(chief):
    write(chief)
    first = Office.get()
    write(chief, f"{LIST}/{first.public_id}/next", starts="24.11.2026")
    moved = Office.get(Office.follows == first)
    act = f"form[action='{LIST}/{moved.public_id}/"
    chief.submit(chief.get(LIST), f"{act}withdraw']", status=303)
    write(chief, f"{LIST}/{first.public_id}", starts="30.11.2026")
    page = chief.submit(chief.get(LIST), f"{act}restore']", status=409)
    assert "Этот день раньше" in page.text
    assert Office.get_by_id(moved.id).withdrawn_at is not None


def test_an_operator_reads_what_customers_read(app):
    page = Browser(app).sign_in(factories.make_staff()).get("/staff/content")
    links = [link.get("href") for link in page.select("main a")]
    assert links == ["#main", "/news", "/offices", "/documents"][1:]
