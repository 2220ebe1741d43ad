"""The command `cabinet`: what an administrator and the scripts call.

Exit codes: 0 done, 1 done with faults that were told, 2 wrong use or settings.
"""

import click

from cabinet.cli.demo import demo
from cabinet.cli.imports import import_files
from cabinet.cli.running import check, migrate, serve, work
from cabinet.cli.staff import staff
from cabinet.cli.tariffs import tariffs


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run and keep a customer portal of an electricity retailer."""


for command in (check, demo, import_files, migrate, serve, staff, tariffs, work):
    main.add_command(command)
