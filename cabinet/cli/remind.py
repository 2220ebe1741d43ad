"""The command that reminds of readings at once."""

import click

from cabinet.cli.context import open_installation


@click.command()
@click.option("--dry-run", is_flag=True, help="Count only; write no mail.")
def remind(*, dry_run: bool) -> None:
    """Write today's reminders of readings, as the worker does by itself.

    On the first day of a branch's window and two days before its last, from 9:00 by its
    clocks, to those who asked for it and have sent nothing; nobody gets one twice.
    """
    from cabinet.app import create_app
    from cabinet.jobs.reminders import remind_due

    context = open_installation()
    app = create_app(context.settings, clock=context.clock)
    with app.app_context():
        count = remind_due(
            public_url=context.settings.public_url,
            now=context.clock.now(),
            is_dry=dry_run,
        )
    click.echo(f"would remind {count}" if dry_run else f"reminded {count}")
