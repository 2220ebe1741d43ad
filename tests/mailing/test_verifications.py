"""The letter about a verification that ends, as it is read."""

import pytest

from tests.mailing.test_compose import read  # noqa: F401 - a fixture

LINK = "https://lk.example.ru/requests"
CONTEXT = {
    "account": "460000000001",
    "label": "Дача",
    "serial": "12345678",
    "place": "гараж",
    "until": "2026-12-22",
    "today": "2026-11-22",
    "link": LINK,
}


@pytest.mark.parametrize(
    ("today", "subject", "words"),
    [
        (
            "2026-11-22",
            "Поверка счётчика кончается 22 декабря",
            "Осталось 30 дней. Потом начислим по среднему",
        ),
        (
            "2026-12-21",
            "Поверка счётчика кончается 22 декабря",
            "Осталось 1 день.",
        ),
        (
            "2026-12-22",
            "Поверка счётчика кончается 22 декабря",
            "Сегодня последний день.",
        ),
        (
            "2026-12-23",
            "Поверка счётчика кончилась 22 декабря",
            "Начисляем по среднему, пока счётчик не поверят или не заменят.",
        ),
    ],
)
def test_it_tells_what_is_so_on_its_day(read, today, subject, words):  # noqa: F811
    told, text, html = read("verification_ends", CONTEXT | {"today": today})
    assert told == subject
    for body in (text, html.replace("&nbsp;", " ").replace("\u00a0", " ")):
        assert words in body
        assert "12345678, гараж" in body
        assert LINK in body


def test_a_meter_without_a_place_has_no_comma(read):  # noqa: F811
    _, text, _ = read("verification_ends", CONTEXT | {"place": "", "label": ""})
    assert "Счётчик: № 12345678" in text.splitlines()
    assert "()" not in text
