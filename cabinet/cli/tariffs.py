"""Commands about dated rows: prices, rules, the key rate, norms."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cabinet.cli.context import open_installation
from cabinet.cli.imports import bring_in
from cabinet.web.billing_words import CATEGORIES, PLANS, ZONES

if TYPE_CHECKING:
    from cabinet.services.dated_rules import RuleFinding

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
        click.echo(_sentence(finding))
    if findings:
        raise SystemExit(1)
    click.echo("ни дыр, ни наложений нет")


TABLES = {
    "price": "цена",
    "range": "граница диапазона",
    "vat": "ставка НДС",
    "key_rate": "ключевая ставка",
    "due": "срок оплаты",
    "other": "правило",
}
FLAWS = {"hole": "нет строки", "overlap": "две строки", "empty": "строка без дней"}
WORDS = {**CATEGORIES, **PLANS, **ZONES, "household": "население"}


def _sentence(finding: "RuleFinding") -> str:
    """Return «цена, Тверская область, …: нет строки с 01.01.2026 по 30.09.2026»."""
    words = [TABLES[finding.table]]
    words += [
        f"диапазон {part}" if isinstance(part, int) else WORDS.get(str(part), str(part))
        for part in finding.key
    ]
    days = f"с {finding.days.starts:%d.%m.%Y}"
    if finding.days.ends is not None:
        days += f" по {finding.days.ends - timedelta(days=1):%d.%m.%Y}"
    return f"{', '.join(words)}: {FLAWS[finding.flaw]} {days}"
