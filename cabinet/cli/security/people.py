"""People: staff without a second factor, passwords everybody knows, sessions left open."""

import json
from collections.abc import Iterator

from peewee import JOIN, fn

from cabinet.cli.context import Context
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word
from cabinet.domain.people import Role
from cabinet.models import AcquirerShop, SecondFactor, Session, SettingChange, User
from cabinet.models.base import reading
from cabinet.services import acquirers, credentials
from cabinet.services import sessions as rules
from cabinet.services.sealed import SealBrokenError, unseal

#: More people who may do everything are more than are known to each other.
MOST_ADMINS = 5

_WORKS = (User.role != Role.CUSTOMER) & User.disabled_at.is_null()


def factors(_context: Context) -> Iterator[Word]:
    """Tell who of the staff signs in by a password alone until now."""
    query = (
        User.select(User.email)
        .join(
            SecondFactor,
            JOIN.LEFT_OUTER,
            on=(SecondFactor.user == User.id)
            & SecondFactor.confirmed_at.is_null(is_null=False),
        )
        .where(_WORKS, SecondFactor.id.is_null())
        .order_by(User.email)
    )
    with reading():
        without = [email for (email,) in query.tuples()]
    if without:
        yield Word(
            FAULT,
            f"без второго фактора: {', '.join(map(str, without))}",
            "пусть войдут и подключат коды; кто не работает — отключите в «Настройках»",
        )
        return
    yield Word(WELL, "у всех второй фактор")


def admins(_context: Context) -> Iterator[Word]:
    """Tell whether there are enough and not too many who may do everything."""
    with reading():
        count = User.select().where(_WORKS, User.role == Role.ADMIN).count()
    if not count:
        yield Word(FAULT, "ни одного", "cabinet staff add --role admin ПОЧТА")
    elif count == 1:
        yield Word(
            WARNING, "один: потеряет телефон — не войдёт никто", "заведите второго"
        )
    elif count > MOST_ADMINS:
        yield Word(WARNING, f"{count}", "оставьте тех, кто настраивает кабинет")
    else:
        yield Word(WELL, f"{count}")


def known_passwords(_context: Context) -> Iterator[Word]:
    """Try the demonstration's password on staff and on the demonstration's people."""
    from cabinet.services.demo import PASSWORD, PEOPLE

    shown = [person.email for person in PEOPLE]
    query = User.select(User.email, User.password_hash).where(
        User.password_hash.is_null(is_null=False),
        User.disabled_at.is_null(),
        (User.role != Role.CUSTOMER) | User.email.in_(shown),
    )
    with reading():
        tried = list(query.tuples())
    known = [
        email for email, kept in tried if credentials.matches(kept, password=PASSWORD)
    ]
    if known:
        yield Word(
            FAULT,
            f"пароль примера у {', '.join(known)}",
            "cabinet staff reset-password ПОЧТА",
        )
        return
    yield Word(WELL, f"пароля примера нет ни у кого, проверено {len(tried)}")


def sessions(context: Context) -> Iterator[Word]:
    """Tell of sessions that outlive their term or their owner."""
    now = context.clock.now()
    is_live = Session.revoked_at.is_null() & (Session.expires_at > now)
    query = Session.select(fn.COUNT(Session.id)).join(User).where(is_live)
    too_old = Session.created_at < now - rules.STAFF
    with reading():
        stale = query.where(
            User.role != Role.CUSTOMER, too_old | Session.idle_minutes.is_null()
        ).scalar()
        orphaned = query.where(
            User.disabled_at.is_null(is_null=False)
            | User.erased_at.is_null(is_null=False)
        ).scalar()
    remedy = "cabinet staff role ПОЧТА РОЛЬ завершает сеансы сотрудника"
    if stale:
        yield Word(FAULT, f"сеансов сотрудников без срока или старше: {stale}", remedy)
    if orphaned:
        yield Word(FAULT, f"сеансов тех, кто отключён: {orphaned}", remedy)
    if not stale and not orphaned:
        yield Word(WELL, "у каждого срок и хозяин")


def bank_keys(context: Context) -> Iterator[Word]:
    """Prove that keys of banks lie sealed, and nowhere else in what pages show."""
    count, is_well = 0, True
    with reading():
        shops = list(AcquirerShop.select().order_by(AcquirerShop.name))
        shown = [
            json.dumps([before, after], ensure_ascii=False)
            for before, after in SettingChange.select(
                SettingChange.before, SettingChange.after
            ).tuples()
        ]
    for shop in shops:
        count += 1
        try:
            opened = unseal(
                shop.secrets,
                purpose=acquirers.PURPOSE,
                pepper=context.settings.secret_key,
            )
        except SealBrokenError:
            is_well = False
            yield Word(
                WARNING,
                f"{shop.name}, версия {shop.version}: запечатан другим секретом",
                "введите ключи заново в «Настройках»",
            )
            continue
        config = json.dumps(shop.config, ensure_ascii=False)
        values = [json.dumps(one, ensure_ascii=False) for one in opened.values() if one]
        if any(value in text for value in values for text in (config, *shown)):
            is_well = False
            yield Word(
                FAULT,
                f"{shop.name}: ключ лежит открыто рядом с настройками",
                "смените ключ у банка и введите новый",
            )
    if is_well:
        yield Word(WELL, f"запечатаны, версий {count}")
