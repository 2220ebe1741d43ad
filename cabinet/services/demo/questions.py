"""Questions to specialists in the demonstration: some wait, one was answered."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cabinet.domain.period import local_day
from cabinet.domain.questions import Author, QuestionState, Topic, due_on
from cabinet.models import (
    Account,
    AccountAccess,
    Question,
    QuestionMessage,
    ReadyAnswer,
    User,
)
from cabinet.services.dated_rules import working_calendar
from cabinet.services.questions.asking import code_hash, code_of

#: Who asks about which account, how many days ago, about what, and the answer.
_QUESTIONS = (
    (
        "client@example.org",
        "990100000017",
        6,
        Topic.METER,
        "Счётчику 16 лет. Когда его заменят и сколько это стоит?",
        "",
    ),
    (
        "debt@example.org",
        "",
        3,
        Topic.CHARGES,
        "Откуда пени, если я платил каждый месяц?",
        "",
    ),
    (
        "client@example.org",
        "990100000025",
        1,
        Topic.READINGS,
        "На даче зимой никого нет. Надо ли передавать показания?",
        (
            "Да, передавайте то же показание кнопкой «Не изменились».\n"
            "Иначе посчитаем по среднему, а через три месяца по нормативу."
        ),
    ),
)
_READY = (
    (
        "Замена счётчика",
        (
            "Здравствуйте!\nСчётчик меняем бесплатно: это обязанность гарантирующего"
            " поставщика.\nНапишите, в какие дни вы дома."
        ),
    ),
    (
        "Откуда пени",
        (
            "Здравствуйте!\nПени начинаются с 31-го дня после срока оплаты.\nКак они"
            " посчитаны, показано на квитанции, по дням."
        ),
    ),
)


def add_questions(pepper: str, now: datetime) -> None:
    """Add the questions that are missing, inside the open transaction."""
    calendar = working_calendar()
    for at, (email, number, days, topic, text, answer) in enumerate(_QUESTIONS):
        key = f"demo:question:{at}"
        user = User.get_or_none(User.email == email)
        if user is None or Question.select().where(Question.key == key).exists():
            continue
        account = Account.get_or_none(Account.number == number) or _of(user)
        asked_at = now - timedelta(days=days)
        day = local_day(asked_at, ZoneInfo(account.branch.time_zone))
        row = Question.create(
            public_id=uuid.uuid4(),
            key=key,
            branch=account.branch,
            account=account,
            user=user,
            email=email,
            code_hash=code_hash(code_of(key, pepper), pepper),
            topic=topic,
            state=QuestionState.ANSWERED if answer else QuestionState.WAITING,
            created_at=asked_at,
            changed_at=asked_at,
            due_on=due_on(day, calendar),
        )
        _say(row, Author.CUSTOMER, user, text, asked_at)
        if answer:
            _say(row, Author.STAFF, _operator(), answer, asked_at + timedelta(hours=5))
    for title, text in _READY:
        key = f"demo:{title}"
        if not ReadyAnswer.select().where(ReadyAnswer.key == key).exists():
            ReadyAnswer.create(key=key, title=title, text=text, created_at=now)


def _say(
    row: Question, author: Author, user: User | None, text: str, at: datetime
) -> None:
    QuestionMessage.create(
        question=row,
        key=f"{row.key}:{author}",
        author=author,
        user=user,
        text=text,
        at=at,
        shown_at=at,
    )


def _of(user: User) -> Account:
    """Return the account the person has."""
    return (
        Account.select()
        .join(AccountAccess)
        .where(AccountAccess.user == user.id)
        .order_by(AccountAccess.id)
        .get()
    )


def _operator() -> User | None:
    return User.get_or_none(User.email == "operator@example.org")
