"""What `cabinet security-check` says of secrets and headers, for who asks the doctor only.

The checks are the same ones; the rest of them is that command's.
"""

from collections.abc import Iterator

from cabinet.cli.context import Context
from cabinet.cli.doctor.words import WARNING, WELL, Word
from cabinet.models.migrate import missing_migrations

#: Everybody knows the secrets of a demonstration, and it has no HTTPS to speak of.
_DEMO = Word(WELL, "пример: не проверяется")


def secrets(context: Context) -> Iterator[Word]:
    """Tell whether the secret key is one, and who can read it and the others."""
    from cabinet.cli.security import secrets as checks

    if context.settings.is_demo:
        yield _DEMO
        return
    yield from checks.key(context)
    yield from checks.files(context)


def headers(context: Context) -> Iterator[Word]:
    """Tell whether the portal itself sends the headers of safety."""
    from cabinet.cli.security import portal

    if context.settings.is_demo:
        yield _DEMO
        return
    if missing_migrations():
        # No page is answered without its tables.
        yield Word(WARNING, "не проверено: таблиц не хватает", "cabinet upgrade")
        return
    yield from portal.headers(context)
