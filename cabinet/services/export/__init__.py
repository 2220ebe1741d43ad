"""Everything the cabinet knows of a person, to take along."""

from cabinet.services.export.data import (
    AccountData,
    accounts_data,
    person,
    photos,
    records,
)
from cabinet.services.export.order import (
    KEPT,
    KIND,
    MEDIA_TYPE,
    Download,
    ExportFile,
    ExportNotFoundError,
    ExportState,
    ask,
    export_of,
    keep,
    open_export,
    sweep,
)

__all__ = [
    "KEPT",
    "KIND",
    "MEDIA_TYPE",
    "AccountData",
    "Download",
    "ExportFile",
    "ExportNotFoundError",
    "ExportState",
    "accounts_data",
    "ask",
    "export_of",
    "keep",
    "open_export",
    "person",
    "photos",
    "records",
    "sweep",
]
