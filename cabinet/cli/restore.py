"""The command that puts a copy back, and makes what was brought back fit to be used."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from cabinet.cli.backup import WRONG, Copy, read_note, sound_copy, unpacked
from cabinet.cli.context import Context, open_installation

RUNNING = "the portal or its worker is running: stop cabinet serve and cabinet work"


@dataclass(frozen=True, slots=True)
class Back:
    """What stands in the database now: the state of a moment, and how to ask of it again."""

    taken_at: datetime
    asking: str

    @classmethod
    def of(cls, made: Copy) -> "Back":
        """Return what a copy brings back."""
        return cls(made.taken_at, f"cabinet restore --ask-banks {made.note}")

    @classmethod
    def in_place(cls, taken_at: datetime) -> "Back":
        """Return what others have brought back."""
        return cls(taken_at, "cabinet restore --in-place --ask-banks")


@click.command()
@click.argument(
    "note",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=False,
)
@click.option(
    "--replace", is_flag=True, help="Even where the database holds something."
)
@click.option(
    "--in-place",
    is_flag=True,
    help="The database was brought back already (Litestream, pgBackRest): make it fit.",
)
@click.option(
    "--as-of",
    metavar="MOMENT",
    help="With --in-place: its state is of this moment, as 2026-11-22T09:00:00+03:00;"
    " else of the last one it tells of itself.",
)
@click.option(
    "--ask-banks",
    "only_asks",
    is_flag=True,
    help="Put nothing back, ask the acquirers once more: some did not answer.",
)
def restore(
    note: Path | None,
    *,
    replace: bool,
    in_place: bool,
    as_of: str | None,
    only_asks: bool,
) -> None:
    """Put the copy of NOTE (cabinet-*.json) into the database of the settings.

    Stop `cabinet serve` and `cabinet work` before. The hash is compared, the schema
    brought up to date, the database checked; everybody is signed out, links of letters
    end, whoever was erased since is erased again (erased.txt), the acquirers are asked
    for every day since 48 hours before the copy: payments and refunds they prove to be
    ours are put back. The ledger is checked, and the office has a letter of what is lost.

    With --in-place and no NOTE the same is done, from the schema on, to a database that
    another program has brought back. A second time goes on where the first one ended.

    Exit codes: 0 done, 1 done with faults that were told, 2 wrong use; nothing changed.
    """
    if in_place == (note is not None):
        raise click.UsageError("name the NOTE of a copy, or --in-place: one of the two")
    if as_of and (only_asks or not in_place):
        raise click.UsageError("--as-of belongs to --in-place alone")
    if replace and in_place:
        raise click.UsageError("--in-place puts nothing in the database's place")
    context = open_installation(needs_schema=only_asks)
    if only_asks:
        back = _asked_of(note)
        _end(_ask_banks(context, back, context.clock.now()))
        return
    _end(
        _keep(context, as_of)
        if note is None
        else _replace(context, note, replace=replace)
    )
    click.echo("restored: start the portal and its worker")


def _asked_of(note: Path | None) -> Back:
    """Return what the acquirers are asked about once more."""
    from cabinet.services import restoring

    if note is None:
        taken_at = restoring.last_restored()
        if taken_at is None:
            raise click.UsageError("nothing was brought back here yet")
        return Back.in_place(taken_at)
    noted = read_note(note)
    if noted is None:
        raise click.UsageError(f"{note} is not the note of a copy")
    return Back.of(noted)


def _replace(context: Context, note: Path, *, replace: bool) -> Iterator[str]:
    """Put the copy in the place of the database; return what will be wrong with it."""
    from cabinet.models import presence, snapshot

    made = sound_copy(note)
    if snapshot.has_tables() and not replace:
        raise click.UsageError("the database holds something; --replace puts it aside")
    try:
        with presence.absent():
            _put(context, made)
    except presence.InUseError as error:
        raise click.UsageError(RUNNING) from error
    except snapshot.SnapshotError as error:
        click.echo(f"cabinet: {error}", err=True)
        raise SystemExit(WRONG) from error
    return _after(context, Back.of(made))


def _keep(context: Context, as_of: str | None) -> list[str]:
    """Make the database that stands fit to be used; return what is wrong with it."""
    from cabinet.models import migrate, presence
    from cabinet.services import restoring

    _refuse_unfit()
    now = context.clock.now()
    try:
        with presence.absent():
            presence.refuse_clients()
            taken_at = _moment(as_of, now) if as_of else restoring.standing_since(now)
            if taken_at is None:
                raise click.UsageError(
                    "the database tells of no moment: name it with --as-of"
                )
            click.echo(f"stands as of {taken_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
            for name in migrate.migrate():
                click.echo(f"applied {name}")
            return list(_after(context, Back.in_place(taken_at)))
    except presence.InUseError as error:
        raise click.UsageError(RUNNING) from error


def _refuse_unfit() -> None:
    """End the command where there is no database of ours, or none to be written to."""
    from cabinet.models import migrate, snapshot

    if not snapshot.has_tables() or not migrate.last_migration():
        raise click.UsageError(
            "there is no database of the portal yet: bring it back first"
        )
    if unknown := migrate.unknown_migrations():
        raise click.UsageError(
            f"the database has {max(unknown)}, this version knows"
            f" {migrate.newest_migration()} at most: install the version it was used with"
        )
    if snapshot.is_recovering():
        raise click.UsageError(
            "the database is a standby, or still being recovered: let it take writes"
        )


def _moment(text: str, now: datetime) -> datetime:
    """Return the moment that was typed; it has its difference from UTC and is past."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{text} is no moment") from error
    if moment.tzinfo is None:
        raise click.UsageError(f"{text} does not tell its difference from UTC: +03:00")
    if moment > now:
        raise click.UsageError(f"{text} is still to come")
    return moment


def _end(faults: Iterable[str]) -> None:
    """Tell the faults; end with their code if there was any."""
    told = list(faults)
    for fault in told:
        click.echo(f"  {fault}", err=True)
    if told:
        raise SystemExit(WRONG)


def _put(context: Context, made: Copy) -> None:
    from cabinet.models import migrate, snapshot
    from cabinet.models.connection import open_database

    with tempfile.TemporaryDirectory(dir=context.settings.home) as work:
        plain = Path(work) / "plain"
        with plain.open("wb") as target:
            for piece in unpacked(made.file):
                target.write(piece)
        if snapshot.is_copy(plain) != made.engine:
            raise snapshot.SnapshotError(f"{made.file.name} holds no database")
        snapshot.put(plain)
    open_database(context.settings.database_url)
    click.echo(f"put back as of {made.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    for name in migrate.migrate():
        click.echo(f"applied {name}")


def _after(context: Context, back: Back) -> Iterator[str]:
    """Make what was brought back fit to be used; yield what is wrong with it."""
    from cabinet.models import snapshot
    from cabinet.services import erasure, ledger_night, restoring
    from cabinet.services.ledger_check import check_ledger

    yield from snapshot.faults()
    now = context.clock.now()
    voided = restoring.void(taken_at=back.taken_at, now=now)
    click.echo(
        f"ended {voided.sessions} sessions, {voided.links} links,"
        f" {voided.letters} letters with one"
    )
    erased = erasure.reapply(context.settings.home, now=now)
    click.echo(f"erased again {len(erased.erased)}")
    for number in erased.damaged:
        yield f"erased.txt: line {number} cannot be read"
    yield from _ask_banks(context, back, now)
    # What the copy left open is asked about from now on: it is judged by its own day.
    checks = ledger_night.checks(back.taken_at)
    yield from (found.line for found in check_ledger(checks))


def _ask_banks(context: Context, back: Back, now: datetime) -> Iterator[str]:
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
            found = restoring.learn(shop, taken_at=back.taken_at, now=now)
        except (UnclearError, RefusedError):
            yield f"{shop.name}: the acquirer does not answer; later: {back.asking}"
            continue
        total += found
        click.echo(
            f"{shop.name}: {found.payments} payments and {found.refunds} refunds put"
            f" back, {found.left} for a specialist"
        )
        if found.unheard:
            yield (
                f"{shop.name}: whether {found.unheard} payments were given back is not"
                f" known; later: {back.asking}"
            )
    told = restoring.tell(
        total,
        taken_at=back.taken_at,
        now=now,
        link=f"{settings.public_url}/staff/announcements",
    )
    click.echo(
        f"lost: what customers sent since {back.taken_at:%Y-%m-%d %H:%M} UTC, readings"
        f" among it; {told} of the office will have a letter"
    )
