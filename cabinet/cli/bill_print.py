"""The command that prints the receipts of those who get them on paper."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cabinet.cli.bill import STOPPED, MonthType, progress
from cabinet.cli.context import Context, open_installation

if TYPE_CHECKING:
    from flask import Flask

    from cabinet.domain.period import Month
    from cabinet.jobs.printing import Press
    from cabinet.models import Branch
    from cabinet.pdf.receipt import Doors


@click.command("print")
@click.argument("month", type=MonthType(), metavar="MONTH")
@click.option("--branch", "code", required=True, help="The branch of this code.")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the files go; made if it is not there.",
)
def print_receipts(month: "Month", code: str, folder: Path) -> None:
    """Print the receipts of MONTH (2026-10) for those who get them on paper.

    One PDF a postal route, its receipts numbered and in the order of the addresses; a
    long route has several. Nobody is in them who agreed to a letter instead. A file
    appears whole or not at all: a command that was killed goes on when it is run again
    with the same folder, and several at once share the work. Who is in which file is
    settled by the first; for a new print take a new folder.

    Exit codes: 0 done, 1 no receipts or some that cannot be drawn, 2 wrong use.
    """
    from cabinet.jobs.printing import Press
    from cabinet.services.bills import paper

    context = open_installation()
    try:
        branch = paper.find_branch(code)
    except paper.BranchUnknown as error:
        raise click.UsageError(f"no branch of the code {code}") from error
    press = Press(folder, branch, month)
    try:
        press.plan(now=context.clock.now())
    except paper.NoReceipts as error:
        click.echo(f"{branch.name}, {month}: опубликованных квитанций нет", err=True)
        raise SystemExit(STOPPED) from error
    _print(context, press)
    if press.broken:
        click.echo(f"не нарисовать: {', '.join(press.broken)}", err=True)
        raise SystemExit(STOPPED)


def _print(context: Context, press: "Press") -> None:
    """Make the files that are not there, saying each."""
    from cabinet.app import create_app

    now = context.clock.now()
    sheaves = press.plan(now=now)
    todo = [sheaf for sheaf in sheaves if not press.is_there(sheaf)]
    app = create_app(context.settings, clock=context.clock)
    made = 0
    what = f"{press.branch.name}, {press.month}: печать"
    total = sum(sheaf.count for sheaf in todo)
    with app.app_context(), progress(what, total, by_rise=True) as report:
        doors = _doors(app, context, press.branch)
        for sheaf in todo:
            if press.run(sheaf, doors, now=now, report=report):
                made += sheaf.count
                click.echo(f"{sheaf.name}: {sheaf.count}")
    click.echo(
        f"{press.branch.name}, {press.month}: напечатано {made},"
        f" всего на бумаге {sum(sheaf.count for sheaf in sheaves)}"
    )


def _doors(app: "Flask", context: Context, branch: "Branch") -> "Doors":
    """Return where the receipts lead to; without an address of the portal nowhere."""
    from cabinet.pdf.receipt import Doors
    from cabinet.web import bank

    url = context.settings.public_url
    if not url:
        return Doors()
    addresses = app.url_map.bind("localhost")
    has_cards = bank.shops().of_branch(branch.code) is not None
    return Doors(
        pay=url + addresses.build("payments.guest.form") if has_cards else "",
        readings=url + addresses.build("guest.start"),
    )
