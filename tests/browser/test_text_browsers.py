"""The journey in browsers of text: no script, no style, no picture."""

import os
import re
import shutil
import subprocess

import pytest

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


@pytest.mark.parametrize("zones", [1, 2])
def test_lynx_signs_in_and_sends_a_reading(server, house, tmp_path, zones):
    person = house(zones=zones)
    digits = [part for value in ("4772", "3834")[:zones] for part in (value, "<tab>")]
    shown = _lynx(
        tmp_path,
        f"{server.url}/login",
        *("<tab>", "<tab>"),
        *(person.email, "<tab>", person.password, "<tab>", "<tab>", "<return>"),
        # The skip link, the company, the menu; then the first field.
        *["<tab>"] * 8,
        *digits,
        "<return>",
        *("q", "y"),
    )
    assert "введены без ошибок" in " ".join(shown.split())
