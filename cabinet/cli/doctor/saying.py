"""How checks are asked one after the other, and their words told."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

import click

from cabinet.cli.context import Context
from cabinet.cli.doctor.words import FAULT, LEVELS, WARNING, Word, in_line
from cabinet.models.base import database
from cabinet.services.health import UNAVAILABLE

Check = Callable[[Context], Iterator[Word]]
Named = tuple[str, Check]
Said = tuple[str, Word]
FIRST = "сначала исправьте названное выше; затем ещё раз"


def ask(checks: Iterable[Named], context: Context) -> list[Said]:
    """Return what the checks say, each with the name of its check."""
    return [(name, word) for name, check in checks for word in _of(check, context)]


def tell(said: Iterable[Said], *, as_json: bool = False) -> None:
    """Print the words for people, or for programs."""
    if as_json:
        told = [{"name": name, **asdict(word)} for name, word in said]
        click.echo(json.dumps(told, indent=1))
        return
    for name, word in said:
        click.echo(f"{LEVELS[word.level]} {name:<13} {word.text}")
        if word.remedy:
            click.echo(f"{'':>17}→ {word.remedy}")


def is_ill(said: Iterable[Said]) -> bool:
    """Tell whether anything of it is a fault."""
    return any(word.level == FAULT for _, word in said)


def untold(_context: Context) -> Iterator[Word]:
    """Say that this was not looked at: it goes over the network."""
    yield Word(WARNING, "не проверено", "без --inside")


def _of(check: Check, context: Context) -> list[Word]:
    """Return what a check says; one that itself fails is a fault, and ends no other."""
    try:
        return list(check(context))
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        if isinstance(error, UNAVAILABLE) and database.is_closed():
            return [Word(FAULT, "не проверено: база не отвечает", FIRST)]
        text = f"проверить не удалось: {type(error).__name__}: {in_line(error)}"
        return [Word(FAULT, text, FIRST)]
