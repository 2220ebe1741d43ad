"""`cabinet doctor`: what is well with an installation, what is not, and what to do."""

import click

from cabinet.cli.context import open_installation
from cabinet.cli.doctor import database, machine, office, outside, saying

ILL = 1
CHECKS: tuple[saying.Named, ...] = (
    ("папка данных", machine.home),
    ("диск", machine.disk),
    ("шрифты", machine.fonts),
    ("база", database.answers),
    ("надёжность", database.lasting),
    ("таблицы", database.schema),
    ("часы", database.clock),
    ("правила", office.rules),
    ("работник", office.worker),
    ("письма", office.letters),
    ("копии", office.copies),
    ("почта", outside.mail),
    ("ящик", outside.mailbox),
    ("адрес", outside.address),
    ("банки", outside.webhooks),
)


@click.command()
@click.option("--inside", is_flag=True, help="Nothing that goes over the network.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(*, inside: bool, as_json: bool) -> None:
    """Look at the whole installation and say what is wrong and what to do.

    Nothing is changed but a row that is written and taken back. What goes over the
    network (mail, mailbox, the public address, the acquirers' way to it) is tried for
    real. Exit codes: 0 well, or only warnings, 1 something is wrong, 2 the settings are.
    """
    context = open_installation(needs_schema=False)
    checks = [
        (name, check)
        for name, check in CHECKS
        if not (inside and check.__module__ == outside.__name__)
    ]
    said = saying.ask(checks, context)
    saying.tell(said, as_json=as_json)
    if saying.is_ill(said):
        raise SystemExit(ILL)
