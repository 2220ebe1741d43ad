"""Bringing files of other systems in, part by part, with a report."""

from cabinet.services.importing.door import import_file
from cabinet.services.importing.report import ImportReport, Outcome

__all__ = ["ImportReport", "Outcome", "import_file"]
