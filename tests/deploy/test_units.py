"""The units of systemd: well-formed, starting what there is, and let touch little."""

import re
import shutil
from pathlib import Path

import pytest

from cabinet.cli.server import GRACE_SECONDS
from tests.deploy.conftest import DEPLOY

UNITS = DEPLOY / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
TIMERS = sorted(path.name for path in UNITS.glob("*.timer"))

#: Of ten: how much of the machine a service can reach. Sendmail's is 9.6.
MOST_EXPOSED = 30


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A tree with systemd's own units, ours, and something at the place of each program."""
    root = tmp_path_factory.mktemp("machine")
    shutil.copytree("/lib/systemd/system", root / "lib/systemd/system", symlinks=True)
    shutil.copytree(UNITS, root / "etc/systemd/system")
    for unit in UNITS.glob("*.service"):
        for program in re.findall(
            r"^Exec\w+=(/\S+)", unit.read_text("utf-8"), re.MULTILINE
        ):
            place = root / program.removeprefix("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch(0o755)
    return root


@pytest.mark.parametrize("unit", [*SERVICES, *TIMERS])
def test_systemd_finds_nothing_wrong_with_a_unit(ask, machine, unit):
    words = ("verify", f"--root={machine}", "--recursive-errors=no", unit)
    assert ask("systemd-analyze", *words) == (0, "")


def test_systemd_would_tell_of_a_word_it_does_not_know(ask, machine):
    unit = machine / "etc/systemd/system/cabinet-typo.service"
    unit.write_text("[Service]\nExecStart=/usr/bin/restic\nProtectSystems=strict\n")
    words = ("verify", f"--root={machine}", "--recursive-errors=no", unit.name)
    _, told = ask("systemd-analyze", *words)
    unit.unlink()
    assert "ProtectSystems" in told


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_reaches_little_of_the_machine(ask, machine, unit):
    words = ("--offline=true", f"--root={machine}", f"--threshold={MOST_EXPOSED}", unit)
    code, told = ask("systemd-analyze", "security", *words)
    assert code == 0, told


def test_without_its_fences_a_service_would_be_refused(ask, machine):
    fences = machine / "etc/systemd/system/cabinet-.service.d"
    aside = fences.rename(fences.with_name("aside"))
    words = ("--offline=true", f"--root={machine}", f"--threshold={MOST_EXPOSED}")
    code, _ = ask("systemd-analyze", "security", *words, "cabinet-serve.service")
    aside.rename(fences)
    assert code != 0


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_is_nobody_of_the_machine_and_reads_its_settings(unit):
    text = (UNITS / unit).read_text("utf-8")
    assert "\nUser=cabinet\n" in text
    if "/cabinet " in text.split("ExecStart=")[1]:
        assert "\nEnvironment=CABINET_SETTINGS=/etc/cabinet/cabinet.env\n" in text
        # Given to it as variables a mistyped name would be nobody's, and silent.
        assert "EnvironmentFile" not in text


def test_what_is_started_is_a_command_of_ours():
    from cabinet.cli.main import main

    said = [
        line.split("/opt/cabinet/bin/cabinet ")[1].split()
        for unit in UNITS.glob("*.service")
        for line in unit.read_text("utf-8").splitlines()
        if line.startswith("ExecStart=/opt/cabinet/bin/cabinet ")
    ]
    assert len(said) >= 3
    for name, *words in said:
        command = main.commands[name]
        known = {option for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_the_portal_may_finish_what_it_has_begun():
    text = (UNITS / "cabinet-serve.service").read_text("utf-8")
    seconds = int(re.search(r"TimeoutStopSec=(\d+)", text)[1])
    assert seconds > GRACE_SECONDS


def test_the_folder_of_the_data_is_all_that_can_be_written():
    fences = (UNITS / "cabinet-.service.d/hardening.conf").read_text("utf-8")
    assert "ProtectSystem=strict" in fences
    assert "StateDirectory=cabinet\n" in fences
    written = {
        path
        for unit in UNITS.rglob("*")
        if unit.is_file()
        for path in re.findall(r"ReadWritePaths=(\S+)", unit.read_text("utf-8"))
    }
    # Where litestream of this very machine lays its copies, if it does.
    assert written <= {"-/mnt/cabinet-copies"}


def test_every_timer_has_its_service():
    for timer in TIMERS:
        assert (UNITS / Path(timer).with_suffix(".service")).exists()
