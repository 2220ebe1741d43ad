"""What is done by itself: the ledger proved, shops compared, every part of the worker."""

from collections.abc import Iterator
from datetime import datetime

from cabinet.cli.context import Context
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word
from cabinet.models import Beat
from cabinet.models.base import reading
from cabinet.services import beats
from cabinet.services.beats import Daily
from cabinet.web.state_lines import PARTS

PROVE = "cabinet ledger check"


def ledger(context: Context) -> Iterator[Word]:
    """Tell when the ledger was proved last, and whether all of it held."""
    now = context.clock.now()
    last = _last(beats.LEDGER)
    if last is not None and last.failed:
        yield Word(
            FAULT,
            f"проверка книги не дошла до конца: {last.failed}",
            f"почему, сказано в логе cabinet work; сейчас: {PROVE}",
        )
    if last is None or not last.is_made:
        is_late = last is not None and last.is_late(now)
        yield Word(
            FAULT if is_late else WARNING,
            "книгу ещё не проверяли",
            f"cabinet work делает это каждую ночь, идёт ли он; сейчас: {PROVE}",
        )
        return
    if last.found:
        yield Word(
            FAULT,
            f"не сходится: {last.found}, проверено {_ago(last, now)} ч назад",
            f"{PROVE} назовёт каждое расхождение и что с ним делать",
        )
    if last.is_late(now):
        yield Word(
            FAULT,
            f"последняя проверка книги {_ago(last, now)} ч назад",
            f"идёт ли cabinet work, что он пишет; сейчас: {PROVE}",
        )
    elif not (last.found or last.failed):
        yield Word(WELL, f"сходится: {_ago(last, now)} ч назад, за {last.seconds} с")


def reconciliation(context: Context) -> Iterator[Word]:
    """Tell when yesterday was compared with the banks for every shop."""
    now = context.clock.now()
    last = _last(beats.RECONCILIATION)
    if last is None:
        yield Word(WELL, "сверять с банками нечего")
        return
    if last.is_late(now):
        yield Word(
            FAULT,
            f"с банками не сверено {_ago(last, now)} ч",
            "отвечает ли банк, идёт ли cabinet work;"
            " вручную: cabinet payments reconcile ДЕНЬ",
        )
        return
    words = f"{_ago(last, now)} ч назад" if last.is_made else "первая ещё впереди"
    yield Word(WELL, words)


def parts(context: Context) -> Iterator[Word]:
    """Tell which parts of the worker have not succeeded for long."""
    now = context.clock.now()
    with reading():
        alive = dict(Beat.select(Beat.name, Beat.at).tuples())
    late = [name for name in beats.late(alive, now=now) if name in PARTS]
    for name in late:
        yield Word(
            FAULT,
            f"{PARTS[name]}: не выходит с {alive[name]:%Y-%m-%d %H:%M} UTC",
            "идёт ли cabinet work, что он пишет в лог",
        )
    if not late:
        yield Word(WELL, "каждое выходит вовремя")


def _last(name: str) -> Daily | None:
    with reading():
        found = beats.daily(Beat.select().where(Beat.name == name))
    return found[0] if found else None


def _ago(last: Daily, now: datetime) -> int:
    return int(last.age(now).total_seconds()) // 3600
