"""The command that copies the database, and what is known of its copies."""

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from peewee import PeeweeException

from cabinet.cli.context import Context, open_installation

WRONG = 1
#: Copies that are kept: of so many days, weeks and months.
KEPT = (7, 5, 12)
_PIECE = 1024 * 1024
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy by the note beside it."""

    note: Path
    file: Path
    taken_at: datetime
    sha256: str
    engine: str
    schema: str


def copies_of(folder: Path) -> list[Copy]:
    """Return the copies of a folder, the oldest first; other files are passed over."""
    found = (read_note(path) for path in folder.glob("cabinet-*.json"))
    return sorted((one for one in found if one), key=lambda one: one.taken_at)


def read_note(path: Path) -> Copy | None:
    """Return the copy a note tells of, None where it is no such note."""
    try:
        told = json.loads(path.read_text("utf-8"))
        return Copy(
            note=path,
            file=path.with_name(Path(told["file"]).name),
            taken_at=datetime.fromisoformat(told["taken_at"]),
            sha256=told["sha256"],
            engine=told["engine"],
            schema=str(told["schema"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def kept_of(copies: Iterable[Copy], kept: tuple[int, int, int] = KEPT) -> set[Copy]:
    """Return which copies stay: the newest of the last days, weeks and months."""
    newest_first = sorted(copies, key=lambda one: one.taken_at, reverse=True)
    staying: set[Copy] = set(newest_first[:1])
    spans = ("%Y-%m-%d", "%G-%V", "%Y-%m")
    for span, most in zip(spans, kept, strict=True):
        firsts: dict[str, Copy] = {}
        for one in newest_first:
            firsts.setdefault(one.taken_at.strftime(span), one)
        staying.update(list(firsts.values())[:most])
    return staying


@click.command()
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the copies; else `backups` in CABINET_HOME.",
)
@click.option("--keep-all", is_flag=True, help="Delete no earlier copy.")
@click.option(
    "--elsewhere",
    is_flag=True,
    help="Copy nothing, note that another program (pgBackRest) has just done it.",
)
def backup(folder: Path | None, *, keep_all: bool, elsewhere: bool) -> None:
    """Copy the database into a file while the portal runs.

    SQLite is copied by its own online backup, Postgres by pg_dump; the copy is packed,
    read back and noted with its hash in a file beside it. Of earlier copies those of 7
    days, 5 weeks and 12 months stay. The settings and CABINET_SECRET_KEY are not in it:
    keep them elsewhere. When it was done is told by /metrics and on the page of an
    admin. Exit codes: 0 done, 1 the copy could not be taken.
    """
    from cabinet.models import snapshot

    context = open_installation()
    if elsewhere:
        _note(context.clock.now())
        return
    folder = folder or context.settings.home / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        made = take_copy(context, folder)
    except snapshot.SnapshotError as error:
        click.echo(f"cabinet: {error}", err=True)
        raise SystemExit(WRONG) from error
    click.echo(f"{made.file} ({made.file.stat().st_size:,} bytes)".replace(",", " "))
    _note(made.taken_at)
    if keep_all:
        return
    copies = copies_of(folder)
    staying = kept_of(copies)
    for one in copies:
        if one not in staying:
            one.note.unlink()
            one.file.unlink(missing_ok=True)
            click.echo(f"deleted {one.file.name}")


def _note(taken_at: datetime) -> None:
    """Write down when the database was copied; one that only reads is told of."""
    from cabinet.services import beats

    try:
        beats.note_made(beats.BACKUP, now=taken_at)
    except PeeweeException as error:
        click.echo(f"not noted: {str(error).strip()}", err=True)


def take_copy(context: Context, folder: Path) -> Copy:
    """Copy the open database into the folder; raises SnapshotError."""
    from cabinet.models import migrate, snapshot

    now = context.clock.now().astimezone(UTC)
    stem = f"cabinet-{now.strftime(_STAMP)}"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".taking-") as work:
        plain = Path(work) / "plain"
        snapshot.take(plain)
        packed = Path(work) / "packed"
        with plain.open("rb") as source, gzip.open(packed, "wb", 1) as target:
            shutil.copyfileobj(source, target, _PIECE)
        if _digest(unpacked(packed)) != _digest(_pieces(plain)):
            raise snapshot.SnapshotError(
                "the copy reads back otherwise: check the disk"
            )
        note = {
            "file": f"{stem}.gz",
            "taken_at": now.isoformat(),
            "engine": snapshot.engine(),
            "schema": migrate.last_migration(),
            "sha256": _digest(_pieces(packed)),
        }
        _flush(packed)
        packed.replace(folder / f"{stem}.gz")
        written = Path(work) / "note"
        written.write_text(json.dumps(note, indent=1) + "\n", "utf-8")
        _flush(written)
        # Whole or not at all: a copy counts once its note is there.
        written.replace(folder / f"{stem}.json")
    found = read_note(folder / f"{stem}.json")
    if found is None:
        raise snapshot.SnapshotError(f"{stem}.json cannot be read back")
    return found


def sound_copy(note: Path) -> Copy:
    """Return the copy of a note if it is whole and fits; otherwise the use is wrong."""
    from cabinet.models import migrate, snapshot

    made = read_note(note)
    if made is None:
        raise click.UsageError(f"{note} is not the note of a copy")
    if not made.file.exists() or _digest(_pieces(made.file)) != made.sha256:
        raise click.UsageError(f"{made.file.name} is not what its note tells of")
    if made.engine != snapshot.engine():
        raise click.UsageError(
            f"the copy is of {made.engine}, the settings name {snapshot.engine()}"
        )
    if made.schema > migrate.newest_migration():
        raise click.UsageError(
            f"the copy has {made.schema}, this version knows {migrate.newest_migration()}"
            " at most: install the version the copy was taken with"
        )
    return made


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while piece := handle.read(_PIECE):
            yield piece


def unpacked(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a packed copy as they were before."""
    with gzip.open(path) as handle:
        while piece := handle.read(_PIECE):
            yield piece


def _digest(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
