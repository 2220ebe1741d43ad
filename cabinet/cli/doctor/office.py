"""The office: rules that run out, the worker, letters that wait, copies."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, timedelta

from peewee import fn

from cabinet.cli.backup import copies_of
from cabinet.cli.context import Context
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word
from cabinet.models import (
    AuditEntry,
    AuditSeal,
    Beat,
    OutboxMessage,
)
from cabinet.models.base import reading
from cabinet.services import beats, rule_rows
from cabinet.services.payments import lag
from cabinet.services.readiness import LATE
from cabinet.web import rule_words

#: Of rules that end: so long before it is said.
SOON = timedelta(days=45)
LOAD = "загрузите новые: cabinet tariffs load"
PARTS = {
    beats.LETTERS: "письма",
    beats.SCHEDULE: "расписание",
    beats.PAYMENTS: "платежи",
}
#: Of copies: one a day, and two hours for it.
COPY_LATE = beats.A_DAY


def rules(context: Context) -> Iterator[Word]:
    """Tell of holes and overlaps, of what is over, and of what ends soon."""
    today = context.clock.now().astimezone(context.settings.zone).date()
    state = rule_rows.state(day=today)
    if state.findings:
        yield Word(
            FAULT,
            f"дыр и наложений в датированных строках: {len(state.findings)}",
            "cabinet tariffs check назовёт каждую; cabinet tariffs load загрузит строки",
        )
    yield from _absent(state)
    for (name, last), words in _together(state.over).items():
        text = f"последний день был {last:%d.%m.%Y}, дальше строк нет"
        yield Word(FAULT, f"{rule_words.those(name, words)}: {text}", LOAD)
    soon = [each for each in state.ending if each[2] <= today + SOON]
    for (name, last), words in _together(soon).items():
        text = f"последний день {last:%d.%m.%Y}, дальше строк нет"
        yield Word(WARNING, f"{rule_words.those(name, words)}: {text}", LOAD)
    if not state.findings:
        yield Word(WELL, "дыр и наложений нет")


def _absent(state: rule_rows.State) -> Iterator[Word]:
    """Tell of what has no row today and had none that ended.

    A table without a row is not filled yet, which keeps nobody from his pages.
    """
    over = {(name, whose) for name, whose, _ in state.over}
    absent = [each for each in state.missing if each not in over]
    empty = [name for name, _ in absent if name in state.empty]
    if empty:
        named = ", ".join(rule_words.TABLES[name] for name in dict.fromkeys(empty))
        yield Word(WARNING, f"ещё нет ни одной строки: {named}", LOAD)
    for name, whose in absent:
        if name not in state.empty:
            words = f"{rule_words.whose(name, whose)}: на сегодня строки нет"
            yield Word(FAULT, words, LOAD)


def _together(
    found: Iterable[tuple[str, str, date]],
) -> dict[tuple[str, date], list[str]]:
    """Return whose rows of a table have the same last day."""
    made: dict[tuple[str, date], list[str]] = {}
    for name, whose, last in found:
        made.setdefault((name, last), []).append(whose)
    return made


def worker(context: Context) -> Iterator[Word]:
    """Tell whether somebody does what `cabinet work` does."""
    now = context.clock.now()
    with reading():
        sealed = AuditSeal.select(fn.MAX(AuditSeal.entry_id)).scalar() or 0
        oldest = (
            AuditEntry.select(fn.MIN(AuditEntry.at))
            .where(AuditEntry.id > sealed)
            .scalar()
        )
        late = lag.overdue(now)
        alive = dict(Beat.select(Beat.name, Beat.at).tuples())
    silent = [part for part in beats.late(alive, now=now) if part in PARTS]
    for part in silent:
        yield Word(
            FAULT,
            f"{PARTS[part]}: работник не отмечался с {alive[part]:%Y-%m-%d %H:%M} UTC",
            "запущен ли cabinet work; что он пишет",
        )
    if late.since is not None:
        yield Word(
            FAULT,
            f"{late.waiting} платежей и уведомлений ждут с {late.since:%H:%M} UTC",
            "запущен ли cabinet work; отвечает ли банк",
        )
    if oldest is not None and now - oldest > LATE:
        yield Word(
            FAULT,
            f"журнал не запечатан с {oldest:%Y-%m-%d %H:%M} UTC",
            "запустите cabinet work",
        )
        return
    if late.since is None and not silent:
        yield Word(WELL, "успевает")


def letters(context: Context) -> Iterator[Word]:
    """Tell of letters that should have left and of those given up."""
    now = context.clock.now()
    waits = OutboxMessage.select().where(
        OutboxMessage.sent_at.is_null(),
        OutboxMessage.failed_at.is_null(),
        OutboxMessage.not_before < now - LATE,
    )
    failed = OutboxMessage.select().where(
        OutboxMessage.failed_at > now - timedelta(days=1),
        OutboxMessage.error.not_in(["bounced", "restored"]),
    )
    with reading():
        waiting, lost = waits.count(), failed.count()
    if waiting:
        yield Word(
            FAULT,
            f"{waiting} писем ждут дольше {LATE.seconds // 60} минут",
            "запущен ли cabinet work; верны ли CABINET_MAIL_…",
        )
    if lost:
        yield Word(WARNING, f"за сутки не ушло писем: {lost}", "см. лог cabinet work")
    if not waiting and not lost:
        yield Word(WELL, "ни одно не ждёт")


def copies(context: Context) -> Iterator[Word]:
    """Tell how old the newest copy in the usual folder is."""
    found = copies_of(context.settings.home / "backups")
    now = context.clock.now().astimezone(UTC)
    if not found:
        with reading():
            noted = Beat.get_or_none(Beat.name == beats.BACKUP)
        if noted is not None and noted.told.get("made"):
            text = f"последней {(now - noted.at).total_seconds() / 3600:.0f} ч"
            is_late = now - noted.at > COPY_LATE
            remedy = "идёт ли копирование; после него cabinet backup --elsewhere"
            yield Word(FAULT if is_late else WELL, text, remedy if is_late else "")
            return
        yield Word(
            WARNING,
            "в папке backups копий нет",
            "cabinet backup каждый день; если копии в другом месте, проверяйте их там",
        )
        return
    age = now - found[-1].taken_at
    text = f"последней {age.total_seconds() / 3600:.0f} ч"
    if age > COPY_LATE:
        yield Word(
            FAULT, text, "что пишет cabinet backup: systemctl status cabinet-backup"
        )
        return
    yield Word(WELL, f"{text}, всего {len(found)}")
