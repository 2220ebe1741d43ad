import gzip
from datetime import date

import pytest

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.period import Month
from cabinet.models import AccountAccess
from tests.browsing import Browser
from tests.factories import (
    give_access,
    make_account,
    make_bill,
    make_meter,
    make_ranges,
    make_rates,
    make_reading,
)

KB = 1024


def said(page):
    """The words of the report as a person reads them."""
    return " ".join("".join(page.one("#report").itertext()).split())


def bars(page):
    """The widths of this year's bars."""
    found = page.tree.xpath(".//*[local-name()='rect'][@class='now']")
    return [bar.get("width") for bar in found]


def test_it_works(signed_in, year):
    page = signed_in.get("/history")
    assert page.text_of("#report h2") == "10 месяцев: 1 055 кВт·ч"
    assert "По квитанциям за 10 месяцев: 5 000,00 ₽" in page.text
    assert "Счётчик № 10834547, Энергомера СЕ101" in page.text_of("caption")
    rows = page.select("#report tbody tr")
    assert len(rows) == 10
    words = " ".join("".join(rows[0].itertext()).split())
    assert words.startswith("окт 2026")
    assert "22 октября, личный кабинет" in words
    assert "Учтено в квитанции за октябрь" in words
    assert [cell.get("data-l") for cell in rows[0].cssselect("td")[:2]] == [
        "Показание",
        "Расход",
    ]
    assert page.one("#first").get("value") == "01.11.2025"
    assert page.one("#last").get("value") == "31.10.2026"
    assert page.select("a[aria-current]")[0].text == "История показаний"


def test_every_row_has_a_bar(signed_in, year):
    page = signed_in.get("/history")
    widths = bars(page)
    assert widths[0] == "100%"
    assert len(widths) == 10
    assert widths == sorted(widths, key=lambda width: -int(width[:-1]))


@pytest.mark.parametrize(
    "address",
    [
        "/history",
        "/history?months=3",
        "/history?months=all",
        "/history?first=01.02.2026&last=2026-03-15",
        "/history?first=2020-01-01&last=2020-02-01",
    ],
)
def test_the_fragment_is_its_part_of_the_page(signed_in, year, address):
    page = signed_in.get(address)
    fragment = signed_in.get(address, htmx=True)
    assert fragment.title == "История показаний"
    assert fragment.element("#report") == page.element("#report")


def test_it_works_without_htmx(signed_in, year):
    page = signed_in.get("/history")
    page = signed_in.submit(page, "#period", first="01.02.26", last="30 . 04 . 2026")
    assert page.text_of("#report h2") == "3 месяца: 309 кВт·ч"
    assert page.one("#first").get("value") == "01.02.2026"
    assert page.one("#last").get("value") == "30.04.2026"


def test_it_works_with_htmx_and_the_address_opens_as_a_page(signed_in, year):
    page = signed_in.get("/history")
    form = page.one("#period")
    assert form.get("data-hx-push-url") == "true"
    assert form.get("data-hx-target") == "#report"
    assert form.get("data-hx-sync") == "this:replace"
    fragment = signed_in.submit(
        page, "#period", htmx=True, first="2026-02-01", last="2026-04-30"
    )
    again = signed_in.get(fragment.url)
    assert again.element("#report") == fragment.element("#report")
    assert again.select("h1")


def test_presets_come_first_and_the_chosen_one_is_no_link(signed_in, year):
    page = signed_in.get("/history?months=6")
    assert page.text_of("#report > p:first-child") == (
        "Показать за: 3 месяца , полгода , год , всё время"
    )
    links = page.select("#report > p:first-child a")
    assert [link.get("href") for link in links] == [
        "/history?months=3",
        "/history?months=12",
        "/history?months=all",
    ]
    for link in links:
        assert link.get("data-hx-get") == link.get("href")
    assert page.text_of("#report h2") == "6 месяцев: 645 кВт·ч"


@pytest.mark.parametrize("word", ["", "7", "-3", "ALL", "999999999999"])
def test_an_unknown_preset_is_the_year(signed_in, year, word):
    page = signed_in.get(f"/history?months={word}")
    assert page.one("#report > p:first-child b").text == "год"


BEGIN = "Введите дату начала, например 01.05.2026"
END = "Введите дату окончания, например 31.05.2026"


@pytest.mark.parametrize(
    ("first", "last", "faults"),
    [
        ("", "", [BEGIN, END]),
        ("31.02.2026", "2026-03-01", [BEGIN]),
        ("01.03.2026", "завтра", [END]),
        ("00.00.0000", "2026-13-01", [BEGIN, END]),
        ("2026-03-02", "01.03.2026", ["Дата окончания раньше даты начала"]),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_bad_days_are_422_and_stay_as_typed(signed_in, year, first, last, faults, htmx):
    page = signed_in.get(f"/history?first={first}&last={last}", htmx=htmx, status=422)
    assert page.title.startswith("Ошибка: История показаний")
    assert [link.text for link in page.select("#report .alert a")] == faults
    for fault in faults:
        assert f"Ошибка: {fault}" in page.text
    invalid = page.select("input[aria-invalid=true]")
    assert len(invalid) == len(faults)
    for field in invalid:
        notes = page.one(f"#{field.get('aria-describedby')}")
        assert notes.text.removeprefix("Ошибка: ") in faults
    kept = [page.one(field).get("value") for field in ("#first", "#last")]
    assert kept == [_in_russian(first), _in_russian(last)]
    assert not page.select("table")


def _in_russian(typed):
    """What was understood is shown as Russians write it, the rest as it was."""
    return {"2026-03-01": "01.03.2026", "2026-03-02": "02.03.2026"}.get(typed, typed)


def test_one_day_without_the_other_asks_for_it(signed_in):
    page = signed_in.get("/history?last=2026-05-01", status=422)
    assert BEGIN in page.text
    assert END not in page.text


def test_what_was_typed_is_shown_as_text_and_not_in_full(signed_in):
    page = signed_in.get(f"/history?first=<b>{'x' * 500}&last=", status=422)
    assert page.one("#first").get("value") == "<b>" + "x" * 37


@pytest.mark.parametrize("days", ["0001-01-01", "9999-12-31"])
def test_days_at_the_ends_of_the_calendar_do_no_harm(signed_in, year, days):
    page = signed_in.get(f"/history?first={days}&last={days}")
    assert page.text_of("#report h2") == "За этот период показаний нет"


@pytest.mark.parametrize("till", ["", "2026", "9999-99", "0001-01", "2099-01", "x"])
def test_a_strange_page_of_the_table_is_one_of_its_pages(signed_in, year, till):
    assert signed_in.get(f"/history?till={till}").select("table")


def test_long_periods_are_shown_a_year_at_a_time(signed_in, account):
    meter = make_meter(account, opening=1000, opening_on=date(2024, 12, 31))
    month = Month(2025, 1)
    for step in range(22):
        make_reading(meter, str(month.plus(step)), (1100 + 100 * step,))
    page = signed_in.get("/history?months=all")
    assert page.text_of("#report h2") == "22 месяца: 2 200 кВт·ч"
    assert len(page.select("#report tbody tr")) == 12
    more = page.select("a[href*=till]")[0]
    assert more.text == "Показать ещё 10\xa0месяцев"
    assert "В таблице ноябрь 2025 – октябрь 2026." in page.text
    page = signed_in.get(more.get("href"))
    assert len(page.select("#report tbody tr")) == 10
    assert page.text_of("#report h2") == "22 месяца: 2 200 кВт·ч"
    assert not page.select("a[href*=till]")


def test_the_year_before_stands_beside(signed_in, account):
    meter = make_meter(account, opening=1000, opening_on=date(2025, 8, 31))
    for month, value in (
        ("2025-09", 1100),
        ("2025-10", 1300),
        ("2026-08", 2000),
        ("2026-09", 2090),
        ("2026-10", 2310),
    ):
        make_reading(meter, month, (value,))
    page = signed_in.get("/history?months=3")
    assert "теперь 310 кВт·ч, год назад 300 кВт·ч." in said(page)
    assert "За 2 месяца можно сравнить:" in said(page)
    cells = page.select("td[data-l='Год назад']")
    assert [cell.text for cell in cells] == ["200", "100"]
    page = signed_in.get("/history?first=2026-09-01&last=2026-10-31")
    assert "Год назад 300 кВт·ч." in said(page)


def test_each_state_has_its_words(signed_in, account, meter):
    states = (
        ("2026-04", ReadingState.ACCEPTED, {"source": ReadingSource.CASH_DESK}),
        ("2026-05", ReadingState.COUNTED, {"counted_in": Month(2026, 6)}),
        ("2026-06", ReadingState.COUNTED, {"source": ReadingSource.ESTIMATE}),
        ("2026-07", ReadingState.REJECTED, {"reason": "Не видно цифр"}),
        ("2026-08", ReadingState.REJECTED, {"reason": "lower"}),
        ("2026-09", ReadingState.NEEDS_REVIEW, {}),
        ("2026-11", ReadingState.SUBMITTED, {}),
    )
    for step, (month, state, more) in enumerate(states, start=1):
        make_reading(meter, month, (4000 + step,), state=state, **more)
    make_bill(account, "2026-10", basis=ChargeBasis.AVERAGE, volume=Energy.from_kwh(95))
    page = signed_in.get("/history")
    told = [list(note.itertext()) for note in page.select("#report small")][1:]
    later = "Расход вошёл в\xa0показание за\xa0ноябрь"
    anew = "Передать ещё раз"
    assert told == [
        ["22\xa0ноября, личный кабинет", "Передано", "Расход за\xa0июнь\xa0– ноябрь"],
        ["Нет показаний", "Начислено по среднему 95\xa0кВт·ч", later],
        ["22\xa0сентября, личный кабинет", "На проверке, в сумму не входит", later],
        ["22\xa0августа, личный кабинет", "Возвращено: меньше прошлого", later, anew],
        ["22\xa0июля, личный кабинет", "Возвращено: не видно цифр", later, anew],
        ["22\xa0июня, расчётное", "Учтено в\xa0квитанции", later],
        ["22\xa0мая, личный кабинет", "Учтено в\xa0квитанции за\xa0июнь"],
        ["22\xa0апреля, касса", "Принято", "Расход за\xa0январь\xa0– апрель"],
    ]
    assert "На проверке 1 показание, в сумму не входит." in page.text


def test_three_zones_stand_under_their_month(signed_in, account):
    meter = make_meter(account, zones=3, opening=(100, 200, 300))
    make_reading(meter, "2026-09", (110, 230, 360))
    make_reading(meter, "2026-10", (150, 330, 460))
    page = signed_in.get("/history?months=3")
    months = [group.cssselect("th")[0] for group in page.select("#report tbody")]
    assert [" ".join("".join(m.itertext()).split()) for m in months] == [
        "окт 2026: 240 кВт·ч",
        "сен 2026: 100 кВт·ч",
    ]
    zones = page.select("#report tbody:nth-of-type(1) th[scope=row]")
    assert [zone.text for zone in zones] == ["Пик (Т1)", "Ночь (Т2)", "Полупик (Т3)"]
    used = page.select("#report tbody:nth-of-type(1) td[data-l='Расход']")
    assert [cell.text for cell in used] == ["40", "100", "100"]
    assert len(bars(page)) == 6


def test_two_meters_have_a_table_each(signed_in, account):
    old = make_meter(
        account,
        serial="OLD",
        removed_on=date(2026, 7, 14),
        closing_t1=Energy.from_kwh(4150),
    )
    new = make_meter(account, serial="NEW", opening=0, opening_on=date(2026, 7, 14))
    make_reading(old, "2026-06", (4100,))
    make_reading(new, "2026-07", (30,))
    page = signed_in.get("/history?first=2026-06-01&last=2026-07-31")
    captions = ["".join(each.itertext()) for each in page.select("caption")]
    assert captions[0].startswith("Счётчик № NEW")
    assert captions[1] == "Счётчик № OLD, Энергомера СЕ101, снят 14.07.2026."
    assert "Всего за месяц 80 кВт·ч" in page.text
    assert "14 июля, счётчик снят Последнее показание" in page.text
    assert page.text_of("#report h2") == "2 месяца: 180 кВт·ч"


def test_a_roll_over_and_a_ratio_are_told(signed_in, account):
    meter = make_meter(account, opening=99_986, ratio=20)
    make_reading(meter, "2026-10", (11,))
    page = signed_in.get("/history")
    assert "Счётчик перешёл через ноль" in page.text
    assert "Разница показаний умножается на 20." in page.text
    assert "500 кВт·ч" in page.text_of("#report h2")


def test_empty_pages_say_what_to_do(signed_in, account):
    page = signed_in.get("/history")
    assert "По этому адресу счётчик не записан. Начисляем по нормативу." in page.text
    link = page.one("#report a[href='/requests']")
    assert link.text == "Записать счётчик"
    assert signed_in.get(link.get("href")).one("[value=connection]") is not None
    meter = make_meter(account)
    page = signed_in.get("/history")
    assert page.text_of("#report h2") == "Показаний ещё не было"
    assert page.one("#report a[href='/readings']").text == "Передать показания"
    make_reading(meter, "2026-01", (4100,))
    page = signed_in.get("/history?first=2020-01-01&last=2020-12-31")
    assert "Первое показание передано в январе 2026 года." in page.text
    page.one("#report p a[href='/history?months=all']:not([data-hx-get])")


def test_nothing_from_before_the_access_is_shown(signed_in, year):
    AccountAccess.update(since=date(2026, 9, 1)).execute()
    page = signed_in.get("/history?months=all")
    assert page.text_of("#report h2") == "2 месяца: 110 кВт·ч"
    assert "4 836" not in page.text
    assert "109" not in page.text_of("table")


def test_a_delegate_who_sends_readings_finds_no_history(browser, bob, year):
    browser.sign_in(bob)
    page = browser.get("/readings")
    assert not page.select("a[href='/history']")
    missing = browser.get("/nothing", status=404).html
    for address in ("/history", "/history.csv", "/history?first=x&last=y"):
        assert browser.get(address, status=404).html == missing
        browser.get(address, htmx=True, status=404, check=False)


def test_a_stranger_sees_his_own(app, charlie, year):
    page = Browser(app).sign_in(charlie).get("/history?months=all")
    assert page.text_of("#report h2") == "Показаний ещё не было"


def test_the_chosen_account_is_shown(signed_in, alice, year):
    other = make_account(number="460000000002")
    give_access(alice, other, slug="dacha", label="Дача")
    make_reading(make_meter(other, serial="77"), "2026-10", (4001,))
    page = signed_in.get("/history")
    page = signed_in.submit(page, "form.switch", account="dacha")
    assert "Счётчик № 77" in signed_in.get("/history").text


def test_staff_have_no_history_of_their_own(browser, db):
    from tests.factories import make_staff

    browser.sign_in(make_staff())
    browser.get("/history", status=404, check=False)


def test_a_year_weighs_little(signed_in, account):
    meter = make_meter(account, opening=1000, opening_on=date(2024, 9, 30))
    month = Month(2024, 10)
    for step in range(25):
        period = month.plus(step)
        value = 1000 + (step + 1) * 137 + step * step % 29
        make_reading(meter, str(period), (value,), counted_in=period)
        make_bill(account, str(period))
    page = signed_in.get("/history")
    fragment = signed_in.get("/history", htmx=True)
    assert len(fragment.select("tbody tr")) == 12
    assert len(gzip.compress(fragment.body, 9)) <= 3 * KB
    assert len(gzip.compress(page.body, 9)) <= 4 * KB
    assert len(page.select("*")) <= 300


def test_a_year_of_three_zones_weighs_enough_for_a_phone(signed_in, account):
    meter = make_meter(
        account, zones=3, opening=(100, 200, 300), opening_on=date(2024, 10, 31)
    )
    month = Month(2024, 11)
    for step in range(24):
        values = (100 + step * 97, 200 + step * 31, 300 + step * 53)
        make_reading(meter, str(month.plus(step)), values)
    page = signed_in.get("/history")
    assert len(page.select("*")) <= 600
    assert len(gzip.compress(page.body, 9)) <= 4 * KB


def test_the_forecast_says_what_it_stands_on(signed_in, year):
    make_ranges((100, 6000))
    make_rates()
    page = signed_in.get("/history")
    # 108, 109 and 110: 100 at 5.87 and 9 at 8.00 are 659 roubles.
    assert (
        "Прогноз на ноябрь: около 109 кВт·ч , примерно 660 ₽ ."
        " Считаем по трём последним месяцам. Часть выйдет за первый диапазон,"
    ) in page.text


def test_without_prices_the_forecast_has_no_sum(signed_in, year):
    page = signed_in.get("/history")
    assert "около 109 кВт·ч . Считаем" in page.text


def test_earlier_months_have_no_forecast(signed_in, year):
    page = signed_in.get("/history?months=all&till=2026-03")
    assert "Прогноз" not in page.text
