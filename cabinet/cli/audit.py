"""Commands about the audit log and its seals."""

import re
from pathlib import Path
from typing import Any

import click

from cabinet.cli.context import open_installation
from cabinet.services import audit_chain, audit_heads, audit_term

_OLDER: dict[str, Any] = {
    "multiple": True,
    "type": click.Path(exists=True, dir_okay=False, path_type=Path),
    "help": "File with a CABINET_SECRET_KEY used before the present one; repeatable.",
}


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


@audit.command("head")
def head() -> None:
    """Print the head of the chain in one line, to be kept outside this machine.

    The worker adds the same line to audit-heads.txt every day.
    """
    context = open_installation()
    entry_id, chain = audit_chain.find_sealed()
    if entry_id is None:
        click.echo("nothing is sealed yet", err=True)
        raise SystemExit(1)
    click.echo(f"{context.clock.now().isoformat()} {entry_id} {chain}")


@audit.command("remove")
@click.option("--older-secret", "older", **_OLDER)
def remove(older: tuple[Path, ...]) -> None:
    """Remove entries past their term; the worker does so, but knows one secret only.

    Needed after CABINET_SECRET_KEY was changed: entries sealed with the older one stay
    until it is given here.
    """
    context = open_installation()
    removed = audit_term.remove_due(
        secret=context.settings.secret_key,
        older=[_secret(path) for path in older],
        now=context.clock.now(),
    )
    click.echo(f"removed: {removed}")


@audit.command("verify")
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="HEX",
    help="A head that was kept elsewhere; it must be in the chain. Repeatable.",
)
@click.option(
    "--heads-file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A copy of audit-heads.txt; without it the one of CABINET_HOME is used.",
)
@click.option("--older-secret", "older", **_OLDER)
def verify(heads: tuple[str, ...], file: Path | None, older: tuple[Path, ...]) -> None:
    """Check the whole audit log; exit 1 and name the place when it was tampered with.

    Prints how many entries are good and the head of the chain. Heads that were kept are
    looked for in the chain: one that is missing tells that the end was cut off, or that
    the whole chain was made anew by somebody who knows the secret.
    """
    if not all(re.fullmatch(r"[0-9a-f]{64}", head) for head in heads):
        raise click.UsageError("--head is 64 digits and letters from a to f")
    context = open_installation()
    verdict = audit_chain.verify(
        secret=context.settings.secret_key,
        older=[_secret(path) for path in older],
        heads=[*heads, *kept_heads(file or context.settings.home / audit_heads.NAME)],
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


def _secret(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def kept_heads(path: Path) -> list[str]:
    """Return the heads of the file that the log still reaches back to."""
    begins = audit_term.begins_after()
    return [head.chain for head in audit_heads.read(path) if head.entry_id >= begins]
