"""The command that makes files for other systems."""

import secrets
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cabinet.cli.bill import MonthType
from cabinet.cli.context import open_installation
from cabinet.domain.outgoing import ENCODINGS as KNOWN
from cabinet.domain.outgoing import FORMATS, TEXTS, Encoding, OutFormat, OutKind

if TYPE_CHECKING:
    from cabinet.domain.period import Month

ENCODINGS = {
    "utf-8": Encoding.UTF8,
    "cp1251": Encoding.CP1251,
    "cp866": Encoding.CP866,
    "koi8-r": Encoding.KOI8R,
}
DECIMALS = {"comma": ",", "point": "."}


@click.command("out")
@click.argument("kind", type=click.Choice([str(kind) for kind in OutKind]))
@click.argument("month", type=MonthType(), metavar="MONTH")
@click.option("--branch", "code", required=True, help="The branch of this code.")
@click.option(
    "--format",
    "format_",
    type=click.Choice([str(each) for each in OutFormat]),
    help="How it is written; otherwise as is usual for the kind.",
)
@click.option(
    "--first", type=click.DateTime(["%Y-%m-%d"]), help="Payments from this day."
)
@click.option("--last", type=click.DateTime(["%Y-%m-%d"]), help="Payments to this day.")
@click.option(
    "--encoding",
    type=click.Choice(list(ENCODINGS)),
    help="The alphabet of this text; otherwise as the branch has settled.",
)
@click.option(
    "--decimal",
    type=click.Choice(list(DECIMALS)),
    help="The sign before decimals in it; otherwise as the branch has settled.",
)
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the file goes; made if it is not there.",
)
def out(
    kind: str,
    month: "Month",
    *,
    code: str,
    format_: str | None,
    first: datetime | None,
    last: datetime | None,
    encoding: str | None,
    decimal: str | None,
    folder: Path,
) -> None:
    """Make a file of KIND for MONTH (2026-10) and put it into a folder.

    readings: what no file has had yet, up to the month; debts: Sberbank's registry;
    payments: those of the month or of the days; silent: who sent no reading. The file
    stays in the back office as well and can be taken again there.

    Exit codes: 0 done, 1 it could not be made, 2 wrong use.
    """
    from cabinet.services import outgoing
    from cabinet.services.audit import SYSTEM

    context = open_installation()
    chosen = OutFormat(format_) if format_ else FORMATS[OutKind(kind)][0]
    if chosen not in FORMATS[OutKind(kind)]:
        words = ", ".join(FORMATS[OutKind(kind)])
        raise click.UsageError(f"{kind} is written as {words}")
    if (encoding or decimal) and chosen not in TEXTS:
        raise click.UsageError(f"{chosen} has an alphabet and signs of its own")
    alphabet = ENCODINGS[encoding] if encoding else None
    if alphabet and alphabet not in KNOWN[OutKind(kind)]:
        raise click.UsageError(f"{kind} is not written in {encoding}")
    wish = outgoing.Wish(
        branch=code,
        kind=OutKind(kind),
        format=chosen,
        month=month,
        first=first.date() if first else None,
        last=last.date() if last else None,
        encoding=alphabet,
        decimal=DECIMALS[decimal] if decimal else None,
        key=secrets.token_hex(16),
    )
    now = context.clock.now()
    try:
        public_id = outgoing.ask(None, wish, actor=SYSTEM, now=now)
    except outgoing.OutNotFoundError as error:
        raise click.UsageError(f"no branch of the code {code}") from error
    outgoing.make_asked(public_id, clock=context.clock.now)
    found = outgoing.take(None, public_id, actor=SYSTEM, now=context.clock.now())
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{found.name}.part"
    with part.open("wb") as stream:
        stream.writelines(found.pieces)
    part.replace(folder / found.name)
    click.echo(f"{found.name}: {found.size} байт")
