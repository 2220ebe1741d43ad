"""Commands of our own billing, and how a run looks on a terminal."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cabinet.cli.bill_text import (
    WHY,
    held_text,
    issued_text,
    missing_text,
    odd_text,
    preview_text,
    progress_text,
)
from cabinet.cli.context import Context, open_installation
from cabinet.web.billing_words import STATES

if TYPE_CHECKING:
    from cabinet.domain.period import Month
    from cabinet.models import BillRun, Branch
    from cabinet.services.billing.preview import Preview

STOPPED = 1
UNUSABLE = 2
_SAY_EVERY = 1.0


class MonthType(click.ParamType["Month"]):
    """A month like 2026-10."""

    name = "month"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> "Month":
        """Return the month."""
        from cabinet.domain.period import Month

        try:
            return Month.parse(value)
        except ValueError:
            self.fail(f"{value!r} is no month like 2026-10", param, ctx)


_month = click.argument("month", type=MonthType(), metavar="MONTH")
_branch = click.option(
    "--branch",
    "code",
    help="Only the branch of this code; otherwise each that bills by itself.",
)


@click.group()
def bill() -> None:
    """Bill a month from readings, prices, norms, benefits and payments.

    For branches that bill by themselves; others bring charges in by `cabinet import`.
    """


@bill.command()
@click.argument("code")
@click.option("--off", is_flag=True, help="Bills come from another system again.")
@click.option(
    "--norm",
    type=click.Choice(["settled", "stays"]),
    help="What readings that come again do with months charged by the norm.",
)
def own(code: str, norm: str | None, *, off: bool) -> None:
    """Let the branch CODE bill by itself, from the next month issued on.

    Charges from files are refused then; with --off they are taken again and nothing is
    issued. Refused while drafts wait. Exit 0 also when it is so already.
    """
    from cabinet.services import audit
    from cabinet.services.billing import runs, switching

    context = open_installation()
    try:
        is_changed = switching.set_own_billing(
            code,
            is_own=not off,
            settles_norm=None if norm is None else norm == "settled",
            actor=audit.SYSTEM,
            now=context.clock.now(),
        )
    except runs.BranchUnknown as error:
        raise click.UsageError(WHY["BranchUnknown"].format(error)) from error
    except runs.RunOpen as error:
        click.echo(f"{code}: {WHY['RunOpen']}", err=True)
        raise SystemExit(STOPPED) from error
    now = "квитанции загружают файлами" if off else "филиал выставляет квитанции сам"
    click.echo(f"{code}: {now}" if is_changed else f"{code}: так и есть, {now}")


@bill.command()
@_month
@_branch
@click.option("--account", "number", help="Only the account of this number.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--publish", "is_published", is_flag=True, help="Publish at once.")
def issue(
    month: "Month",
    code: str | None,
    number: str | None,
    *,
    dry_run: bool,
    is_published: bool,
) -> None:
    """Compute the bills of MONTH (2026-10) and keep them as drafts.

    First everything is computed and nothing written: a dated row that is missing stops
    it here, with the list of what is missing. Then the drafts are written; a command
    that was killed goes on when it is run again, and two at once share the work. Nobody
    sees a draft: look at what is unusual, then `cabinet bill publish` or `cancel`.

    Exit codes: 0 done, 1 rows are missing or a branch was left out, 2 wrong use.
    """
    from cabinet.domain.billing.run import RunError

    context = open_installation()
    code_ = 0
    for branch in _branches(code, number):
        try:
            is_done = _issue(context, branch, month, number, dry_run=dry_run)
            if is_done and is_published:
                _publish(context, branch, month)
        except RunError as error:
            _say_refused(branch, month, error)
            is_done = False
        if not is_done:
            code_ = STOPPED
    if code_:
        raise SystemExit(code_)


@bill.command()
@_month
@_branch
def review(month: "Month", code: str | None) -> None:
    """List the drafts of MONTH that are unusual, and the accounts without one.

    A line each, with a tab between the number of the account, what the month and the one
    before were charged, and why it is listed.
    """
    _each(code, month, _review)


@bill.command()
@_month
@_branch
def publish(month: "Month", code: str | None) -> None:
    """Let customers see the drafts of MONTH, and post them to the ledger.

    A command that was killed goes on when it is run again.
    """
    _each(code, month, _publish)


@bill.command()
@_month
@_branch
def cancel(month: "Month", code: str | None) -> None:
    """Drop the drafts of MONTH; what is published stays."""
    _each(code, month, _cancel)


def _each(
    code: str | None,
    month: "Month",
    act: "Callable[[Context, Branch, Month], None]",
) -> None:
    from cabinet.domain.billing.run import RunError

    context = open_installation()
    is_clean = True
    for branch in _branches(code, None):
        try:
            act(context, branch, month)
        except RunError as error:
            _say_refused(branch, month, error)
            is_clean = False
    if not is_clean:
        raise SystemExit(STOPPED)


def _branches(code: str | None, number: str | None) -> "list[Branch]":
    """Return the branches meant; ends the command where there is none."""
    from cabinet.domain.billing.run import RunError
    from cabinet.services.billing import runs

    try:
        found = runs.own_branches(code, number)
    except RunError as error:
        raise click.UsageError(WHY[type(error).__name__].format(error)) from error
    if not found:
        raise click.UsageError("no branch bills by itself (cabinet bill own CODE)")
    return found


def _issue(
    context: Context,
    branch: "Branch",
    month: "Month",
    number: str | None,
    *,
    dry_run: bool,
) -> bool:
    """Prepare and issue a branch's month; return whether its drafts are there."""
    from cabinet.domain.billing.run import RunState
    from cabinet.services import audit
    from cabinet.services.billing import issuing, reviewing, runs, slices

    now = context.clock.now()
    runs.check_month(branch, month, now)
    only = None if number is None else runs.account_id_of(branch, number)
    run = runs.open_run(branch, month)
    if run is not None and run.state in {RunState.ISSUED, RunState.PUBLISHING}:
        click.echo(f"{branch.name}, {month}: уже выставлен, ждёт публикации")
        return True
    if run is None or dry_run:
        with progress(f"{branch.name}, {month}: расчёт") as said:
            preview = issuing.prepare(branch, month, only=only, report=said)
        if not preview.accounts and not preview.missing:
            click.echo(
                f"{branch.name}, {month}: все квитанции этого месяца уже выставлены"
            )
            return True
        click.echo(_foreseen(branch, month, preview))
        if dry_run or preview.missing or not preview.bills:
            return not preview.missing
        total = preview.accounts
        run_id = runs.begin(
            branch,
            month,
            only=only,
            counts={"accounts": preview.accounts, "bills": preview.bills},
            actor=audit.SYSTEM,
            now=now,
        )
    else:
        run_id, total = run.id, run.counts.get("accounts", 0)
        click.echo(f"{branch.name}, {month}: продолжаем начатый запуск {run_id}")
        if run.state is RunState.PREPARING:
            with progress(f"{branch.name}, {month}: расчёт", by_rise=True) as said:
                preview = issuing.prepare_run(
                    run_id,
                    actor=audit.SYSTEM,
                    clock=context.clock.now,
                    report=said,
                    pause=slices.GAP,
                )
            total = preview.accounts
            click.echo(_foreseen(branch, month, preview))
            if preview.missing or not preview.bills:
                return not preview.missing
    with progress(f"{branch.name}, {month}: черновики", total, by_rise=True) as said:
        is_done = issuing.issue(
            run_id,
            actor=audit.SYSTEM,
            clock=context.clock.now,
            report=said,
            pause=slices.GAP,
        )
    shown = reviewing.shown(run_id)
    if not is_done:
        click.echo(missing_text(Counter(shown.missing)), err=True)
        return False
    click.echo(issued_text(shown))
    if shown.odd or shown.held:
        click.echo(f"  список: cabinet bill review {month} --branch {branch.code}")
    click.echo(f"  дальше: cabinet bill publish {month} --branch {branch.code}")
    return True


def _foreseen(branch: "Branch", month: "Month", preview: "Preview") -> str:
    from cabinet.models.base import reading
    from cabinet.services.billing import reviewing

    with reading():
        oddest = reviewing.oddest(preview)
    return preview_text(branch.name, month, preview, oddest)


def _publish(context: Context, branch: "Branch", month: "Month") -> None:
    from cabinet.services import audit
    from cabinet.services.billing import publishing, reviewing, slices

    run = _open(branch, month)
    with progress(
        f"{branch.name}, {month}: публикация",
        run.counts.get("accounts", 0),
        by_rise=True,
    ) as said:
        publishing.publish(
            run.id,
            actor=audit.SYSTEM,
            clock=context.clock.now,
            report=said,
            pause=slices.GAP,
        )
    shown = reviewing.shown(run.id)
    click.echo(f"{branch.name}, {month}: опубликовано квитанций {shown.done}")


def _review(context: Context, branch: "Branch", month: "Month") -> None:  # noqa: ARG001 - one of several
    from cabinet.services.billing import reviewing

    run = _open(branch, month)
    for odd in reviewing.odd_bills(run.id, month):
        click.echo(odd_text(odd))
    for held in reviewing.held_accounts(run.id):
        click.echo(held_text(held))


def _cancel(context: Context, branch: "Branch", month: "Month") -> None:
    from cabinet.services import audit
    from cabinet.services.billing import runs

    run = _open(branch, month)
    runs.cancel(run.id, actor=audit.SYSTEM, now=context.clock.now())
    click.echo(f"{branch.name}, {month}: запуск отменён, черновиков больше нет")


def _open(branch: "Branch", month: "Month") -> "BillRun":
    from cabinet.services.billing import runs

    run = runs.open_run(branch, month)
    if run is None:
        raise runs.NoRun(str(month))
    return run


def _say_refused(branch: "Branch", month: "Month", error: Exception) -> None:
    why = WHY[type(error).__name__].format(STATES.get(str(error), str(error)))
    click.echo(f"{branch.name}, {month}: {why}", err=True)


@contextmanager
def progress(
    what: str, total: int = 0, *, by_rise: bool = False
) -> Iterator[Callable[[int], None]]:
    """Say on a terminal how far it is, how fast it goes and how long it still takes.

    `by_rise` tells that each report is of how many more are done, not of how many.
    """
    began = said_at = time.monotonic()
    done = 0

    def report(count: int) -> None:
        nonlocal done, said_at
        done = done + count if by_rise else count
        now = time.monotonic()
        if sys.stderr.isatty() and now - said_at >= _SAY_EVERY:
            said_at = now
            click.echo(
                f"\r{progress_text(what, done, total, now - began)}", nl=False, err=True
            )

    yield report
    if sys.stderr.isatty() and said_at != began:
        click.echo(err=True)
