"""How the zones of a meter and the months of readings are called."""

from flask import Flask

from cabinet.domain.period import Month
from cabinet.domain.tariff import Zone

NAMES = {
    Zone.SINGLE: "",
    Zone.DAY: "день",
    Zone.NIGHT: "ночь",
    Zone.PEAK: "пик",
    Zone.HALF_PEAK: "полупик",
}

IN_MONTHS = (
    "январе",
    "феврале",
    "марте",
    "апреле",
    "мае",
    "июне",
    "июле",
    "августе",
    "сентябре",
    "октябре",
    "ноябре",
    "декабре",
)


def zone_name(zone: Zone, number: int) -> str:
    """Return «день (Т1)»; the only zone of a meter is called «показание»."""
    name = NAMES[zone]
    return f"{name} (Т{number})" if name else "показание"


def zone_caption(zone: Zone, number: int) -> str:
    """Return «День (Т1)», which begins a line."""
    name = zone_name(zone, number)
    return name[0].upper() + name[1:]


def zone_title(zone: Zone) -> str:
    """Return «День»; the only zone of a meter is «Показание»."""
    return (NAMES[zone] or "показание").capitalize()


def of_zone(zone: Zone) -> str:
    """Return what stands after a word: «, день», and nothing for the only zone."""
    return f", {NAMES[zone]}" if NAMES[zone] else ""


def month_in(month: Month) -> str:
    """Return «ноябре», which stands after «в»."""
    return IN_MONTHS[month.number - 1]


def zone_of_day(zone: Zone) -> str:
    """Return what a row of prices begins with: «День»; the only zone has all hours."""
    return NAMES[zone].capitalize() or "Круглые сутки"


def hours_words(spans: str) -> str:
    """Return «с 7 до 10 и с 17 до 21» for `07-10 17-21`."""
    pairs = (span.split("-") for span in spans.split())
    return " и ".join(f"с {int(first)} до {int(last)}" for first, last in pairs)


def register(app: Flask) -> None:
    """Give the templates every filter."""
    app.jinja_env.filters.update(
        zone_caption=zone_caption,
        zone_name=zone_name,
        zone_title=zone_title,
        zone_of_day=zone_of_day,
        of_zone=of_zone,
        month_in=month_in,
        hours_words=hours_words,
    )
