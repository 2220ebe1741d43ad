"""Commands about dated rows: prices, rules, the key rate, norms."""

from pathlib import Path

import click

from cabinet.cli.context import open_installation
from cabinet.cli.imports import bring_in
from cabinet.web import rule_words

DATED = ("tariffs", "rules", "key_rates", "norms")


@click.group()
def tariffs() -> None:
    """Load prices and other dated rows, and check them."""


@tariffs.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
def load(files: tuple[Path, ...]) -> None:
    """Bring in FILES of prices, rules, key rates or norms.

    What a file is stands in its header. A row whose key is known changes the row. Exit
    codes are those of `cabinet import`.
    """
    bring_in(open_installation(), files, DATED)


@tariffs.command()
def check() -> None:
    """Look for holes and overlaps in dated rows; exit 1 if there are any."""
    from cabinet.services import dated_rules

    open_installation()
    findings = dated_rules.check()
    for finding in findings:
        click.echo(rule_words.finding(finding))
    if findings:
        raise SystemExit(1)
    click.echo("ни дыр, ни наложений нет")
