"""`cabinet doctor`: what is well with an installation, what is not, and what to do."""

import click

from cabinet.cli.context import open_installation
from cabinet.cli.doctor import (
    clocks,
    daily,
    database,
    machine,
    office,
    outside,
    safety,
    saying,
)

ILL = 1
CHECKS: tuple[saying.Named, ...] = (
    ("папка данных", machine.home),
    ("диск", machine.disk),
    ("шрифты", machine.fonts),
    ("база", database.answers),
    ("надёжность", database.lasting),
    ("таблицы", database.schema),
    ("часы", clocks.clock),
    ("секреты", safety.secrets),
    ("заголовки", safety.headers),
    ("правила", office.rules),
    ("работник", office.worker),
    ("письма", office.letters),
    ("копии", office.copies),
    ("книга", daily.ledger),
    ("сверка", daily.reconciliation),
    ("дела", daily.parts),
)
#: What goes over the network.
OUTSIDE: tuple[saying.Named, ...] = (
    ("почта", outside.mail),
    ("ящик", outside.mailbox),
    ("адрес", outside.address),
    ("банки", outside.webhooks),
    ("другие часы", clocks.others),
)


@click.command()
@click.option("--inside", is_flag=True, help="Nothing that goes over the network.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(*, inside: bool, as_json: bool) -> None:
    """Look at the whole installation and say what is wrong and what to do.

    Nothing is changed but a counter that counts nothing. What goes over the network
    (mail, mailbox, the public address, the acquirers' way to it, their clocks) is tried
    for real; of secrets and headers it says what `cabinet security-check` does. Exit
    codes: 0 well, or only warnings, 1 something is wrong, 2 the settings are.
    """
    context = open_installation(needs_schema=False)
    said = saying.ask(CHECKS if inside else (*CHECKS, *OUTSIDE), context)
    saying.tell(said, as_json=as_json)
    if saying.is_ill(said):
        raise SystemExit(ILL)
