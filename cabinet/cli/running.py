"""Commands that run the portal: migrate, serve, work, check."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from cabinet.app import create_app
from cabinet.cli.context import WRONG_SETTINGS, open_installation
from cabinet.cli.server import GRACE_SECONDS, Server
from cabinet.config import logs
from cabinet.jobs.worker import work as work_on
from cabinet.models import migrate as schema
from cabinet.models import presence
from cabinet.models.connection import close_database
from cabinet.services import health, searching
from cabinet.web import compiled, counting

#: So many accounts get the words they are found by at once: some seconds.
AT_MIGRATION = 20_000


@click.command()
def migrate() -> None:
    """Bring the database schema up to date."""
    open_installation(needs_schema=False)
    try:
        applied = schema.migrate()
    except schema.MigrationFailedError as error:
        click.echo(f"cabinet: {error}; nothing was changed", err=True)
        raise SystemExit(1) from error
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("the schema is current")
    make_words()


def make_words() -> None:
    """Make the words that accounts are found by, unless there are too many for now."""
    due = searching.kept().due
    if 0 < due <= AT_MIGRATION:
        click.echo(f"words of the search: {searching.make_due()} accounts")
    elif due:
        click.echo(f"words of the search: {due} accounts wait for the worker")


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on."
)
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", default=2, show_default=True, help="Worker processes.")
@click.option(
    "--grace",
    default=GRACE_SECONDS,
    show_default=True,
    help="Seconds to finish what has begun when stopped; then it is cut off.",
)
def serve(host: str, port: int, workers: int, grace: int) -> None:
    """Serve the portal."""
    context = open_installation()
    app = create_app(context.settings, clock=context.clock)
    form = context.settings.watch.log
    logs.set_up(form)
    # Once for all workers that are ever forked, those in the place of dead ones too.
    compiled.make_ready(app, context.settings.home / "cache" / "templates")
    # The workers open their own; none may be shared through a fork.
    close_database()
    with _present():
        counting.share(context.settings.home)
        Server(app, host=host, port=port, workers=workers, grace=grace, log=form).run()


@click.command()
def work() -> None:
    """Send mail and run jobs until stopped; any number may run."""
    context = open_installation()
    app = create_app(context.settings, clock=context.clock)
    logs.set_up(context.settings.watch.log)
    with _present():
        work_on(app, context.settings, context.clock)


@contextmanager
def _present() -> Iterator[None]:
    """Say that the database is in use; ends the command while it is being replaced."""
    with ExitStack() as stack:
        try:
            stack.enter_context(presence.present())
        except presence.InUseError as error:
            click.echo(
                "cabinet: the database is being moved or put back; start again after it",
                err=True,
            )
            raise SystemExit(WRONG_SETTINGS) from error
        yield


@click.command()
def check() -> None:
    """Check the settings, the database and its schema; exit 1 on a fault."""
    open_installation(needs_schema=False)
    faults = health.faults()
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise SystemExit(1)
    click.echo("all is well")
