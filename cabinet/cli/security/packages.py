"""The libraries: whether a hole is known in one of those installed.

An advisory service that does not answer must not look like one that knows of nothing:
pip-audit ends well then, and says of each package only that it was skipped.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from cabinet.cli.context import Context
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word

OURS = "cabinet"
TIMEOUT = 180
UNKNOWN = "известные дыры библиотек не проверены"
REMEDY = "pip install pip-audit и повторите на машине с выходом в интернет"


def advisories(_context: Context) -> Iterator[Word]:
    """Ask pip-audit about every library installed beside the portal."""
    beside = Path(sys.executable).with_name("pip-audit")
    program = str(beside) if beside.exists() else shutil.which("pip-audit")
    if program is None:
        yield Word(WARNING, f"{UNKNOWN}: нет pip-audit", REMEDY)
        return
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="ascii") as pinned:
        pinned.writelines(f"{line}\n" for line in installed())
        pinned.flush()
        yield from _asked(program, pinned.name)


def installed() -> list[str]:
    """Return what is installed, pinned, but for the portal itself."""
    found = {
        f"{one.metadata['Name']}=={one.version}"
        for one in distributions()
        if one.metadata["Name"].lower() != OURS
    }
    return sorted(found)


def _asked(program: str, requirements: str) -> Iterator[Word]:
    command = [
        *(program, "--strict", "--progress-spinner", "off", "--format", "json"),
        *("--no-deps", "--disable-pip", "--requirement", requirements),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - a program beside ours, our own words
            command, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        told = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        yield Word(WARNING, f"{UNKNOWN}: {type(error).__name__}", REMEDY)
        return
    yield from of_report(told)


def of_report(told: Mapping[str, Any]) -> Iterator[Word]:
    """Tell what a report of pip-audit says; what was skipped was not looked at."""
    rows = told.get("dependencies", [])
    skipped = [one["name"] for one in rows if "skip_reason" in one]
    holes = [
        f"{one['name']} {one['version']}: {', '.join(hole['id'] for hole in one['vulns'])}"
        for one in rows
        if one.get("vulns")
    ]
    for hole in holes:
        yield Word(FAULT, hole, "обновите кабинет или эту библиотеку")
    if skipped or not rows:
        yield Word(
            WARNING, f"{UNKNOWN}: пропущено {len(skipped)} из {len(rows)}", REMEDY
        )
    elif not holes:
        yield Word(WELL, f"известных дыр нет, библиотек {len(rows)}")
