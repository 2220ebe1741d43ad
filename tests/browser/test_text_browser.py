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
    quit_ = ["p", ENTER, *f"\x15{text}", ENTER, "q", "y"]
    script.write_text("".join(f"key {key}\n" for key in [*keys, *quit_]))
    subprocess.run(
        [program, "-accept_all_cookies", f"-cmd_script={script}", "-term=dumb", url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    return text.read_text() if text.exists() else ""


def test_lynx_signs_in_and_sends_a_reading(server, house, tmp_path):
    person = house()
    sign_in = [DOWN, DOWN, *person.email, DOWN, *person.password, DOWN, DOWN, ENTER]
    send = [ENTER, *"4772", DOWN, ENTER]
    lynx(f"{server.url}/login", sign_in + send, tmp_path)
    open_database(server.database_url)
    try:
        rows = list(
            Reading.select()
            .join(Meter)
            .where(Meter.account == person.account_id, Reading.key.is_null(False))
        )
    finally:
        close_database()
    assert [row.t1 for row in rows] == [Energy.from_kwh(4772)]
