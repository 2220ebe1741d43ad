"""Bringing files of other systems in, part by part, with a report."""

from cabinet.services.importing.door import (
    BranchUnknownError,
    check_file,
    import_file,
)
from cabinet.services.importing.report import ImportReport, Outcome
from cabinet.services.importing.running import OvertakenError

__all__ = [
    "BranchUnknownError",
    "ImportReport",
    "Outcome",
    "OvertakenError",
    "check_file",
    "import_file",
]
