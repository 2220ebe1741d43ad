"""The journey in browsers of text: no script, no style, no picture."""

import os
import re
import shutil
import subprocess

from cabinet.domain.energy import Energy
from cabinet.models import Meter, Reading
from cabinet.models.connection import close_database, open_database

ENTER_TWICE = ("<return>", "<return>")
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "no_proxy": "127.0.0.1"}


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


def _lynx(tmp_path, url, *words):
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
        env={**ENVIRONMENT, "TERM": "xterm"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][0-9AB]?", "", done.stdout)


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


def _to_the_field(person):
    """From the page of the sign-in to the first field on the home page."""
    return [
        *("<tab>", "<tab>"),
        *(person.email, "<tab>", person.password, "<tab>", "<tab>", "<return>"),
        # The skip link, the company, the menu; then the first field.
        *["<tab>"] * 8,
    ]


def test_lynx_signs_in_and_sends_a_reading_of_two_zones(server, house, tmp_path):
    person = house(zones=2)
    shown = _lynx(
        tmp_path,
        f"{server.url}/login",
        *_to_the_field(person),
        *("4772", "<tab>", "3834", "<tab>", "<return>"),
        *("q", "y"),
    )
    assert "введены без ошибок" in " ".join(shown.split())
    assert _taken(server, person) == [Energy.from_kwh(4772)]


def test_lynx_answers_a_question(server, house, tmp_path):
    person = house()
    keys = [*_to_the_field(person), "9014", "<tab>", "<return>"]
    asked = _lynx(tmp_path, f"{server.url}/login", *keys, "q", "y")
    assert "Проверьте цифры" in " ".join(asked.split())
    assert _taken(server, person) == []
    shown = _lynx(tmp_path, f"{server.url}/login", *keys, *ENTER_TWICE, "q", "y")
    assert "введены без ошибок" in " ".join(shown.split())
    assert _taken(server, person) == [Energy.from_kwh(9014)]
