"""The shops at acquirers: those of the file, and those set on the page «Приём карт»."""

from cabinet.cli.context import Context
from cabinet.config.acquirers import Shop
from cabinet.models import AcquirerShop
from cabinet.services.acquirers import KeptShops


def shops_of(context: Context) -> list[Shop]:
    """Return every shop that can be opened, by name; one of the file goes first."""
    settings = context.settings
    kept = KeptShops(settings.secret_key, is_production=not settings.is_demo)
    found = {shop.name: shop for shop in (*kept.shops(), *settings.shops)}
    return [found[name] for name in sorted(found)]


def closed_to_us(context: Context) -> list[str]:
    """Return the names of the shops of the page that cannot be opened any more."""
    opened = {shop.name for shop in shops_of(context)}
    names = AcquirerShop.select(AcquirerShop.name).distinct().tuples()
    return sorted({name for (name,) in names} - opened)
