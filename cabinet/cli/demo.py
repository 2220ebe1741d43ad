"""The command that makes the demonstration."""

import shutil
import time
from pathlib import Path

import click

from cabinet.cli.context import WRONG_SETTINGS, open_installation, read_settings


@click.command()
@click.option("--reset", is_flag=True, help="Drop the demo's data and start over.")
def demo(*, reset: bool) -> None:
    """Make the demonstration in the data folder, or leave the one that is there.

    Migrates the database, loads prices, rules, a sample registry and people to sign in
    as. Works in demo mode only.
    """
    from cabinet.models import migrate
    from cabinet.services import searching
    from cabinet.services.demo import PASSWORD, PEOPLE, load_demo

    settings = read_settings()
    if not settings.is_demo:
        click.echo("cabinet: the demo needs CABINET_MODE=demo", err=True)
        raise SystemExit(WRONG_SETTINGS)
    if reset:
        _clear(settings.home, settings.database_url)
    context = open_installation(needs_schema=False)
    migrate.migrate()
    started = time.monotonic()
    for told in load_demo(
        pepper=settings.secret_key, words=settings.words, now=context.clock.now()
    ):
        click.echo(f"   {told}")
    # Whoever looks at once finds people by name; later the worker keeps it so.
    searching.make_due()
    click.echo(f"   the demo is ready ({time.monotonic() - started:.1f} s); sign in as")
    for person in PEOPLE:
        click.echo(f"   {person.email:<24}{person.role}")
    click.echo(f"   password of each: {PASSWORD}; the codes of staff are at /demo")


def _clear(home: Path, database_url: str) -> None:
    """Remove what an earlier demonstration left: databases, mail, clock, the erased."""
    kept = "sqlite:///"
    if not database_url.startswith(kept):
        click.echo(
            "cabinet: --reset works on SQLite; drop the database yourself", err=True
        )
        raise SystemExit(WRONG_SETTINGS)
    path = Path(database_url.removeprefix(kept))
    for suffix in ("", "-wal", "-shm", ".migrating"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    bank = [f"emulator.sqlite3{suffix}" for suffix in ("", "-wal", "-shm")]
    for name in ("clock.json", "erased.txt", *bank):
        (home / name).unlink(missing_ok=True)
    shutil.rmtree(home / "mail", ignore_errors=True)
