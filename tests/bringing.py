"""The files that come with the package, brought in as an administrator brings them."""

from datetime import UTC, datetime
from pathlib import Path

import cabinet
from cabinet.services.importing import import_file

DATA = Path(cabinet.__path__[0]) / "data"
REGISTRIES = ("accounts", "meters", "readings", "charges", "payments")
DATED = ("tariffs", "rules", "key_rate", "norms")

#: The moment of the tests, inside the reading window of November: noon in Moscow.
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def bring(folder, names):
    """Import the files and return what was told of each, by its name."""
    reports = {}
    for name in names:
        path = folder / f"{name}.csv"
        with path.open("rb") as stream:
            reports[path.stem] = import_file(path.name, stream, now=NOW)
    return reports
