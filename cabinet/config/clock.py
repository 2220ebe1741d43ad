"""The clock: the system's in production, a shifted ticking one in the demo."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cabinet.config.settings import Settings

#: Noon of 22 November 2026 in Moscow: inside the reading window, after October's bills.
DEMO_START = datetime(2026, 11, 22, 9, tzinfo=UTC)


def _system() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the moment, shifted by a fixed offset."""

    offset: timedelta = timedelta(0)
    source: Callable[[], datetime] = _system

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return self.source() + self.offset

    @classmethod
    def of(cls, settings: Settings) -> "Clock":
        """Return the clock of the installation.

        The demo's offset is kept in the home folder, so that every process agrees and
        the demo never ages; `CABINET_NOW` moves it, once for each new value.
        """
        if not settings.is_demo:
            return cls()
        return cls(_demo_offset(settings.home / "clock.json", settings.now))


def _demo_offset(path: Path, moved_to: datetime | None) -> timedelta:
    kept = json.loads(path.read_text(encoding="ascii")) if path.exists() else None
    wanted = (moved_to or DEMO_START).isoformat()
    if kept is None or (moved_to is not None and kept["moved_to"] != wanted):
        offset = datetime.fromisoformat(wanted) - _system()
        kept = {"moved_to": wanted, "offset_seconds": offset.total_seconds()}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # In one move: another process may be reading it, and the disk may be full.
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_text(json.dumps(kept), encoding="ascii")
        part.replace(path)
    return timedelta(seconds=kept["offset_seconds"])
