"""The command that learns from what mail servers say."""

from typing import IO

import click

from cabinet.cli.context import open_installation

STOPPED = 1
WORDS = {
    "marked": "адрес больше не работает: письма на него не пойдут, клиент увидит это в кабинете",
    "known": "уже известно, что адрес не работает",
    "for now": "письмо не дошло, но адрес в порядке: ничего не изменилось",
    "changed": "такой почты ни у кого уже нет: ничего не изменилось",
    "forged": "это не о нашем письме: ничего не изменилось",
}


@click.group()
def mail() -> None:
    """Letters that did not arrive."""


@mail.command()
@click.argument("file", type=click.File("rb"), default="-")
def bounce(file: IO[bytes]) -> None:
    """Read a delivery status notice (RFC 3464) from FILE or the standard input.

    Let the mail server hand over what comes to the sender's address, one message a
    call. Only a notice about a letter of ours, told by its Message-ID, that failed for
    good marks its address.

    Exit codes: 0 taken, 1 no notice or not about a letter of ours, 2 wrong use.
    """
    from cabinet.exchange.bounces import MOST_BYTES, read_bounce
    from cabinet.services import bounces

    context = open_installation()
    notice = read_bounce(file.read(MOST_BYTES + 1))
    if notice is None:
        click.echo("это не уведомление о недоставленном письме", err=True)
        raise SystemExit(STOPPED)
    outcome = bounces.take_bounce(
        notice, pepper=context.settings.secret_key, now=context.clock.now()
    )
    is_forged = outcome is bounces.Outcome.FORGED
    click.echo(f"{notice.status}: {WORDS[outcome]}", err=is_forged)
    if is_forged:
        raise SystemExit(STOPPED)
