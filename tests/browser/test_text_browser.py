"""The main job in lynx: no script, no pictures, only text and keys."""

import shutil
import subprocess

from cabinet.domain.energy import Energy
from cabinet.models import Meter, Reading
from cabinet.models.connection import close_database, open_database

DOWN, ENTER = "Down Arrow", "<return>"


def lynx(url, keys, folder):
    """Press the keys and return the text of the page they lead to."""
    program = shutil.which("lynx")
    assert program, "lynx is not installed (script/test installs it)"
    script, text = folder / "keys.txt", folder / "page.txt"
    text.unlink(missing_ok=True)
    quit_ = ["p", ENTER, *f"\x15{text}", ENTER, "q", "y"]
    script.write_text("".join(f"key {key}\n" for key in [*keys, *quit_]))
    subprocess.run(
        [program, "-accept_all_cookies", f"-cmd_script={script}", "-term=dumb", url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={"HOME": str(folder), "LC_ALL": "C.UTF-8"},
        timeout=60,
        check=False,
    )
    return text.read_text(errors="replace") if text.exists() else ""


def taken(server, person):
    """The registers of the readings the person sent."""
    open_database(server.database_url)
    try:
        query = Reading.select(Reading.t1).join(Meter)
        own = Meter.account == person.account_id
        return [row.t1 for row in query.where(own, Reading.key.is_null(False))]
    finally:
        close_database()


def sign_in(person):
    """From the page of the sign-in to the field on the home page."""
    name = [DOWN, DOWN, *person.email]
    return [*name, DOWN, *person.password, DOWN, DOWN, ENTER, ENTER]


def test_lynx_signs_in_and_sends_a_reading(server, house, tmp_path):
    person = house()
    keys = [*sign_in(person), *"4772", DOWN, ENTER]
    text = lynx(f"{server.url}/login", keys, tmp_path)
    assert "Спасибо. Ваши данные были введены без ошибок" in text
    assert taken(server, person) == [Energy.from_kwh(4772)]


def test_lynx_answers_a_question(server, house, tmp_path):
    person = house()
    keys = [*sign_in(person), *"9014", DOWN, ENTER]
    asked = lynx(f"{server.url}/login", keys, tmp_path)
    assert "(BUTTON) Всё верно, отправить" in asked
    assert taken(server, person) == []
    text = lynx(f"{server.url}/login", [*keys, ENTER, ENTER], tmp_path)
    assert "Спасибо. Ваши данные были введены без ошибок" in text
    assert taken(server, person) == [Energy.from_kwh(9014)]
