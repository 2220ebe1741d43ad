"""Commands of our own billing, and how a run looks on a terminal."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import click

from cabinet.cli.context import Context, open_installation
from cabinet.cli.words import CATEGORIES, PLANS, ZONES, roubles

if TYPE_CHECKING:
    from cabinet.domain.period import Month
    from cabinet.models import BillRun, Branch
    from cabinet.services.billing.issuing import Preview
    from cabinet.services.billing.terms import Missing

STOPPED = 1
UNUSABLE = 2
_SAY_EVERY = 1.0

T = TypeVar("T", bound=StrEnum)

BASES = {"actual": "по показаниям", "average": "по среднему", "norm": "по нормативу"}
ODDITIES = {
    "much_more": "втрое больше прошлого месяца",
    "nothing": "ноль после ненулевого месяца",
    "given_back": "месяц со знаком минус",
    "by_norm": "по нормативу при счётчике",
    "unverified": "поверка истекла",
    "unclosed": "нет конечных показаний снятого счётчика",
    "checked": "по акту контрольной проверки",
}
HOLDS = {
    "no_norm": "нет норматива у лицевого счёта",
    "registers": "показания не по зонам счётчика",
    "meter": "нет счётчика прошлой квитанции",
    "gap": "пропущен месяц перед этим",
}
TABLES = {
    "price": "цена",
    "range_limit": "граница диапазона",
    "vat": "ставка НДС",
    "due_day": "срок оплаты",
    "key_rate": "ключевая ставка",
    "key rate": "ключевая ставка",
    "penalty_share": "доля ставки пени",
    "daily share": "доля ставки пени",
    "heating_season": "отопительный сезон",
    "social_norm": "социальная норма",
}
STATES = {
    "prepared": "подготовлен",
    "issuing": "выставляется",
    "issued": "выставлен, ждёт проверки",
    "publishing": "публикуется",
    "published": "опубликован",
    "cancelled": "отменён",
    "stopped": "остановлен: не хватает строк",
}


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
    from cabinet.services.billing import runs

    context = open_installation()
    code_ = 0
    for branch in _branches(code, number):
        try:
            is_done = _issue(context, branch, month, number, dry_run=dry_run)
            if is_done and is_published:
                _publish(context, branch, month)
        except runs.RunError as error:
            _say_refused(branch, month, error)
            is_done = False
        if not is_done:
            code_ = STOPPED
    if code_:
        raise SystemExit(code_)


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
    from cabinet.services.billing import runs

    context = open_installation()
    is_clean = True
    for branch in _branches(code, None):
        try:
            act(context, branch, month)
        except runs.RunError as error:
            _say_refused(branch, month, error)
            is_clean = False
    if not is_clean:
        raise SystemExit(STOPPED)


def _branches(code: str | None, number: str | None) -> "list[Branch]":
    """Return the branches meant; ends the command where there is none."""
    from cabinet.services.billing import runs

    try:
        found = runs.own_branches(code, number)
    except runs.RunError as error:
        raise click.UsageError(_WHY[type(error).__name__].format(error)) from error
    if not found:
        raise click.UsageError("no branch bills by itself")
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
    from cabinet.services.billing import issuing, runs

    now = context.clock.now()
    runs.check_month(branch, month, now)
    only = None if number is None else runs.account_id_of(branch, number)
    run = runs.open_run(branch, month)
    if run is not None and run.state in {RunState.ISSUED, RunState.PUBLISHING}:
        click.echo(f"{branch.name}, {month}: уже выставлен, ждёт публикации")
        return True
    if run is None or dry_run:
        with _progress(f"{branch.name}, {month}: расчёт") as said:
            preview = issuing.prepare(branch, month, only=only, report=said)
        if not preview.accounts and not preview.missing:
            click.echo(
                f"{branch.name}, {month}: все квитанции этого месяца уже выставлены"
            )
            return True
        click.echo(preview_text(branch.name, month, preview))
        if dry_run or preview.missing or not preview.bills:
            return not preview.missing
        run_id = runs.begin(
            branch,
            month,
            only=only,
            counts={"accounts": preview.accounts, "bills": preview.bills},
            actor=audit.SYSTEM,
            now=now,
        )
    else:
        run_id = run.id
        click.echo(f"{branch.name}, {month}: продолжаем начатый запуск {run_id}")
    with _progress(
        f"{branch.name}, {month}: черновики", _total(run_id), by_rise=True
    ) as said:
        is_done = issuing.issue(
            run_id, actor=audit.SYSTEM, clock=context.clock.now, report=said
        )
    shown = runs.shown(run_id)
    if not is_done:
        click.echo(missing_text(Counter(shown.missing)), err=True)
        return False
    click.echo(
        f"{branch.name}, {month}: {shown.done} черновиков,"
        f" начислено {roubles(shown.charged)}, к оплате {roubles(shown.closing)};"
        f" посмотреть: {shown.odd}, без квитанции: {shown.held}\n"
        f"  дальше: cabinet bill publish {month} --branch {branch.code}"
    )
    return True


def _publish(context: Context, branch: "Branch", month: "Month") -> None:
    from cabinet.services import audit
    from cabinet.services.billing import publishing, runs

    run = _open(branch, month)
    with _progress(
        f"{branch.name}, {month}: публикация", _total(run.id), by_rise=True
    ) as said:
        publishing.publish(
            run.id, actor=audit.SYSTEM, clock=context.clock.now, report=said
        )
    shown = runs.shown(run.id)
    click.echo(f"{branch.name}, {month}: опубликовано квитанций {shown.done}")


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


def _total(run_id: int) -> int:
    from cabinet.services.billing import runs

    return runs.shown(run_id).accounts


_WHY = {
    "BranchUnknown": "no branch has the code {}",
    "NotOwnBilling": "branch {} has its bills from another system",
    "AccountUnknown": "no household has the account number {}",
    "MonthNotOver": "месяц ещё не кончился",
    "RunOpen": "другой запуск этого месяца не закончен",
    "RunMoved": "запуск уже в другом состоянии: {}",
    "NoRun": "нет начатого запуска",
}


def _say_refused(branch: "Branch", month: "Month", error: Exception) -> None:
    why = _WHY[type(error).__name__].format(STATES.get(str(error), str(error)))
    click.echo(f"{branch.name}, {month}: {why}", err=True)


def preview_text(branch: str, month: "Month", preview: "Preview") -> str:
    """Return what a run would do as lines for a terminal."""
    lines = [
        f"{branch}, {month}",
        f"  лицевых счетов {preview.accounts:>9}   квитанций {preview.bills}",
        f"  {_counts(preview.bases, BASES)}",
        f"  на начало      {roubles(preview.opening)}",
        f"  начислено      {roubles(preview.charged)}",
        f"  месяцем раньше {roubles(preview.before)}",
        f"  перерасчёты    {roubles(preview.recalculated)}",
        f"  пени           {roubles(preview.penalty)}",
        f"  льготы         {roubles(-preview.benefit)}",
        f"  поступило      {roubles(preview.paid)}",
        f"  к оплате       {roubles(preview.closing)}",
    ]
    if preview.oddities:
        lines.append(f"  посмотреть: {_counts(preview.oddities, ODDITIES)}")
    if preview.held:
        lines.append(f"  без квитанции: {_counts(preview.held, HOLDS)}")
    if preview.missing:
        lines.append(missing_text(preview.missing))
    return "\n".join(lines)


def missing_text(missing: "Mapping[Missing, int]") -> str:
    """Return what is missing, a line each: the table, what is sought, the day."""
    lines = ["  не хватает строк, квитанции не выставлены:"]
    for one in sorted(missing, key=str):
        words = [TABLES.get(one.what, one.what)]
        words += [_word(part) for part in one.key.split(", ") if part]
        day = f" на {one.day:%d.%m.%Y}" if one.day else ""
        lines.append(f"    {', '.join(words)}{day}")
    return "\n".join(lines)


def _word(part: str) -> str:
    if part.isdecimal():
        return f"диапазон {part}"
    return {**CATEGORIES, **PLANS, **ZONES, "household": "население"}.get(part, part)


def _counts(counts: Counter[T], words: Mapping[str, str]) -> str:
    return ", ".join(f"{words[str(key)]} {count}" for key, count in counts.items())


@contextmanager
def _progress(
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


def progress_text(what: str, done: int, total: int, seconds: float) -> str:
    """Return «Курск, 2026-10: черновики 12000 из 40000, 3100 в секунду, осталось 9 с»."""
    rate = done / seconds if seconds else 0
    text = f"{what} {done}"
    if total:
        text += f" из {total}"
    text += f", {rate:.0f} в секунду"
    if total and rate:
        text += f", осталось {max(total - done, 0) / rate:.0f} с"
    return text.ljust(79)
