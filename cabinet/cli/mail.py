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
    """Take what comes by mail: answers, and notices of letters that did not arrive."""


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


ANSWERS = {
    "taken": "письмо в обращении",
    "in part": "письмо в обращении, часть файлов не подошла: отправителю написано",
    "known": "это письмо уже в обращении",
    "refused": "письмо пустое или слишком длинное: отправителю написано",
    "later": "сегодня от этого человека слишком много писем: повторите завтра",
    "automatic": "письмо написал автоответчик: ничего не изменилось",
    "not ours": "это не ответ на письмо об обращении: ничего не изменилось",
}
NOT_TAKEN = {"later", "not ours"}


@mail.command()
@click.argument("file", type=click.File("rb"), default="-")
def answer(file: IO[bytes]) -> None:
    """Read an answer to a letter about a question from FILE or the standard input.

    For a mail server that hands messages over itself; else let the worker read the
    mailbox (CABINET_MAILBOX_SERVER). Which question it is about is told by the
    Message-ID of the letter it answers.

    Exit codes: 0 taken or nothing to take, 1 left to people or for another day,
    2 wrong use.
    """
    from cabinet.exchange.replies import MOST_BYTES, read_reply
    from cabinet.services.questions import by_mail

    context = open_installation()
    reply = read_reply(file.read(MOST_BYTES + 1))
    outcome = by_mail.Outcome.NOT_OURS
    if reply is not None:
        outcome = by_mail.take_reply(
            reply, pepper=context.settings.secret_key, now=context.clock.now()
        )
    is_left = outcome in NOT_TAKEN
    click.echo(ANSWERS[outcome], err=is_left)
    if is_left:
        raise SystemExit(STOPPED)
