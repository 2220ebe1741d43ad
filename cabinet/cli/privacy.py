"""Commands about erasing people, and the papers that prove it (152-ФЗ)."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from cabinet.cli.context import open_installation
from cabinet.config import Settings
from cabinet.exchange.spreadsheet import csv_bytes
from cabinet.services import erasure
from cabinet.services.erasure import ErasureAct, Why
from cabinet.services.leaving import UserNotFoundError

REASONS = {
    Why.OWNER: "владелец закрыл кабинет (152-ФЗ, статья 21, часть 5.1)",
    Why.REQUEST: "обращение владельца (152-ФЗ, статья 21, часть 5.1)",
    Why.RESTORE: "база восстановлена из копии, данные уничтожены повторно",
}

#: What is destroyed, in the words of the act.
CATEGORIES = {
    "profile": "почта, имя и пароль учётной записи",
    "sessions": "сеансы и названия устройств",
    "factors": "секреты второго фактора",
    "codes": "коды восстановления",
    "subscriptions": "подписки на письма",
    "keys": "ключи программ и календаря",
    "links": "одноразовые ссылки",
    "requests": "почта и доказательства в заявках на регистрацию",
    "invitations": "почта в приглашениях",
    "accesses": "доступы к лицевым счетам",
    "notes": "сообщения в кабинете",
    "guests": "доступы, выданные другим людям",
    "questions": "обращения к специалистам, ответы и файлы к ним",
    "meter_requests": "заявки на счётчик: телефоны, слова и фото",
    "ratings": "слова к оценке удобства и чья она",
    "mails": "письма",
    "payments": "почта в платежах и уведомления банков о них",
    "comments": "комментарии к показаниям",
    "files": "фото и файлы",
    "jobs": "задания на выгрузку данных",
}

ACTIONS = {
    "leaving.started": "владелец попросил закрыть кабинет",
    "leaving.undone": "владелец передумал",
    "user.erased": "данные уничтожены",
}

HEADER = (
    "Запись",
    "Дата и время",
    "Событие",
    "Чьи данные",
    "Что уничтожено",
    "Сколько",
    "Причина",
    "Система",
)

SYSTEM = "cabinet, личный кабинет"
BLANK = "_" * 40


@click.group()
def privacy() -> None:
    """Erase people and print what proves it."""


@privacy.command("erase")
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask; it cannot be undone.")
def erase(user: str, *, yes: bool) -> None:
    """Erase USER, a customer's number or e-mail, at once.

    The contract's holder and address, readings and the ledger stay.
    """
    context = open_installation()
    try:
        user_id = erasure.find_user(user)
    except UserNotFoundError as error:
        raise click.UsageError(f"no customer {user}") from error
    if not yes:
        click.confirm(f"Erase user {user_id} for good?", abort=True)
    public_id = erasure.erase_user(
        user_id,
        why=Why.REQUEST,
        home=context.settings.home,
        now=context.clock.now(),
    )
    click.echo(f"erased user {user_id}; the act: cabinet privacy act {public_id}")


@privacy.command("list")
def list_leavings() -> None:
    """List wishes to leave: number of the act, user, state, moment."""
    open_installation()
    for row in erasure.leavings():
        state, at = "due", row.due_at
        if row.undone_at is not None:
            state, at = "undone", row.undone_at
        elif row.done_at is not None:
            state, at = "done", row.done_at
        click.echo(f"{row.public_id} {row.user_id:>8} {state:<6} {at:%Y-%m-%d %H:%M}")


@privacy.command("act")
@click.argument("leaving_id", type=click.UUID)
@click.option("--csv", "is_csv", is_flag=True, help="Only the log extract, as CSV.")
def act(leaving_id: uuid.UUID, *, is_csv: bool) -> None:
    """Print the act of destruction LEAVING_ID and the extract of the log.

    The papers of Roskomnadzor's order No. 179; keep them for three years.
    """
    context = open_installation()
    try:
        found = erasure.get_act(leaving_id)
    except erasure.ActNotFoundError as error:
        raise click.UsageError(f"no act {leaving_id}") from error
    table = csv_bytes(HEADER, _lines(found, context.settings.zone))
    if is_csv:
        click.echo(table, nl=False)
        return
    click.echo("\n".join(_words(found, context.settings)))
    click.echo("\nВыгрузка из журнала событий\n")
    click.echo(table.decode("utf-8-sig").replace("\r\n", "\n"), nl=False)


@privacy.command("reapply")
def reapply() -> None:
    """Erase again, after a restore, everybody on the list erased.txt."""
    context = open_installation()
    done = erasure.reapply(context.settings.home, now=context.clock.now())
    for user_id in done.erased:
        click.echo(f"erased user {user_id} again")
    for user_id in done.unknown:
        click.echo(f"user {user_id} of the list is not in this database")
    click.echo(f"{len(done.erased)} erased, {len(done.already)} were erased already")
    for line in done.damaged:
        click.echo(f"cabinet: line {line} of erased.txt cannot be read", err=True)
    if done.damaged:
        raise SystemExit(1)


def _words(found: ErasureAct, settings: Settings) -> list[str]:
    """Return the act line by line; what no system knows is left to fill in."""
    return [
        f"Акт № {found.public_id}",
        "об уничтожении персональных данных",
        "",
        f"Оператор: {settings.company}, адрес: {BLANK}",
        f"Обработчик по поручению оператора, если есть: {BLANK}",
        f"Чьи данные: {_whose(found)}. Имя и почта уничтожены, в акте их нет.",
        f"Информационная система: {SYSTEM}",
        f"Причина: {REASONS[Why(found.why)]}",
        "Способ: перезапись и удаление записей базы данных, удаление файлов",
        f"Дата: {_moment(found.done_at, settings.zone)}",
        "",
        "Уничтожено:",
        *(f"- {CATEGORIES[name]}: {count}" for name, count in _destroyed(found)),
        "",
        "Оставлено без связи с личностью: показания, начисления, платежи, журнал событий,",
        "записи о согласиях. Имя и адрес в лицевом счёте относятся к договору и не удаляются.",
        "",
        "Уничтожила система по расписанию или по команде администратора.",
        f"Ответственный (должность, имя, подпись): {BLANK}",
        "",
        "Основание: приказ Роскомнадзора от 28.10.2022 № 179. Хранить три года.",
    ]


def _lines(found: ErasureAct, zone: ZoneInfo) -> list[tuple[str | int, ...]]:
    """Return the extract: a line an entry, of the destruction a line a category."""
    lines: list[tuple[str | int, ...]] = []
    for entry in found.log:
        head = (entry.entry_id, _moment(entry.at, zone), ACTIONS[entry.action])
        tail = (REASONS[Why(found.why)], SYSTEM)
        if entry.action == "user.erased":
            lines += [
                (*head, _whose(found), CATEGORIES[name], count, *tail)
                for name, count in _destroyed(found)
            ]
        else:
            lines.append((*head, _whose(found), "", "", *tail))
    return lines


def _destroyed(found: ErasureAct) -> list[tuple[str, int]]:
    return [(name, count) for name, count in found.destroyed.items() if count]


def _whose(found: ErasureAct) -> str:
    return f"учётная запись № {found.user_id}"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d.%m.%Y %H:%M:%S %z}"
