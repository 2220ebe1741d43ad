"""Commands about the customers' subledger."""

import click

from cabinet.cli.context import open_installation
from cabinet.services.ledger_check import CHECKS, check_ledger
from cabinet.services.payments import invariants


@click.group()
def ledger() -> None:
    """Prove the ledger of charges and payments."""


@ledger.command("check")
def check() -> None:
    """Check balances, entries and bills against each other; changes nothing.

    Prints a line for each thing that does not hold, with the number of the account and
    what to do about it. Exit 0 when all holds, 1 when something does not.
    """
    context = open_installation()
    count = 0
    for finding in check_ledger((*CHECKS, *invariants.checks(context.clock.now()))):
        click.echo(finding.line)
        count += 1
    click.echo(f"findings: {count}", err=bool(count))
    if count:
        raise SystemExit(1)
