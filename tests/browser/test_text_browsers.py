"""The journey in browsers of text: no script, no style, no picture."""

import os
import re
import shutil
import subprocess

import pytest

from cabinet.domain.energy import Energy
from cabinet.models import Meter, Reading
from cabinet.models.connection import close_database, open_database
from tests.browser.w3m import W3m

END = ("q", "y")
#: A screen on which every page is shown whole.
TALL = 200
ENTER_TWICE = ("<return>", "<return>")
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "no_proxy": "127.0.0.1"}
#: What the pages of `house()` say, spaces folded.
HISTORY = ("3 месяца", "Счётчик №", "окт 2026", "4 634", "кВт·ч")
RECEIPT = ("Квитанция за октябрь 2026", "Скачать PDF", "812,40", "Лицевой счёт")


def _program(name):
    path = shutil.which(name)
    assert path, f"install the Debian package {name}"
    return path


def _keys(*words):
    """A script of lynx: each word a key or a text typed letter by letter."""
    lines = []
    for word in words:
        is_key = word in {"Down Arrow", "Up Arrow", "<return>", "<tab>"}
        keys = [word] if is_key else list(word)
        lines += [f"key {key}" for key in keys]
    return "\n".join([*lines, ""])


def _lynx(tmp_path, url, *words, lines=24):
    script = tmp_path / "keys"
    script.write_text(_keys(*words))
    log = tmp_path / "shown"
    done = subprocess.run(
        [
            _program("lynx"),
            "-accept_all_cookies",
            "-assume_charset=utf-8",
            "-display_charset=utf-8",
            "-force_empty_hrefless_a",
            f"-cmd_script={script}",
            f"-cmd_log={log}",
            url,
        ],
        env={**ENVIRONMENT, "TERM": "xterm", "LINES": str(lines)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][0-9AB]?", "", done.stdout)


@pytest.fixture
def w3m(server, tmp_path):
    """A browser of text with the page to sign in on its screen."""
    browser = W3m(f"{server.url}/login", tmp_path)
    yield browser
    browser.close()


def test_w3m_reads_the_sign_in_page_in_order(server):
    done = subprocess.run(
        [_program("w3m"), "-dump", "-cols", "80", f"{server.url}/login"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    shown = " ".join(done.stdout.split())
    words = ["Энергосбыт", "Вход в личный кабинет", "Пароль", "Войти", "Телефон"]
    places = [shown.index(word) for word in words]
    assert places == sorted(places)
    assert "Связь прервалась" not in shown


def _taken(server, person):
    """The registers of the readings the person sent."""
    open_database(server.database_url)
    try:
        query = Reading.select(Reading.t1).join(Meter)
        own = Meter.account == person.account_id
        return [row.t1 for row in query.where(own, Reading.key.is_null(False))]
    finally:
        close_database()


def _home(person):
    """From the page of the sign-in to the home page."""
    return [
        *("<tab>", "<tab>"),
        *(person.email, "<tab>", person.password, "<tab>", "<tab>", "<return>"),
    ]


def _to_the_field(person):
    """The skip link, the company, the menu; then the first field."""
    return [*_home(person), *["<tab>"] * 7]


def test_lynx_signs_in_and_sends_a_reading_of_two_zones(server, house, tmp_path):
    person = house(zones=2)
    shown = _lynx(
        tmp_path,
        f"{server.url}/login",
        *_to_the_field(person),
        *("4772", "<tab>", "3834", "<tab>", "<return>"),
        *END,
    )
    assert "введены без ошибок" in " ".join(shown.split())
    assert _taken(server, person) == [Energy.from_kwh(4772)]


def test_lynx_answers_a_question(server, house, tmp_path):
    person = house()
    keys = [*_to_the_field(person), "9014", "<tab>", "<return>"]
    asked = _lynx(tmp_path, f"{server.url}/login", *keys, *END)
    assert "Проверьте цифры" in " ".join(asked.split())
    assert _taken(server, person) == []
    shown = _lynx(tmp_path, f"{server.url}/login", *keys, *ENTER_TWICE, *END)
    assert "введены без ошибок" in " ".join(shown.split())
    assert _taken(server, person) == [Energy.from_kwh(9014)]


def _missing(words, shown):
    folded = " ".join(shown.split())
    return [word for word in words if word not in folded]


def test_lynx_reads_the_history_and_the_receipt_of_a_month(server, house, tmp_path):
    person = house(zones=2)
    shown = _lynx(
        tmp_path,
        f"{server.url}/login",
        *_home(person),
        *(*["<tab>"] * 4, "<return>"),
        *END,
        lines=TALL,
    )
    assert _missing(HISTORY, shown) == [], shown
    shown = _lynx(
        tmp_path,
        f"{server.url}/login",
        *_home(person),
        *(*["<tab>"] * 6, "<return>"),
        # The skip link, the company, the menu; then the first receipt.
        *(*["<tab>"] * 7, "<return>"),
        *END,
        lines=TALL,
    )
    assert _missing(RECEIPT, shown) == [], shown


def test_w3m_sends_a_reading_and_reads_the_history_and_the_receipt(w3m, server, house):
    person = house(zones=2)
    w3m.type(person.email, tabs=2, prompt="TEXT:")
    w3m.type(person.password, tabs=1, prompt="Password:")
    w3m.follow("Войти", "Главная")
    w3m.type("4772", tabs=7, prompt="TEXT:")
    w3m.type("3834", tabs=1, prompt="TEXT:")
    w3m.follow("Ввести показания", "Передать показания")
    assert "Спасибо. Ваши данные были введены без ошибок" in w3m.read()
    assert _taken(server, person) == [Energy.from_kwh(4772)]
    w3m.follow("История показаний", "История показаний")
    assert _missing((*HISTORY, "4 772"), w3m.read()) == []
    w3m.follow("Распечатать квитанции", "Распечатать квитанции")
    w3m.follow("Квитанция за октябрь", "Квитанция за октябрь")
    assert _missing(RECEIPT, w3m.read()) == []
