"""Commands about the customers' subledger."""

from collections import Counter

import click
from peewee import PeeweeException

from cabinet.cli.context import open_installation
from cabinet.services import ledger_night
from cabinet.services.ledger_check import check_ledger
from cabinet.services.ledger_night import Outcome


@click.group()
def ledger() -> None:
    """Prove the ledger of charges and payments."""


@ledger.command("check")
def check() -> None:
    """Check balances, entries and bills against each other; mends nothing.

    Prints a line for each thing that does not hold, with the number of the account and
    what to do about it. Exit 0 when all holds, 1 when something does not. `cabinet work`
    does the same every night; how many were found last is told by `cabinet doctor`.
    """
    context = open_installation()
    begun = context.clock.now()
    checks = ledger_night.checks(begun)
    found: Counter[str] = Counter()
    for finding in check_ledger(checks):
        click.echo(finding.line)
        found[finding.invariant] += 1
    outcome = Outcome(
        begun=begun,
        ended=context.clock.now(),
        checks=tuple(ledger_night.name_of(one) for one in checks),
        found=found,
    )
    click.echo(f"findings: {outcome.findings}", err=bool(outcome.findings))
    try:
        ledger_night.keep(outcome)
    except PeeweeException as error:
        # A copy that only reads is proved all the same.
        click.echo(f"not noted: {str(error).strip()}", err=True)
    if outcome.findings:
        raise SystemExit(1)
