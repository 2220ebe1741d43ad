"""The file of the settings: as systemd reads it, and every fault with its line."""

import re
from pathlib import Path

import pytest

from cabinet.config import SettingsError, load
from cabinet.config.settings import names
from cabinet.config.watching import LogForm

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "cabinet.env.example"
SECRET = "0123456789abcdef" * 4
WHOLE = f"CABINET_SECRET_KEY={SECRET}\nCABINET_PUBLIC_URL=https://lk.example.ru\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cabinet.env"

    def write(text, **environ):
        path.write_text(text, encoding="utf-8")
        return {"CABINET_SETTINGS": str(path), **environ}

    write.path = path
    return write


def faults(environ):
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return caught.value.faults


def test_everything_may_stand_in_the_file(file):
    settings = load(
        file(
            "# Настройки\n\n; и ещё\n"
            + WHOLE
            + 'CABINET_COMPANY="АО «Свет» # 1"\n'
            + "CABINET_PHONE_HOURS='с 9 до 18'\r\n"
            + "  CABINET_PHONE=  8 4712 00-00-00  \n"
            + "CABINET_TRUSTED_PROXIES=2\n"
        )
    )
    assert settings.secret_key == SECRET
    assert settings.company == "АО «Свет» # 1"
    assert settings.phone == "8 4712 00-00-00"
    assert settings.phone_hours == "с 9 до 18"
    assert settings.trusted_proxies == 2


def test_the_environment_wins(file, tmp_path):
    text = WHOLE + "CABINET_COMPANY=Из файла\nCABINET_PHONE=1\n"
    settings = load(file(text, CABINET_COMPANY="Из окружения", CABINET_PHONE=""))
    assert settings.company == "Из окружения"
    assert settings.phone == "8 800 000-00-00"  # unset there is unset
    key = tmp_path / "key"
    key.write_text(SECRET[::-1])
    text = WHOLE.partition("\n")[2] + f"CABINET_SECRET_KEY_FILE={key}\n"
    assert load(file(text)).secret_key == SECRET[::-1]
    assert load(file(text, CABINET_SECRET_KEY=SECRET)).secret_key == SECRET


def test_the_home_folder_is_where_it_is_looked_for(tmp_path):
    (tmp_path / "cabinet.env").write_text(WHOLE)
    environ = {"CABINET_HOME": str(tmp_path)}
    assert load(environ).secret_key == SECRET
    (tmp_path / "cabinet.env").write_text(WHOLE + "CABINET_HOME=/elsewhere\n")
    (told,) = faults(environ)
    assert told.startswith(f"{tmp_path}/cabinet.env:3: CABINET_HOME tells where")


def test_every_fault_is_told_at_once_with_its_line(file):
    told = faults(
        file(
            "CABINET_SECRET_KEY=short\n"  # 1
            "CABINET_PUBLIC_URL=https://lk.example.ru\n"
            "CABINET_MAIL_PORT=many\n"  # 3
            "CABINET_COMPANI=АО\n"  # 4
            "CABINET_COMPANY=АО\n"
            "CABINET_COMPANY=ООО\n"  # 6
            "export CABINET_PHONE=1\n"  # 7
            "CABINET_MAIL_PASSWORD=back\\slash\n"  # 8
            'CABINET_PHONE_HOURS="с 8 до 20\n'  # 9
            "PATH=/usr/bin\n"  # 10
            "CABINET_SETTINGS=/etc/other\n"  # 11
            "CABINET_LOG=xml\n"  # 12
            "CABINET_LOG_REQUESTS=yes\n"  # 13
            "CABINET_METRICS_TOKEN=short\n"  # 14
            "CABINET_METRICS_FROM=everywhere\n"  # 15
        )
    )
    lines = {int(re.match(rf"{file.path}:(\d+): \S", each)[1]) for each in told}
    assert lines == {1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
    assert len(told) == 13
    # A secret that is wrong is not shown.
    assert not any("slash\\n" in each or "back\\" in each for each in told)


def test_a_fault_of_the_environment_has_no_line(file):
    (told,) = faults(file(WHOLE + "CABINET_ZONE=Asia/Omsk\n", CABINET_ZONE="Mars"))
    assert told.startswith("CABINET_ZONE is like")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path, content):
    path = tmp_path / "settings"
    if content:
        path.write_bytes(content)
    told = faults({"CABINET_SETTINGS": str(path), "CABINET_HOME": str(tmp_path)})
    assert any(each.startswith(f"{path} ") for each in told)


def test_without_a_file_nothing_is_looked_for(tmp_path):
    environ = {"CABINET_MODE": "demo", "CABINET_HOME": str(tmp_path / "home")}
    assert load(environ).is_demo


def _named(text):
    return re.findall(r"^#?(CABINET_[A-Z_]+)=(.*)$", text, re.MULTILINE)


def test_the_example_names_every_setting_once(file):
    text = EXAMPLE.read_text(encoding="utf-8")
    found = [name for name, _ in _named(text)]
    assert sorted(found) == sorted(names() - {"CABINET_SETTINGS"})
    assert "CABINET_SETTINGS" in text


def test_the_example_with_everything_in_it_is_read(file, tmp_path):
    """Its own values, but for files of another machine and what only the demo has."""
    for name in ("secret-key", "token"):
        (tmp_path / name).write_text(SECRET)
    (tmp_path / "acquirers").write_text("")
    ours = {
        "CABINET_SECRET_KEY_FILE": tmp_path / "secret-key",
        "CABINET_DATABASE_URL_FILE": "",
        "CABINET_MAIL_PASSWORD_FILE": tmp_path / "token",
        "CABINET_MAILBOX_PASSWORD_FILE": tmp_path / "token",
        "CABINET_METRICS_TOKEN_FILE": tmp_path / "token",
        "CABINET_ACQUIRERS": "",
        "CABINET_EMULATOR": "",
        "CABINET_NOW": "",
    }
    named = _named(EXAMPLE.read_text(encoding="utf-8"))
    settings = load(
        file("".join(f"{name}={ours.get(name, value)}\n" for name, value in named))
    )
    assert settings.watch.token == SECRET
    assert settings.watch.log is LogForm.TEXT
    assert settings.mailbox.server == "imap.example.ru"


def test_the_example_says_what_is_so_without_it(file):
    """A commented value that stands for the default is the default."""
    bare = load(file(WHOLE))
    named = dict(_named(EXAMPLE.read_text(encoding="utf-8")))
    for name, value in (
        ("CABINET_MAIL_PORT", bare.mail.port),
        ("CABINET_MAIL_PER_MINUTE", bare.mail.per_minute),
        ("CABINET_MAILBOX_PORT", bare.mailbox.port),
        ("CABINET_MAILBOX_FOLDER", bare.mailbox.folder),
        ("CABINET_ZONE", bare.zone),
        ("CABINET_LOG", bare.watch.log),
        ("CABINET_HEAD_COLOUR", bare.head_colour),
        ("CABINET_WIRE_COLOUR", bare.wire_colour),
    ):
        assert named[name] == str(value), name


@pytest.mark.parametrize("name", ["README.md", "README.ru.md"])
def test_the_tables_of_settings_name_every_one(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`CABINET_.*?) \|", text, re.MULTILINE)
    told = set()
    for row in rows:
        first, *rest = re.findall(r"`([A-Z_]+)`", row)
        told |= {first}
        for each in rest:
            is_end = each.startswith("_")
            told |= {first.rpartition("_")[0] + each if is_end else each}
    secrets = {each for each in names() if f"{each}_FILE" in names()}
    assert told | {f"{each}_FILE" for each in secrets} >= names()
    assert told <= names()
