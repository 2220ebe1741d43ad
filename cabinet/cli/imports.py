"""The command that brings files of other systems in, and how its report looks."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cabinet.cli.context import Context, open_installation
from cabinet.cli.words import roubles

if TYPE_CHECKING:
    from cabinet.exchange.faults import Fault
    from cabinet.services.importing import ImportReport
    from cabinet.services.importing.tables import Layout

FAULTS_FOUND = 1
UNUSABLE = 2
#: Rows between two words on how far it is.
_TOLD_EVERY = 100_000

KINDS = {
    "accounts": "лицевые счета",
    "holders": "владельцы",
    "meters": "счётчики",
    "replacements": "замены счётчиков",
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
    "holders",
    "meters",
    "replacements",
    "readings",
    "charges",
    "payments",
    "counted",
    "benefits",
    "papers",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How files are taken: of which kind and branch, by which layout, or only looked at."""

    kind: str | None = None
    layout: "Layout | None" = None
    branch: str = ""
    is_dry: bool = False


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
@click.option(
    "--profile",
    metavar="NAME",
    help="Read the files by a saved profile: its name, or its file.",
)
@click.option(
    "--branch",
    "code",
    default="",
    help="The branch of this code: accounts of others are unknown.",
)
@click.option(
    "--dry-run", "is_dry", is_flag=True, help="Tell what would change, change nothing."
)
def import_files(
    files: tuple[Path, ...],
    *,
    kind: str | None,
    profile: str | None,
    code: str,
    is_dry: bool,
) -> None:
    """Bring in FILES of a billing system or a bank and report each row that did not pass.

    Delimited text, books of Excel, statements of 1C, registries of Sberbank and of
    Gorod; the kind, the encoding and the delimiter are recognised. Several files are
    taken in the order in which they depend on each other. A file goes in by parts: one
    that was interrupted goes on when the command is given again. The same file twice
    changes nothing. What came in goes back by `cabinet import-undo`.

    Exit codes: 0 every row is in, 1 some rows were refused and told, 2 a file cannot be
    used and nothing of it was taken.
    """
    context = open_installation()
    layout = None
    if profile:
        kind, layout = _layout(profile, kind)
    way = Way(kind=kind, layout=layout, branch=code, is_dry=is_dry)
    bring_in(context, files, KINDS if kind is None else (kind,), way)


@click.command("import-undo")
@click.argument("number", type=click.IntRange(1))
@click.option("--why", required=True, help="Why it goes back; written down.")
def undo_import(number: int, why: str) -> None:
    """Take the import of this NUMBER back whole, by rows that reverse it.

    Killed and given again it goes on. A corrected file may come in afterwards.

    Exit codes: 0 done, 1 something stands on it and is told, 2 there is no such import.
    """
    from cabinet.services.importing import OvertakenError, undoing

    context = open_installation()
    now = context.clock.now()
    try:
        undoing.take_back(number, why, now=now)
    except undoing.StandsOnError as error:
        click.echo(f"загрузка {number} не отменена:", err=True)
        for said in error.said:
            click.echo(f"  {said}", err=True)
        raise SystemExit(FAULTS_FOUND) from error
    except OvertakenError as error:
        click.echo(f"загрузки {number} нет, или она уже отменена", err=True)
        raise SystemExit(UNUSABLE) from error
    click.echo(f"загрузка {number} отменена")


def _layout(profile: str, kind: str | None) -> "tuple[str, Layout]":
    """Return the kind and the layout of a profile; ends the command without one."""
    from cabinet.exchange.faults import UnusableFile
    from cabinet.exchange.layout import read_layout
    from cabinet.services.importing import kept_profiles

    try:
        path = Path(profile)
        if path.is_file():
            kept = read_layout(path.read_bytes())
            layout = {**kept.shape.as_data(), "columns": dict(kept.columns)}
            return kind or kept.kind, layout
        known, told = kept_profiles.find(profile)
    except UnusableFile as error:
        _say_unusable(Path(profile), error.reason, error.line)
    except kept_profiles.ProfileNotFoundError:
        click.echo(f"нет профиля «{profile}»", err=True)
    else:
        return kind or known, told
    raise SystemExit(UNUSABLE)


def bring_in(
    context: Context,
    files: tuple[Path, ...],
    allowed: "dict[str, str] | tuple[str, ...]",
    way: Way | None = None,
) -> None:
    """Import the files one after another, print the reports, end with the exit code."""
    from cabinet.exchange.faults import UnusableFile
    from cabinet.services.importing.door import kind_of

    way = way or Way()
    code = 0
    ordered: list[tuple[int, Path, str]] = []
    for path in files:
        try:
            with path.open("rb") as stream:
                found = way.kind or kind_of(path.name, stream)
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
        report = _bring(context, path, replace(way, kind=found))
        if report is None:
            code = UNUSABLE
            continue
        click.echo(report_text(report, is_dry=way.is_dry))
        if report.bad:
            code = max(code, FAULTS_FOUND)
    if code:
        raise SystemExit(code)


def _bring(context: Context, path: Path, way: Way) -> "ImportReport | None":
    """Import one file, or look at it; None, and why, where it cannot be used."""
    from cabinet.exchange.faults import UnusableFile
    from cabinet.services.importing import (
        BranchUnknownError,
        OvertakenError,
        check_file,
        import_file,
    )

    options: dict[str, Any] = {
        "kind": way.kind,
        "layout": way.layout,
        "branch": way.branch,
        "folder": path.parent,
        "now": context.clock.now(),
    }
    try:
        with path.open("rb") as stream:
            if way.is_dry:
                return check_file(path.name, stream, **options)
            return import_file(path.name, stream, **options, report=_say_done)
    except UnusableFile as error:
        _say_unusable(path, error.reason, error.line)
    except BranchUnknownError:
        _say_unusable(path, f"нет филиала с кодом {way.branch}", None)
    except OvertakenError:
        click.echo(
            f"{path.name}: этот файл сейчас загружает или отменяет другой", err=True
        )
    return None


def _say_done(rows: int) -> None:
    if rows % _TOLD_EVERY == 0:
        click.echo(f"  готово строк: {rows}", err=True)


def report_text(report: "ImportReport", *, is_dry: bool = False) -> str:
    """Return the report as lines for a terminal."""
    counts = {str(outcome): rows for outcome, rows in report.counts.items()}
    good = "новых {new}, изменено {changed}, без изменений {same}"
    bad = "с ошибкой {faulty}, повторов {repeated}, в карантине {quarantined}"
    lines = [
        f"{report.file}: {KINDS[report.kind]}",
        "  проверка, ничего не изменено"
        if is_dry
        else f"  загрузка № {report.batch_id}",
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
