"""The command that brings an installation to a new version, with a copy to go back to."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, timedelta
from pathlib import Path

import click
from peewee import PeeweeException

from cabinet.cli.backup import Copy, sound_copy, take_copy
from cabinet.cli.context import Context, open_installation
from cabinet.cli.doctor import database, machine, saying
from cabinet.cli.doctor.words import FAULT, WELL, Word
from cabinet.cli.running import make_words
from cabinet.models import migrate, presence, snapshot
from cabinet.models.base import database as opened
from cabinet.models.base import on_sqlite
from cabinet.services import ledger_night
from cabinet.services.ledger_check import check_ledger

WRONG = 1
#: A copy taken earlier counts for so long.
FRESH = timedelta(hours=1)
#: Of findings of the ledger so many are told; `cabinet ledger check` tells all.
SHOWN = 10


@click.command()
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the copy; else `backups` in CABINET_HOME.",
)
@click.option(
    "--copy",
    "note",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Note (cabinet-*.json) of a copy of the last hour, in place of a new one.",
)
@click.option(
    "--no-backup", is_flag=True, help="Take no copy; not on SQLite in production."
)
def upgrade(folder: Path | None, note: Path | None, *, no_backup: bool) -> None:
    """Bring the database to this version: check, copy, migrate, check again.

    Run it once the new version is installed; a second time changes nothing, two at once
    wait for each other. All migrations are one transaction: where one fails, or the
    command is killed, the database is as it was. What to restart and how to go back is
    told at the end. Exit codes: 0 done, 1 faults that were told, 2 wrong use.
    """
    context = open_installation(needs_schema=False)
    _refuse_no_copy(context, note, no_backup=no_backup)
    if not migrate.last_migration():
        raise click.UsageError("база пуста: сначала cabinet migrate")
    folder = folder or context.settings.home / "backups"
    with ExitStack() as stack:
        stack.enter_context(
            migrate.alone(
                migrate.UPGRADING, lambda: click.echo("идёт другое обновление: жду")
            )
        )
        if not migrate.missing_migrations():
            click.echo("обновлять нечего: все таблицы этой версии на месте")
            _after(context, None)
            return
        _before(context, None if note or no_backup else folder)
        made = _copied(context, folder, note, no_backup=no_backup)
        _migrate()
        _after(context, made)
    _next_steps(made)


def _refuse_no_copy(context: Context, note: Path | None, *, no_backup: bool) -> None:
    if note and no_backup:
        raise click.UsageError("--copy и --no-backup вместе не имеют смысла")
    is_needed = not context.settings.is_demo and snapshot.engine() == "sqlite"
    if no_backup and is_needed:
        raise click.UsageError(
            "без копии базу SQLite в работе не обновляют; копия последнего часа,"
            " снятая иначе: --copy ОПИСАНИЕ"
        )


def _before(context: Context, folder: Path | None) -> None:
    """Look at what matters now; a fault ends the command before anything is changed."""
    click.echo("Проверки до обновления")
    checks: list[saying.Named] = [
        ("папка данных", machine.home),
        ("диск", machine.disk),
        ("база", _changes),
        ("версия", _is_known),
    ]
    if folder is not None:
        checks.append(("место копии", lambda _: _room(folder)))
    said = saying.ask(checks, context)
    saying.tell(said)
    if saying.is_ill(said):
        click.echo("cabinet: ничего не изменено", err=True)
        raise SystemExit(WRONG)


def _changes(_context: Context) -> Iterator[Word]:
    """Tell whether the database is whole, and lets tables be made: one, taken back."""
    try:
        database.take_back(
            lambda: opened.execute_sql("CREATE TABLE cabinet_trial (id INTEGER)")
        )
    except PeeweeException as error:
        yield Word(
            FAULT,
            f"не даёт менять таблицы: {str(error).strip()}",
            "дайте учётной записи базы право создавать таблицы",
        )
        return
    faults = list(snapshot.faults()) if on_sqlite() else []
    for fault in faults:
        yield Word(FAULT, fault, "восстановите базу из копии: cabinet restore")
    if not faults:
        yield Word(WELL, f"{snapshot.engine()}: таблицы можно менять")


def _is_known(_context: Context) -> Iterator[Word]:
    unknown = migrate.unknown_migrations()
    if unknown:
        yield Word(
            FAULT,
            f"база новее программы: {', '.join(unknown)}",
            "поставьте ту версию, которой база обновлена",
        )
        return
    yield Word(WELL, f"{migrate.last_migration()} → {migrate.newest_migration()}")


def _room(folder: Path) -> Iterator[Word]:
    """Tell whether the copy finds room: plain first, then packed beside it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    needed, free = 2 * snapshot.size(), shutil.disk_usage(folder).free
    text = f"{folder}: нужно {needed // machine.MEGABYTE} МБ, свободно {free // machine.MEGABYTE} МБ"
    if free < needed:
        yield Word(FAULT, text, "освободите место или назовите другую папку: --to")
        return
    yield Word(WELL, text)


def _copied(
    context: Context, folder: Path, note: Path | None, *, no_backup: bool
) -> Copy | None:
    """Return the copy to go back to: a new one, or the one that was named."""
    click.echo("Копия")
    if no_backup:
        click.echo("  ! не снимается: вернуться можно будет только к своей копии")
        return None
    if note is not None:
        made = sound_copy(note)
        age = context.clock.now().astimezone(UTC) - made.taken_at
        if age > FRESH or made.schema != migrate.last_migration():
            raise click.UsageError(
                f"{note.name}: нужна копия этой базы, снятая за последний час"
            )
    else:
        try:
            made = take_copy(context, folder)
        except snapshot.SnapshotError as error:
            click.echo(f"cabinet: {error}; ничего не изменено", err=True)
            raise SystemExit(WRONG) from error
    click.echo(f"  ✓ {made.note}")
    return made


def _migrate() -> None:
    click.echo("Таблицы")
    try:
        applied = migrate.migrate()
    except migrate.MigrationFailedError as error:
        click.echo(
            f"cabinet: обновление {error.name} не прошло, база осталась какой была\n"
            f"  {error}\n"
            "  прежняя версия программы работает с ней по-прежнему; поставьте её и"
            " сообщите об ошибке",
            err=True,
        )
        raise SystemExit(WRONG) from error
    for name in applied:
        click.echo(f"  ✓ {name}")
    make_words()


def _after(context: Context, made: Copy | None) -> None:
    """Prove what came out; a fault is told with the way back."""
    click.echo("Проверки после обновления")
    said = saying.ask(
        [
            ("таблицы", database.schema),
            ("база", database.answers),
            ("книга", _ledger),
        ],
        context,
    )
    saying.tell(said)
    if saying.is_ill(said):
        if made:
            click.echo(f"cabinet: как вернуться: {_way_back(made)}", err=True)
        raise SystemExit(WRONG)


def _ledger(context: Context) -> Iterator[Word]:
    found = list(check_ledger(ledger_night.checks(context.clock.now())))
    for finding in found[:SHOWN]:
        yield Word(FAULT, finding.line, "исправьте; проверит cabinet ledger check")
    if len(found) > SHOWN:
        yield Word(FAULT, f"всего {len(found)}", "cabinet ledger check назовёт все")
    if not found:
        yield Word(WELL, "остатки, проводки, квитанции и платежи сходятся")


def _next_steps(made: Copy | None) -> None:
    click.echo("Обновлено.")
    now = " (сейчас работают прежние)" if presence.is_in_use() else ""
    click.echo(f"  → перезапустите cabinet serve и cabinet work на каждой машине{now}")
    click.echo("  → затем: cabinet doctor")
    if made:
        click.echo(f"  → вернуться: {_way_back(made)}")


def _way_back(made: Copy) -> str:
    return (
        "остановите cabinet serve и cabinet work, поставьте прежнюю версию и выполните"
        f" cabinet restore {made.note} --replace; принятое после копии вернут только"
        " банки, показания и обращения пропадут"
    )
