"""The command `cabinet`: what an administrator and the scripts call.

Exit codes: 0 done, 1 done with faults that were told, 2 wrong use or settings.
"""

import errno
import os

import click

from cabinet.cli.audit import audit
from cabinet.cli.backup import backup
from cabinet.cli.bill import bill
from cabinet.cli.bill_print import print_receipts
from cabinet.cli.branch import branch
from cabinet.cli.context import WRONG_SETTINGS
from cabinet.cli.demo import demo
from cabinet.cli.doctor import doctor
from cabinet.cli.documents import documents
from cabinet.cli.emulator import emulator
from cabinet.cli.imports import import_files, undo_import
from cabinet.cli.ledger import ledger
from cabinet.cli.mail import mail
from cabinet.cli.move import move
from cabinet.cli.out import out
from cabinet.cli.payments import payments
from cabinet.cli.privacy import privacy
from cabinet.cli.remind import remind
from cabinet.cli.restore import restore
from cabinet.cli.running import check, migrate, serve, work
from cabinet.cli.search import search
from cabinet.cli.security import security_check
from cabinet.cli.staff import staff
from cabinet.cli.tariffs import tariffs
from cabinet.cli.upgrade import upgrade
from cabinet.services import health

#: Files the portal makes hold customers' data: for its own user alone.
OWNER_ONLY = 0o077


class _Tool(click.Group):
    """Tells what the machine refuses in a line, not in a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a file or a database that cannot be used ends it with 2."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            click.echo(f"cabinet: {error.filename or ''}: {error.strerror}", err=True)
        except health.UNUSABLE as error:
            # A constraint or a statement that fails is no fault of the machine.
            if type(error) not in health.UNUSABLE:
                raise
            click.echo(f"cabinet: database: {str(error).strip()}", err=True)
        raise SystemExit(WRONG_SETTINGS)


@click.group(cls=_Tool, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run and keep a customer portal of an electricity retailer.

    Exit codes: 0 done, 1 done with faults that were told, 2 wrong use or settings.
    """
    os.umask(OWNER_ONLY)


bill.add_command(print_receipts)
for command in (
    audit,
    backup,
    bill,
    branch,
    check,
    demo,
    doctor,
    documents,
    emulator,
    import_files,
    ledger,
    mail,
    migrate,
    move,
    out,
    payments,
    privacy,
    remind,
    restore,
    search,
    security_check,
    serve,
    staff,
    tariffs,
    undo_import,
    upgrade,
    work,
):
    main.add_command(command)
