"""The two scripts on a machine that lacks something: what it is, and what to type."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import checkouts

#: All that the scripts call before they have an environment.
TOOLS = (
    *("awk", "cat", "chmod", "cksum", "date", "df", "dirname", "env", "getconf"),
    *("grep", "head", "id", "ls", "mkdir", "mktemp", "rm", "sed", "sort", "tail"),
)
SERVER, TEST = "server", "test"

OLD_PYTHON = 'case "$*" in *print*) echo 3.9 ;; *) exit 1 ;; esac'
BARE_PYTHON = """
case "$*" in
*print*) echo 3.11 ;;
*ensurepip*) exit 1 ;;
esac
"""
NOT_ROOT = "echo 1000"
SUDO_ASKS = "echo 'sudo: a password is required' >&2; exit 1"
NO_NETWORK = """
echo 'Reading package lists...'
echo 'E: Failed to fetch http://deb.debian.org/pool/x.deb  Could not resolve' >&2
exit 100
"""
FULL_DISK = """
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
echo '/dev/x 1000000 999000 1000 100% /'
"""


@pytest.fixture
def machine(tmp_path):
    """A checkout without an environment, and a PATH with little on it."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (bin_ / tool).symlink_to(found)
    root = checkouts.make(tmp_path / "checkout")

    class Machine:
        checkout = root

        @staticmethod
        def has(**programs):
            for name, text in programs.items():
                path = bin_ / name.replace("_", "-")
                path.unlink(missing_ok=True)
                path.write_text(f"#!/bin/sh\n{text}\n")
                path.chmod(0o755)
            return bin_

        @staticmethod
        def run(name, *words, **environ):
            kept = {k: v for k, v in os.environ.items() if k != "PYTHON"}
            return subprocess.run(
                [root / "script" / name, *words],
                env={**kept, "PATH": str(bin_), "TMPDIR": str(tmp_path), **environ},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )

    return Machine


def told(done, name):
    """Return the one line of the failure; nothing but steps stands before it."""
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert all(step.startswith("-> ") for step in done.stdout.splitlines())
    prefix = f"script/{name}: "
    assert line.startswith(prefix)
    return line.removeprefix(prefix)


@pytest.mark.parametrize("name", [SERVER, TEST])
def test_a_wrong_python_is_named(machine, name):
    machine.has(python3=OLD_PYTHON)
    assert told(machine.run(name), name) == (
        "Python 3.11 to 3.14 is needed, python3 here is 3.9"
    )
    assert not (machine.checkout / ".venv").exists()


@pytest.mark.parametrize("name", [SERVER, TEST])
def test_a_wrong_python_that_was_asked_for_is_named(machine, name):
    old = machine.has(old=OLD_PYTHON) / "old"
    line = told(machine.run(name, PYTHON=str(old)), name)
    assert line == f"PYTHON={old} is not Python 3.11 to 3.14"
    bare = machine.has(bare=BARE_PYTHON) / "bare"
    line = told(machine.run(name, PYTHON=str(bare)), name)
    assert line == f"PYTHON={bare} has no venv module"


def test_without_apt_it_says_what_debian_calls_the_rest(machine):
    assert told(machine.run(SERVER), SERVER) == (
        "there is no apt here; install by hand what Debian calls: python3 python3-venv"
    )
    machine.has(**{"python3.11": BARE_PYTHON})
    assert told(machine.run(SERVER), SERVER) == (
        "there is no apt here; install by hand what Debian calls: python3.11-venv"
    )


@pytest.mark.parametrize("sudo", [{}, {"sudo": SUDO_ASKS}], ids=["none", "asks"])
def test_without_root_it_says_what_to_type(machine, sudo):
    machine.has(apt_get="exit 1", id=NOT_ROOT, **sudo)
    assert told(machine.run(SERVER), SERVER) == (
        "root is needed once: sudo apt-get install python3 python3-venv"
    )


def test_without_root_the_tools_of_the_tests_are_named(machine):
    machine.has(apt_get="exit 1", id=NOT_ROOT)
    checkouts.lend_environment(machine.checkout)
    line = told(machine.run(TEST), TEST)
    assert line.startswith("root is needed once: sudo apt-get install ")
    for package in (
        "systemd",
        "chromium",
        "lynx",
        "w3m",
        "poppler-utils",
        "zbar-tools",
        "shellcheck",
    ):
        assert f" {package}" in line


def test_without_a_network_apt_says_so_and_the_script_in_a_line(machine):
    machine.has(apt_get=NO_NETWORK, id="echo 0")
    done = machine.run(SERVER)
    assert done.returncode == 1
    *words, line = done.stderr.splitlines()
    assert all(word.startswith("E: ") for word in words)
    assert line == (
        "script/server: apt could not install python3 python3-venv (no network, or"
        " another apt is running)"
    )


@pytest.mark.slow
def test_without_a_network_pip_is_one_line(machine):
    """A real environment, a real pip, and an index that is not there."""
    python = Path(sys.base_prefix) / "bin" / "python3"
    done = machine.run(
        SERVER,
        PYTHON=str(python),
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_RETRIES="1",
        PIP_CONFIG_FILE=os.devnull,
        no_proxy="127.0.0.1",
    )
    assert told(done, SERVER) == (
        "the package index does not answer: check the network and run again"
    )
    # The next start does not take what is there for an environment that is ready.
    assert not list((machine.checkout / ".venv").glob(".installed*"))


def test_a_full_disk_is_told_before_anything_is_made(machine):
    machine.has(df=FULL_DISK, **{"python3.11": "exit 0"})
    line = told(machine.run(SERVER), SERVER)
    assert line.endswith("has 0 MB free, 500 MB are needed")
    assert not (machine.checkout / ".venv").exists()


def test_a_folder_that_cannot_be_made_is_one_line(machine):
    checkouts.lend_environment(machine.checkout)
    (machine.checkout / "file").write_text("")
    home = machine.checkout / "file" / "home"
    line = told(machine.run(SERVER, CABINET_HOME=str(home)), SERVER)
    assert line == f"cannot make the folder {home}"
