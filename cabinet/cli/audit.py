"""Commands about the audit log and its seals."""

import re
from pathlib import Path

import click

from cabinet.cli.context import open_installation
from cabinet.services import audit_chain


@click.group()
def audit() -> None:
    """Seal the audit log and check its seals."""


@audit.command("seal")
def seal() -> None:
    """Seal what was written since the last time; the worker does so each minute."""
    context = open_installation()
    sealed = audit_chain.seal(
        secret=context.settings.secret_key, now=context.clock.now()
    )
    click.echo(f"sealed: {sealed}, head {audit_chain.find_head() or '-'}")


@audit.command("verify")
@click.option(
    "--head",
    default="",
    metavar="HEX",
    help="A head that was printed before and kept elsewhere; it must be in the chain.",
)
@click.option(
    "--older-secret",
    "older",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with a CABINET_SECRET_KEY used before the present one; repeatable.",
)
def verify(head: str, older: tuple[Path, ...]) -> None:
    """Check the whole audit log; exit 1 and name the place when it was tampered with.

    Prints how many entries are good and the head of the chain. Keep the head outside
    this machine: the next check with --head then tells whether anything is missing.
    """
    if head and not re.fullmatch(r"[0-9a-f]{64}", head):
        raise click.UsageError("--head is 64 digits and letters from a to f")
    context = open_installation()
    verdict = audit_chain.verify(
        secret=context.settings.secret_key,
        older=[path.read_text(encoding="utf-8").strip() for path in older],
        head=head,
    )
    click.echo(
        f"good under seal: {verdict.count}, waiting: {verdict.waiting},"
        f" head {verdict.head or '-'}"
    )
    if verdict.damage is None:
        return
    click.echo(f"broken at entry {verdict.entry_id or '-'}: {verdict.damage}", err=True)
    if not verdict.count:
        click.echo("if CABINET_SECRET_KEY was changed, give --older-secret", err=True)
    raise SystemExit(1)
