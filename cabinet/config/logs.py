"""What is written into the log: what happened and where in the code, never to whom."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType

from cabinet.config.watching import LogForm

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
#: What Postgres adds to a refusal: the values of the row.
OF_THE_ROW = re.compile(
    r"^(?:DETAIL|CONTEXT|QUERY):.*?(?=\n\n|\n[A-Z]+:|\Z)",
    flags=re.MULTILINE | re.DOTALL,
)
#: What a record may carry beside its words, and under which name it is written: words of
#: ours, figures, and ids that say nothing without the database. Nothing else is written.
FIELDS = {
    name: name
    for name in (
        "endpoint",
        "method",
        "status",
        "ms",
        "who",
        "role",
        "action",
        "branch",
        "bytes",
        "limit",
        "mail",
        "run",
        "session",
        "shop",
        "user",
    )
} | {"job": "job_row"}

#: What every line says of the request or the job it is written in.
_bound: ContextVar[dict[str, str]] = ContextVar("bound", default={})  # noqa: B039 - never changed


def bind(**fields: str) -> None:
    """Let the lines of this thread say so from now on; without fields nothing."""
    _bound.set(fields)


def bound(name: str) -> str:
    """Return what the lines of this thread say under the name, empty if nothing."""
    return _bound.get().get(name, "")


@contextmanager
def within(**fields: str) -> Iterator[None]:
    """Let the lines of a piece of work say what it is."""
    before = _bound.get()
    _bound.set(before | fields)
    try:
        yield
    finally:
        _bound.set(before)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """Return what is written beside the words."""
    told: dict[str, object] = dict(_bound.get())
    for name, key in FIELDS.items():
        value = record.__dict__.get(name)
        if isinstance(value, (str, int, float)):
            told[key] = value
    return told


class Discreet(logging.Formatter):
    """Leaves out of a database's refusal which values it refused."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line and its traceback, whoever wrote it before us."""
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as above
        """Return the words in one line, and what is told beside them."""
        line = super().formatMessage(record)
        told = "".join(f" {name}={value}" for name, value in _fields(record).items())
        return (line + told).replace("\r", "\\r").replace("\n", "\\n")

    def formatException(  # noqa: N802 - the name the library calls
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Return the traceback without the values of a row."""
        return OF_THE_ROW.sub("(values left out)", super().formatException(ei))


class Json(Discreet):
    """Writes an object in a line: for programs that gather the logs of many machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is a text inside it."""
        at = datetime.fromtimestamp(record.created, UTC)
        told: dict[str, object] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def formatter(form: LogForm) -> logging.Formatter:
    """Return what writes the lines of the log."""
    return Json() if form is LogForm.JSON else Discreet(LINE)


def set_up(form: LogForm = LogForm.TEXT) -> None:
    """Let this process write its log to the standard error.

    Without a handler only warnings are written, and not the head of the audit log.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(form))
    logging.basicConfig(handlers=[handler])
