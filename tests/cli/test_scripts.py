"""The two scripts, called in a way they cannot follow: one clear line."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "script"


def run(name, *words, **environ):
    return subprocess.run(
        [SCRIPTS / name, *words],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--long-typo"], "unknown word --long-typo (script/test --help)"),
        (["tests/nothing"], "there is no tests/nothing"),
        (["tests/nothing.py::test_it"], "there is no tests/nothing.py::test_it"),
        (["lint", "tests/nothing"], "there is no tests/nothing"),
    ],
)
def test_a_part_that_is_not_there_is_one_line(words, told):
    done = run("test", *words)
    assert done.returncode != 0
    (line,) = (done.stdout + done.stderr).splitlines()
    assert told in line


def test_help_is_told_and_nothing_is_run():
    done = run("test", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: script/test")


@pytest.mark.parametrize(
    ("words", "environ", "told"),
    [
        (["--rest"], {}, "unknown word --rest (script/server --help)"),
        ([], {"PORT": "http"}, "PORT=http is not a number"),
        ([], {"BANK_PORT": "-1"}, "BANK_PORT=-1 is not a number"),
    ],
)
def test_a_server_that_cannot_be_is_one_line(tmp_path, words, environ, told):
    done = run("server", *words, CABINET_HOME=str(tmp_path / "home"), **environ)
    assert done.returncode != 0
    (line,) = (done.stdout + done.stderr).splitlines()
    assert told in line
    assert not (tmp_path / "home").exists()
