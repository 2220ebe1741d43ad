"""Letters about requests for work on a meter, as they are read."""

import pytest

from tests.mailing.test_compose import read  # noqa: F401 - a fixture

LINK = "https://lk.example.ru/requests/1"
CONTEXT = {
    "number": 12,
    "kind": "replacement",
    "act": "asked",
    "due_on": "2026-11-25",
    "day": None,
    "hours": "any",
    "reason": "",
    "note": "",
    "paper": "",
    "link": LINK,
}


@pytest.mark.parametrize(
    ("values", "subject", "words"),
    [
        (
            {},
            "Заявка 12: принята",
            "Назначим день до 25 ноября и напишем вам.",
        ),
        (
            {"kind": "dispute"},
            "Заявка 12: принята",
            "Специалист ответит до 25 ноября.",
        ),
        (
            {"act": "changed"},
            "Заявка 12: удобные дни записаны",
            "Назначим день до 25 ноября и напишем вам.",
        ),
        (
            {"act": "planned", "day": "2026-12-03", "hours": "morning"},
            "Заявка 12: назначен день: 3 декабря, с 9 до 13",
            "Специалист придёт 3 декабря, с 9 до 13. Будьте дома.",
        ),
        (
            {"act": "moved", "day": "2026-12-04", "hours": "evening"},
            "Заявка 12: день изменён: 4 декабря, с 17 до 20",
            "Специалист придёт 4 декабря, с 17 до 20. Будьте дома.",
        ),
        (
            {"act": "missed", "reason": "nobody-home"},
            "Заявка 12: не смогли выполнить",
            "Никого не было дома. Назначим новый день до 25 ноября.",
        ),
        (
            {"act": "refused", "reason": "not-needed", "note": "До 2031 года."},
            "Заявка 12: отказ",
            "Причина: работа не нужна: счётчик исправен.",
        ),
        (
            {"act": "done", "paper": "17", "note": "Пломба 4455"},
            "Заявка 12: выполнена",
            "Номер акта: 17.",
        ),
        ({"act": "cancelled"}, "Заявка 12: отменена", "Замена счётчика."),
    ],
)
def test_each_step_is_told(read, values, subject, words):  # noqa: F811 - the fixture
    context = CONTEXT | values
    said, text, html = read("request_changed", context)
    assert said == subject
    plain = text.replace("\u00a0", " ")
    assert words in " ".join(plain.split())
    assert context["note"] in plain
    assert context["note"] in html
    assert LINK in text
    assert f'href="{LINK}"' in html
    assert "\n\n\n" not in text
