"""What is written into the log: what happened and where in the code, never to whom."""

import logging
import re
from types import TracebackType

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
#: What Postgres adds to a refusal: the values of the row.
OF_THE_ROW = re.compile(
    r"^(?:DETAIL|CONTEXT|QUERY):.*?(?=\n\n|\n[A-Z]+:|\Z)",
    flags=re.MULTILINE | re.DOTALL,
)


class Discreet(logging.Formatter):
    """Leaves out of a database's refusal which values it refused."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line and its traceback, whoever wrote it before us."""
        record.exc_text = None
        return super().format(record)

    def formatException(  # noqa: N802 - the name the library calls
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Return the traceback without the values of a row."""
        return OF_THE_ROW.sub("(values left out)", super().formatException(ei))


def set_up() -> None:
    """Let this process write its log to the standard error.

    Without a handler only warnings are written, and not the head of the audit log.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet(LINE))
    logging.basicConfig(handlers=[handler])
