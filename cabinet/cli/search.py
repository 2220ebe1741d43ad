"""Commands about the words that accounts are found by."""

import click

from cabinet.cli.context import open_installation
from cabinet.services import searching


@click.group()
def search() -> None:
    """Keep the words that accounts are found by."""


@search.command("rebuild")
def rebuild() -> None:
    """Make the words of all accounts anew; interrupted it goes on with `catch-up`.

    Triggers and the worker keep them: this is for a doubt, or after a new version that
    finds by other words. Accounts are found meanwhile, by the words they had.
    """
    open_installation()
    searching.start_anew()
    _make()


@search.command("catch-up")
def catch_up() -> None:
    """Make the words of accounts that wait for them; the worker does so by itself."""
    open_installation()
    _make()


@search.command("status")
def status() -> None:
    """Tell how many accounts wait for their words; exit 1 if any does."""
    open_installation()
    found = searching.kept()
    click.echo(f"accounts: {found.accounts}, waiting: {found.due}")
    if found.due:
        raise SystemExit(1)


def _make() -> None:
    due = searching.kept().due

    def report(done: int) -> None:
        if due > searching.AT_ONCE:
            click.echo(f"{done} of {max(due, done)}", err=True)

    click.echo(f"made: {searching.make_due(report=report)}")
