"""The file of the settings: lines NAME=value, as systemd's EnvironmentFile has them.

Only what systemd and we read alike is taken, so that one file serves both: a comment is
a whole line that begins with `#` or `;`, a value may stand in quotes as a whole, and
nothing is escaped or continued.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

#: Names where the file is; without it, the one of this name in the home folder is read.
WHERE = "CABINET_SETTINGS"
USUAL = "cabinet.env"
#: The home folder, where no other is set.
HOME, USUAL_HOME = "CABINET_HOME", "var"

_NAME = re.compile(r"CABINET_[A-Z0-9_]+")
_LINE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")


class Entry(NamedTuple):
    """A value of the file, and the line it stands in."""

    value: str
    line: int


class Given:
    """What is set: in the environment, else in the file; remembers what was asked for.

    A name that is in the environment wins, also when it is empty there. `faults` are
    those of the file itself.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.asked = {WHERE}
        self.faults: list[str] = []
        self.path: Path | None = None
        self._entries: dict[str, Entry] = {}
        self._read(environ)

    def get(self, name: str, default: str = "") -> str:
        """Return the value, the default where none is set."""
        self.asked.add(name)
        if name in self._environ:
            return self._environ[name]
        return self._entries[name].value if name in self._entries else default

    def names(self) -> list[str]:
        """Return the names of ours that are set to something, wherever."""
        found = {*self._environ, *self._entries}
        return sorted(
            name for name in found if _NAME.fullmatch(name) and self.get(name)
        )

    def is_outer(self, name: str) -> bool:
        """Tell whether the environment sets it to something."""
        return bool(self._environ.get(name))

    def told(self, fault: str) -> str:
        """Return the fault with the line of the file it is about, if it is about one."""
        for name in _NAME.findall(fault):
            if name in self._entries and name not in self._environ:
                return f"{self.path}:{self._entries[name].line}: {fault}"
        return fault

    def unknown(self) -> list[str]:
        """Return a fault for each name of the file that nobody asked for."""
        return [
            f"{self.path}:{entry.line}: {name} is no setting"
            for name, entry in self._entries.items()
            if name not in self.asked
        ]

    def _read(self, environ: Mapping[str, str]) -> None:
        named = environ.get(WHERE)
        path = Path(named or Path(environ.get(HOME) or USUAL_HOME) / USUAL).absolute()
        if not named and not path.is_file():
            return
        self.path = path
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            self.faults.append(f"{path} cannot be read: {error.strerror}")
            return
        except UnicodeDecodeError:
            self.faults.append(f"{path} is not in UTF-8")
            return
        only_outside = {WHERE} if named else {WHERE, HOME}
        for number, line in enumerate(text.splitlines(), start=1):
            bare = line.strip()
            is_empty = not bare or bare[0] in "#;"
            fault = "" if is_empty else self._take(bare, number, only_outside)
            if fault:
                self.faults.append(f"{path}:{number}: {fault}")

    def _take(self, line: str, number: int, only_outside: set[str]) -> str:
        """Keep what the line says; return what is wrong with it, if anything is."""
        found = _LINE.fullmatch(line)
        if found is None:
            return "a line is NAME=value, or begins with #"
        name, value = found["name"], found["value"].strip()
        if name in only_outside:
            return f"{name} tells where this file is: set it in the environment"
        if name in self._entries:
            return f"{name} stands in line {self._entries[name].line} already"
        if "\\" in value:
            return f"{name} has a backslash, which systemd reads otherwise"
        if value[:1] in {'"', "'"}:
            quoted = _QUOTED.fullmatch(value)
            if quoted is None:
                return f"{name} begins with a quote and does not end with it"
            value = quoted[1] or quoted[2] or ""
        self._entries[name] = Entry(value, number)
        return ""
