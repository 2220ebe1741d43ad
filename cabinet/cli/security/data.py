"""The database: what its user may do, what nobody may, and whether the log is whole."""

from collections.abc import Iterator

from cabinet.cli.audit import kept_heads
from cabinet.cli.context import Context
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word
from cabinet.models.base import database, on_sqlite
from cabinet.services import audit_chain, audit_heads
from cabinet.services.ledger_check import triggers_are_there

#: Rights the portal never needs, as Postgres calls them.
TOO_MUCH = {
    "rolsuper": (FAULT, "суперпользователь: прочтёт и изменит всё, и мимо триггеров"),
    "rolbypassrls": (WARNING, "обходит права на строки"),
    "rolcreaterole": (WARNING, "заводит учётные записи"),
    "rolcreatedb": (WARNING, "заводит базы"),
    "rolreplication": (WARNING, "может скопировать весь сервер"),
}


def rights(_context: Context) -> Iterator[Word]:
    """Tell what the portal's user of the database may do beyond its tables."""
    if on_sqlite():
        (kept,) = database.execute_sql("PRAGMA secure_delete").fetchone()
        if not kept:
            yield Word(FAULT, "удалённое остаётся в файле", "secure_delete = 1")
            return
        yield Word(WELL, "файл; удалённое затирается")
        return
    role = database.execute_sql(
        f"SELECT {', '.join(TOO_MUCH)} FROM pg_roles WHERE rolname = current_user"  # noqa: S608 - our own words
    ).fetchone()
    found = [words for words, has in zip(TOO_MUCH.values(), role, strict=True) if has]
    for level, text in found:
        yield Word(
            level,
            f"учётная запись базы: {text}",
            "ALTER ROLE … NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
        )
    (may_others,) = database.execute_sql(
        "SELECT has_schema_privilege('public', current_schema(), 'CREATE')"
    ).fetchone()
    if may_others:
        yield Word(
            WARNING,
            "в схеме базы любой может создавать таблицы и функции",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        )
    if not found and not may_others:
        yield Word(WELL, "только владелец своих таблиц")


def link(_context: Context) -> Iterator[Word]:
    """Tell whether what goes to the database goes past other eyes."""
    if on_sqlite():
        yield Word(WELL, "файл на этой машине")
        return
    is_far, is_sealed = database.execute_sql(
        "SELECT coalesce(NOT inet_server_addr() <<= '127.0.0.0/8'"
        " AND inet_server_addr() <> '::1', false),"
        " (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())"
    ).fetchone()
    if is_far and not is_sealed:
        yield Word(
            FAULT,
            "до базы по сети без шифрования",
            "ssl = on на сервере и ?sslmode=verify-full в CABINET_DATABASE_URL",
        )
        return
    yield Word(WELL, "зашифрована" if is_sealed else "не покидает машины")


def triggers(_context: Context) -> Iterator[Word]:
    """Prove that what is written once is kept so by the database itself."""
    missing = list(triggers_are_there())
    for finding in missing:
        yield Word(FAULT, finding.what, finding.remedy)
    if not missing:
        yield Word(WELL, "триггеры неизменяемых таблиц на месте")


def audit(context: Context) -> Iterator[Word]:
    """Prove the log of actions against its seals and the heads kept beside it."""
    verdict = audit_chain.verify(
        secret=context.settings.secret_key,
        heads=kept_heads(context.settings.home / audit_heads.NAME),
    )
    if verdict.damage is not None:
        yield Word(
            FAULT,
            f"нарушен у записи {verdict.entry_id or '-'}: {verdict.damage}",
            "cabinet audit verify; сменили секрет — с --older-secret",
        )
        return
    yield Word(WELL, f"цел, под печатью {verdict.count}, ждут {verdict.waiting}")
