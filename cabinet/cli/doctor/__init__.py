"""`cabinet doctor`: what is well with an installation, what is not, and what to do."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict

import click

from cabinet.cli.context import Context, open_installation
from cabinet.cli.doctor import database, machine, office, outside
from cabinet.cli.doctor.words import FAULT, LEVELS, Word

ILL = 1
CHECKS: tuple[tuple[str, Callable[[Context], Iterator[Word]]], ...] = (
    ("папка данных", machine.home),
    ("диск", machine.disk),
    ("шрифты", machine.fonts),
    ("база", database.answers),
    ("таблицы", database.schema),
    ("часы", database.clock),
    ("правила", office.rules),
    ("работник", office.worker),
    ("письма", office.letters),
    ("копии", office.copies),
    ("почта", outside.mail),
    ("ящик", outside.mailbox),
    ("адрес", outside.address),
    ("банки", outside.webhooks),
)


@click.command()
@click.option("--inside", is_flag=True, help="Nothing that goes over the network.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(*, inside: bool, as_json: bool) -> None:
    """Look at the whole installation and say what is wrong and what to do.

    Nothing is changed but a row that is written and taken back. What goes over the
    network (mail, mailbox, the public address, the acquirers' way to it) is tried for
    real. Exit codes: 0 well, or only warnings, 1 something is wrong, 2 the settings are.
    """
    context = open_installation(needs_schema=False)
    said = [
        (name, word)
        for name, check in CHECKS
        if not (inside and check.__module__ == outside.__name__)
        for word in _of(check, context)
    ]
    if as_json:
        click.echo(json.dumps([{"name": n, **asdict(w)} for n, w in said], indent=1))
    else:
        for name, word in said:
            click.echo(f"{LEVELS[word.level]} {name:<13} {word.text}")
            if word.remedy:
                click.echo(f"{'':>17}→ {word.remedy}")
    if any(word.level == FAULT for _, word in said):
        raise SystemExit(ILL)


def _of(check: Callable[[Context], Iterator[Word]], context: Context) -> list[Word]:
    """Return what a check says; one that itself fails is a fault, and ends no other."""
    try:
        return list(check(context))
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        return [Word(FAULT, f"проверить не удалось: {type(error).__name__}: {error}")]
