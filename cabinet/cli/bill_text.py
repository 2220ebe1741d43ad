"""How a bill run looks on a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from cabinet.cli.words import roubles
from cabinet.web.billing_words import BASES, HOLDS, ODDITIES, missing_words

if TYPE_CHECKING:
    from cabinet.domain.period import Month
    from cabinet.services.billing.preview import Preview
    from cabinet.services.billing.reviewing import HeldAccount, OddBill, RunShown
    from cabinet.services.billing.terms import Missing

T = TypeVar("T", bound=StrEnum)

WHY = {
    "BranchUnknown": "no branch has the code {}",
    "NotOwnBilling": "branch {} has its bills from another system",
    "AccountUnknown": "no household has the account number {}",
    "MonthNotOver": "месяц ещё не кончился",
    "RunOpen": "другой запуск этого месяца не закончен",
    "EarlierOpen": "сначала опубликуйте или отмените {}",
    "RunMoved": "запуск уже в другом состоянии: {}",
    "NoRun": "нет начатого запуска",
}


def preview_text(
    branch: str, month: "Month", preview: "Preview", oddest: "Sequence[OddBill]" = ()
) -> str:
    """Return what a run would do as lines for a terminal.

    `oddest` are the bills that will be farthest from the month before.
    """
    sums = {
        "на начало": preview.opening,
        "начислено": preview.charged,
        "месяцем раньше": preview.before,
        "перерасчёты": preview.recalculated,
        "пени": preview.penalty,
        "льготы": -preview.benefit,
        "поступило": preview.paid,
        "к оплате": preview.closing,
    }
    counts = f"лицевых счетов {preview.accounts}, квитанций {preview.bills}"
    lines = [f"{branch}, {month}: {counts}", f"  {_counts(preview.bases, BASES)}"]
    lines += [f"  {name:<15}{roubles(total):>18}" for name, total in sums.items()]
    if preview.oddities:
        lines.append(f"  посмотреть: {_counts(preview.oddities, ODDITIES)}")
        lines += [f"    {odd_text(one)}" for one in oddest]
    if preview.held:
        lines.append(f"  без квитанции: {_counts(preview.held, HOLDS)}")
    if preview.missing:
        lines.append(missing_text(preview.missing))
    return "\n".join(lines)


def missing_text(missing: "Mapping[Missing, int]") -> str:
    """Return what is missing, a line each: the table, what is sought, the day."""
    lines = ["  не хватает строк, квитанции не выставлены:"]
    lines += [f"    {missing_words(one)}" for one in sorted(missing, key=str)]
    return "\n".join(lines)


def _counts(counts: Counter[T], words: Mapping[str, str]) -> str:
    return ", ".join(f"{words[str(key)]} {count}" for key, count in counts.items())


def issued_text(shown: "RunShown") -> str:
    """Return what a run that is issued came to, in a line."""
    return (
        f"{shown.branch}, {shown.month}: черновиков {shown.done},"
        f" начислено {roubles(shown.charged)}, к оплате {roubles(shown.closing)};"
        f" посмотреть {shown.odd}, без квитанции {shown.held}"
    )


def odd_text(odd: "OddBill") -> str:
    """Return an unusual draft as cells with tabs between them."""
    before = "" if odd.before is None else roubles(odd.before)
    why = ", ".join(ODDITIES[str(word)] for word in odd.oddities)
    return "\t".join([odd.number, roubles(odd.charged), before, why])


def held_text(held: "HeldAccount") -> str:
    """Return an account without a draft as cells with tabs between them."""
    why = f"без квитанции: {HOLDS[str(held.reason)]}"
    return "\t".join([held.number, "", "", f"{why} {held.details}".rstrip()])


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
