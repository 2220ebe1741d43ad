"""The command that moves an installation from SQLite to Postgres."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cabinet.cli.context import Context, open_installation
from cabinet.models import migrate, presence
from cabinet.models.base import database, on_sqlite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cabinet.services.moving import Table

WRONG = 1
#: Of tables with so many rows it is told how far they have come.
SHOWN = 10_000
AGAIN = "Ничего не изменилось: прежняя база на месте, новая пуста. Можно повторить."


@click.command()
@click.argument("address", required=False)
@click.option(
    "--address-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that holds the address: the list of processes then shows no password.",
)
def move(address: str | None, address_file: Path | None) -> None:
    """Move the data from SQLite to the empty Postgres database at ADDRESS.

    ADDRESS is as in CABINET_DATABASE_URL: postgresql://user:password@host/name. Stop
    `cabinet serve` and `cabinet work` before: the command refuses where they run. The
    tables are made by the migrations, every row is streamed, and a digest of each table
    is computed on both sides and compared. All of it is one transaction: with any
    difference, or killed at any moment, the target stays empty, and the command may be
    given again. SQLite is only read, and stays.

    Exit codes: 0 moved and proved, 1 not moved, or moved with a ledger that does not
    hold, 2 wrong use.
    """
    from cabinet.services import moving

    context = open_installation()
    if bool(address) == bool(address_file):
        raise click.UsageError("назовите новую базу: АДРЕС или --address-file")
    url = address or Path(str(address_file)).read_text("utf-8").strip()
    if not url.startswith("postgresql://"):
        raise click.UsageError("новая база — это postgresql://…")
    if not on_sqlite():
        raise click.UsageError("настройки называют Postgres: переносить нечего")
    if migrate.unknown_migrations():
        raise click.UsageError("база новее программы: поставьте ту версию, что с ней")
    began = time.monotonic()
    source = Path(database.obj.database)
    try:
        with presence.absent():
            tables = moving.move(source, url, tell=_tell)
    except presence.InUseError as error:
        raise click.UsageError(
            "кабинет или работник запущен, или базу уже переносят: остановите"
            " cabinet serve и cabinet work"
        ) from error
    except moving.NotEmptyError as error:
        raise click.UsageError(str(error)) from error
    except moving.DifferentError as error:
        _show(error.tables)
        click.echo(f"cabinet: таблицы различаются. {AGAIN}", err=True)
        raise SystemExit(WRONG) from error
    except moving.MoveError as error:
        click.echo(f"cabinet: {error}. {AGAIN}", err=True)
        raise SystemExit(WRONG) from error
    _show(tables)
    rows = sum(table.source.rows for table in tables)
    click.echo(
        f"Перенесено: таблиц {len(tables)}, строк {rows}, дайджесты совпали"
        f" ({time.monotonic() - began:.0f} с)."
    )
    _check_ledger(context)
    _next_steps(source)


def _tell(table: str, done: int, count: int) -> None:
    if count >= SHOWN:
        click.echo(f"  {table}: {done} из {count}", err=True)


def _show(tables: "Iterable[Table]") -> None:
    """Print a line for each table: rows and digest, of both sides where they differ."""
    for table in tables:
        mark = "✓" if table.is_same else "✗"
        line = f"  {mark} {table.name:<24}{table.source.rows:>10}  {table.source.short}"
        if not table.is_same:
            line += f" → {table.target.rows} {table.target.short}"
        click.echo(line)


def _check_ledger(context: Context) -> None:
    """Prove the ledger where it lies now; findings came along from the source."""
    from cabinet.services import ledger_night
    from cabinet.services.ledger_check import check_ledger

    found = list(check_ledger(ledger_night.checks(context.clock.now())))
    for finding in found:
        click.echo(finding.line)
    if found:
        click.echo(
            "cabinet: строки перенесены все, но книга не сходится и в прежней базе",
            err=True,
        )
        raise SystemExit(WRONG)
    click.echo("Книга сходится.")


def _next_steps(source: Path) -> None:
    click.echo(
        "  → задайте новый адрес в CABINET_DATABASE_URL; CABINET_SECRET_KEY и\n"
        "    CABINET_HOME остаются прежними\n"
        "  → cabinet check, затем запустите cabinet serve и cabinet work\n"
        f"  → {source} больше никто не читает: уберите её к копиям, когда всё проверите"
    )
