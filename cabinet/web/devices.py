"""The browser and the system in words a person recognises in a list of sessions."""

import re

BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"),
    ("SamsungBrowser", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Opera Mini", "Opera Mini"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
    ("Lynx", "Lynx"),
    ("w3m", "w3m"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """Return «Chrome, Android» or «Неизвестный браузер»."""
    browser = _first(BROWSERS, user_agent) or "Неизвестный браузер"
    system = _first(SYSTEMS, user_agent)
    return f"{browser}, {system}" if system else browser


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((word for mark, word in table if re.search(mark, text)), "")
