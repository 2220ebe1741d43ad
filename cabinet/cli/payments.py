"""Commands about card payments."""

from datetime import datetime

import click

from cabinet.cli.context import open_installation
from cabinet.gateways import open_gateway
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.gateways.shops import Shops
from cabinet.services.acquirers import KeptShops
from cabinet.services.payments import lag, reconciling


@click.group()
def payments() -> None:
    """Look after card payments."""


@payments.command("reconcile")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY")
@click.option("--shop", "name", help="Only this shop; otherwise every one.")
def reconcile(day: datetime, name: str | None) -> None:
    """Compare DAY (2026-11-22, of Moscow) with the registers of the acquirers.

    The worker does so by itself each morning for yesterday. Exit 1 when something
    differs or an acquirer does not answer; the pages of the back office show what.
    """
    context = open_installation()
    settings = context.settings
    kept = KeptShops(settings.secret_key, is_production=not settings.is_demo)
    shops = list(Shops(settings.shops, open_gateway, kept, origin=settings.public_url))
    chosen = [shop for shop in shops if name in (None, shop.name)]
    if name is not None and not chosen:
        raise click.UsageError(f"no shop has the name {name}")
    is_clean = True
    for shop in chosen:
        try:
            made = reconciling.reconcile(shop, day.date(), now=context.clock.now())
        except (UnclearError, RefusedError):
            click.echo(f"{shop.name}: the acquirer does not answer", err=True)
            is_clean = False
            continue
        run = reconciling.summary(made)
        click.echo(
            f"{shop.name} {day.date()}: matched {run.matched}, put back"
            f" {run.recovered}, differences {run.differences}, open {run.open_ones}"
        )
        is_clean = is_clean and not run.open_ones
    if not is_clean:
        raise SystemExit(1)


@payments.command("check")
def check() -> None:
    """Tell whether somebody asks the acquirers; exit 1 when it is two minutes late.

    For whatever watches the installation: the worker cannot say that it is away.
    """
    context = open_installation()
    found = lag.check(context.clock.now())
    if found.since is not None:
        click.echo(
            f"{found.waiting} wait to be asked about or used, the oldest since"
            f" {found.since:%Y-%m-%d %H:%M:%S} UTC: is `cabinet work` running, and does"
            " the acquirer answer?",
            err=True,
        )
        raise SystemExit(1)
    click.echo("nothing waits")
