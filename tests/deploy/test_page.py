"""The page of installation says what there is: commands, files, links."""

import re
import shlex
import subprocess
from urllib.parse import unquote

import click
import pytest

from cabinet.cli.main import main
from tests.deploy.conftest import DEPLOY

ROOT = DEPLOY.parent
PAGE = ROOT / "docs" / "ru" / "установка.md"
TOLD = (PAGE, DEPLOY / "README.md", ROOT / "docs" / "install-transcript.md")


def blocks():
    return re.findall(r"(?ms)^```(?:ba)?sh\n(.*?)^```", PAGE.read_text("utf-8"))


def commands():
    """Yield every call of our command on the page, as words."""
    for block in blocks():
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("cabinet "):
                yield shlex.split(line)[1:]


def test_every_command_of_the_page_is_one_of_ours():
    called = list(commands())
    assert len(called) >= 12
    for words in called:
        command = main
        while isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        known = {option for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_every_file_the_page_takes_is_there():
    taken = re.findall(r"/opt/cabinet/source/([\w./*-]+)", "".join(blocks()))
    assert len(set(taken)) >= 5
    for name in taken:
        assert list(ROOT.glob(name.rstrip("./"))), name


def test_every_unit_the_page_starts_is_there():
    started = re.findall(r"\bcabinet-[a-z]+(?:\.timer)?", "".join(blocks()))
    units = {path.name for path in (DEPLOY / "systemd").iterdir()}
    for name in set(started) - {"cabinet-settings", "cabinet-copies"}:
        assert name in units or f"{name}.service" in units, name


def anchors(path):
    """Return the anchors of a page, as they are made of its headings."""
    heads = re.findall(r"(?m)^#+ (.+)$", path.read_text("utf-8"))
    return {
        re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads
    }


@pytest.mark.parametrize("page", TOLD, ids=lambda path: path.name)
def test_a_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    assert links
    for link in links:
        path, _, anchor = unquote(link).partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), link
        assert not anchor or anchor in anchors(found), link


@pytest.fixture
def called(tmp_path):
    """Call the command of root, beside programs that tell what they were called with."""
    text = (DEPLOY / "cabinet").read_text("utf-8")
    assert "/opt/cabinet/bin/cabinet" in text
    path = tmp_path / "cabinet"
    path.write_text(text.replace("/opt/cabinet/bin/cabinet", "program"))
    tell = '#!/bin/sh\nbasename "$0"\nprintf "%s\\n" "$@" "$CABINET_SETTINGS"\n'
    stubs = {"program": tell, "runuser": tell, "id": '#!/bin/sh\necho "$IS"\n'}
    for name, stub in stubs.items():
        (tmp_path / name).write_text(stub)
    for name in ("cabinet", *stubs):
        (tmp_path / name).chmod(0o755)

    def call(*words, **more):
        done = subprocess.run(
            [path, *words],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", **more},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    return call


def test_root_calls_the_command_as_its_own_account_with_its_settings(called):
    assert called("check", "a b", IS="0") == [
        *("runuser", "-u", "cabinet", "--", "program", "check", "a b"),
        "/etc/cabinet/cabinet.env",
    ]


def test_its_own_account_calls_it_at_once(called):
    told = called("check", IS="1000", CABINET_SETTINGS="/srv/other.env")
    assert told == ["program", "check", "/srv/other.env"]


@pytest.mark.parametrize("name", ["try-install", "try-image", "try-commands"])
def test_a_trial_tells_what_it_does_and_of_a_word_it_does_not_know(name):
    def run(word):
        return subprocess.run(
            [ROOT / "script" / name, word], capture_output=True, text=True, check=False
        )

    assert run("--help").stdout.startswith(f"usage: script/{name}")
    done = run("--typo")
    assert done.returncode == 1
    assert done.stderr == f"script/{name}: unknown word --typo (script/{name} --help)\n"
