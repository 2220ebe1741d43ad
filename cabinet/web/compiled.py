"""Templates compiled once for each of their versions, and read before anybody asks.

Jinja compiles a template when it is first shown, in each process anew: a worker started in
the place of one that died would spend its first second on that, while people wait.
"""

import contextlib
from pathlib import Path
from pickle import UnpicklingError

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

#: What customers open on the days when all of them come; the rest is read when asked for.
HOT = (
    "auth/",
    "bills/",
    "history/",
    "home/",
    "layouts/",
    "macros/",
    "payments/",
    "readings/",
)

#: What reading a file that is not whole, or not there, ends with.
TORN = (OSError, EOFError, ValueError, TypeError, UnpicklingError)


class _Kept(FileSystemBytecodeCache):
    """Keeps what was compiled as files; a disk that takes none costs time alone."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read what is kept; a file that power took half of is as none."""
        try:
            super().load_bytecode(bucket)
        except TORN:
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it, if the folder can be written to."""
        with contextlib.suppress(OSError):
            Path(self.directory).mkdir(mode=0o700, parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


def make_ready(app: Flask, folder: Path) -> None:
    """Read the hot templates, compiled ones from the folder; the others are put there."""
    app.jinja_env.bytecode_cache = _Kept(str(folder))
    for name in app.jinja_env.list_templates(filter_func=_is_hot):
        app.jinja_env.get_template(name)


def _is_hot(name: str) -> bool:
    return name.startswith(HOT)
