"""Commands that copy the database and put a copy back."""

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
_LATER = "later: cabinet restore --ask-banks {}"


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
        if _digest(_unpacked(packed)) != _digest(_pieces(plain)):
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


@click.command()
@click.argument("note", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--replace", is_flag=True, help="Even where the database holds something."
)
@click.option(
    "--ask-banks",
    "only_asks",
    is_flag=True,
    help="Put nothing back, ask the acquirers once more: some did not answer.",
)
def restore(note: Path, *, replace: bool, only_asks: bool) -> None:
    """Put the copy of NOTE (cabinet-*.json) into the database of the settings.

    Stop `cabinet serve` and `cabinet work` before. The hash is compared, the schema
    brought up to date, the database checked; everybody is signed out, links of letters
    end, whoever was erased since is erased again (erased.txt), the acquirers are asked
    for every day since 48 hours before the copy: payments and refunds they prove to be
    ours are put back. The ledger is checked, and the office has a letter of what is lost.

    Exit codes: 0 done, 1 done with faults that were told, 2 wrong use; nothing changed.
    """
    from cabinet.models import presence, snapshot

    context = open_installation(needs_schema=only_asks)
    if only_asks:
        noted = read_note(note)
        if noted is None:
            raise click.UsageError(f"{note} is not the note of a copy")
        _end(_ask_banks(context, noted, context.clock.now()))
        return
    made = sound_copy(note)
    if snapshot.has_tables() and not replace:
        raise click.UsageError("the database holds something; --replace puts it aside")
    try:
        with presence.absent():
            _put(context, made)
    except presence.InUseError as error:
        raise click.UsageError(
            "the portal or its worker is running: stop cabinet serve and cabinet work"
        ) from error
    except snapshot.SnapshotError as error:
        click.echo(f"cabinet: {error}", err=True)
        raise SystemExit(WRONG) from error
    _end(_after(context, made))
    click.echo("restored: start the portal and its worker")


def _end(faults: Iterable[str]) -> None:
    """Tell the faults; end with their code if there was any."""
    told = list(faults)
    for fault in told:
        click.echo(f"  {fault}", err=True)
    if told:
        raise SystemExit(WRONG)


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


def _put(context: Context, made: Copy) -> None:
    from cabinet.models import migrate, snapshot
    from cabinet.models.connection import open_database

    with tempfile.TemporaryDirectory(dir=context.settings.home) as work:
        plain = Path(work) / "plain"
        with plain.open("wb") as target:
            for piece in _unpacked(made.file):
                target.write(piece)
        if snapshot.is_copy(plain) != made.engine:
            raise snapshot.SnapshotError(f"{made.file.name} holds no database")
        snapshot.put(plain)
    open_database(context.settings.database_url)
    click.echo(f"put back as of {made.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    for name in migrate.migrate():
        click.echo(f"applied {name}")


def _after(context: Context, made: Copy) -> Iterator[str]:
    """Make the copy fit to be used; yield what is wrong with it."""
    from cabinet.models import snapshot
    from cabinet.services import erasure, restoring
    from cabinet.services.ledger_check import CHECKS, check_ledger
    from cabinet.services.payments import invariants

    yield from snapshot.faults()
    now = context.clock.now()
    voided = restoring.void(taken_at=made.taken_at, now=now)
    click.echo(
        f"ended {voided.sessions} sessions, {voided.links} links,"
        f" {voided.letters} letters with one"
    )
    erased = erasure.reapply(context.settings.home, now=now)
    click.echo(f"erased again {len(erased.erased)}")
    for number in erased.damaged:
        yield f"erased.txt: line {number} cannot be read"
    yield from _ask_banks(context, made, now)
    # What the copy left open is asked about from now on: it is judged by its own day.
    checks = (*CHECKS, *invariants.checks(made.taken_at))
    yield from (found.line for found in check_ledger(checks))


def _ask_banks(context: Context, made: Copy, now: datetime) -> Iterator[str]:
    from cabinet.gateways import open_gateway
    from cabinet.gateways.base import RefusedError, UnclearError
    from cabinet.gateways.shops import Shops
    from cabinet.services import restoring
    from cabinet.services.acquirers import KeptShops

    settings = context.settings
    kept = KeptShops(settings.secret_key, is_production=not settings.is_demo)
    shops = Shops(settings.shops, open_gateway, kept, origin=settings.public_url)
    total = restoring.Learnt()
    for shop in shops:
        try:
            found = restoring.learn(shop, taken_at=made.taken_at, now=now)
        except (UnclearError, RefusedError):
            yield f"{shop.name}: the acquirer does not answer; {_LATER.format(made.note)}"
            continue
        total += found
        click.echo(
            f"{shop.name}: {found.payments} payments and {found.refunds} refunds put"
            f" back, {found.left} for a specialist"
        )
        if found.unheard:
            yield (
                f"{shop.name}: whether {found.unheard} payments were given back is not"
                f" known; {_LATER.format(made.note)}"
            )
    told = restoring.tell(
        total,
        taken_at=made.taken_at,
        now=now,
        link=f"{settings.public_url}/staff/announcements",
    )
    click.echo(
        f"lost: what customers sent since {made.taken_at:%Y-%m-%d %H:%M} UTC, readings"
        f" among it; {told} of the office will have a letter"
    )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while piece := handle.read(_PIECE):
            yield piece


def _unpacked(path: Path) -> Iterator[bytes]:
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
