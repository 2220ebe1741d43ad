"""The command that brings files of other systems in, and how its report looks."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cabinet.cli.context import Context, open_installation
from cabinet.cli.words import roubles

if TYPE_CHECKING:
    from cabinet.exchange.faults import Fault
    from cabinet.services.importing import ImportReport

FAULTS_FOUND = 1
UNUSABLE = 2

KINDS = {
    "accounts": "лицевые счета",
    "meters": "счётчики",
    "readings": "показания",
    "charges": "начисления",
    "payments": "платежи",
    "counted": "что учтено в квитанциях",
    "benefits": "льготы",
    "papers": "документы организаций",
    "tariffs": "цены",
    "rules": "правила",
    "key_rates": "ключевая ставка",
    "norms": "нормативы",
}
REGISTRIES = (
    "accounts",
    "meters",
    "readings",
    "charges",
    "payments",
    "counted",
    "benefits",
    "papers",
)


@click.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--kind",
    type=click.Choice(REGISTRIES),
    help="What the files are, where their header does not tell.",
)
def import_files(files: tuple[Path, ...], kind: str | None) -> None:
    """Bring in FILES of a billing system or a bank and report each row that did not pass.

    Accounts, meters, readings, charges, payments, what a billing system has counted and
    benefits as delimited text; the kind, the encoding and the delimiter are recognised.
    Several files are taken in the order in which they depend on each other. The same file
    twice changes nothing.

    Exit codes: 0 every row is in, 1 some rows were refused and told, 2 a file cannot be
    used and nothing of it was taken.
    """
    bring_in(open_installation(), files, KINDS if kind is None else (kind,), kind)


def bring_in(
    context: Context,
    files: tuple[Path, ...],
    allowed: "dict[str, str] | tuple[str, ...]",
    kind: str | None = None,
) -> None:
    """Import the files one after another, print the reports, end with the exit code."""
    from cabinet.exchange.faults import UnusableFile
    from cabinet.services.importing import import_file
    from cabinet.services.importing.door import kind_of

    code = 0
    ordered: list[tuple[int, Path, str]] = []
    for path in files:
        try:
            with path.open("rb") as stream:
                found = kind or kind_of(path.name, stream)
        except UnusableFile as error:
            _say_unusable(path, error.reason, error.line)
            code = UNUSABLE
            continue
        if found not in allowed:
            _say_unusable(path, f"здесь не нужны {KINDS[found]}", None)
            code = UNUSABLE
        else:
            ordered.append((list(KINDS).index(found), path, found))
    for _, path, found in sorted(ordered, key=lambda one: one[0]):
        try:
            with path.open("rb") as stream:
                report = import_file(
                    path.name,
                    stream,
                    kind=found,
                    folder=path.parent,
                    now=context.clock.now(),
                )
        except UnusableFile as error:
            _say_unusable(path, error.reason, error.line)
            code = UNUSABLE
            continue
        click.echo(report_text(report))
        if report.bad:
            code = max(code, FAULTS_FOUND)
    if code:
        raise SystemExit(code)


def report_text(report: "ImportReport") -> str:
    """Return the report as lines for a terminal."""
    counts = {str(outcome): rows for outcome, rows in report.counts.items()}
    good = "новых {new}, изменено {changed}, без изменений {same}"
    bad = "с ошибкой {faulty}, повторов {repeated}, в карантине {quarantined}"
    lines = [
        f"{report.file}: {KINDS[report.kind]}",
        f"  принято     {report.good:>7}  ({good.format_map(counts)})",
        f"  не принято  {report.bad:>7}  ({bad.format_map(counts)})",
    ]
    if report.amount is not None:
        lines.append(f"  сумма принятых {roubles(report.amount)}")
    if report.held:
        lines.append(f"  сумма в карантине {roubles(report.held)}")
    if report.control is not None:
        lines.append(f"  контрольная строка {roubles(report.control)}: сходится")
    if report.unexplained:
        lines.append(
            f"  суммы, которые не повторены по показаниям и ценам: {report.unexplained}"
        )
    lines += [f"  {note}" for note in report.notes]
    if report.seen_at is not None:
        lines.append(
            f"  этот файл уже загружен {report.seen_at:%d.%m.%Y}: ничего не изменено"
        )
    return "\n".join([*lines, *_fault_table(report.faults), ""])


def _fault_table(faults: "tuple[Fault, ...]") -> list[str]:
    if not faults:
        return []
    rows = [("строка", "столбец", "значение", "причина")]
    rows += [
        (
            str(fault.line),
            fault.column or "вся строка",
            _short(fault.value),
            fault.reason,
        )
        for fault in faults
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    return [
        f"  {line:>{widths[0]}}  {column:<{widths[1]}}  {value:<{widths[2]}}  {reason}"
        for line, column, value, reason in rows
    ]


def _short(value: str) -> str:
    """Return a value fit for one cell of a terminal."""
    shown = "".join(sign if sign.isprintable() else "·" for sign in value)
    return shown if len(shown) <= 32 else f"{shown[:31]}…"  # noqa: PLR2004 - a narrow column


def _say_unusable(path: Path, reason: str, line: int | None) -> None:
    where = f", строка {line}" if line else ""
    click.echo(f"{path.name}{where}: {reason}; ничего не загружено", err=True)
