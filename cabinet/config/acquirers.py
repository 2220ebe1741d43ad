"""The shops at providers: read from a TOML file, every fault told at once."""

import re
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
MOST_SECONDS = 30.0
METHODS = ("card", "sbp")
MOST_ROUBLES = 100_000
CEILINGS = range(1, 1_000_001)
VAT_CODES = range(1, 13)
TAX_SYSTEMS = range(1, 7)

#: Rates from 1 January 2026, for which Sberbank publishes no code of its own.
NEW_VAT_CODES = frozenset({11, 12})

BASE_URLS = {
    "yookassa": "https://api.yookassa.ru/v3/",
    "sberbank": "https://securepayments.sberbank.ru/payment/rest/",
    "tbank": "https://securepay.tinkoff.ru/v2/",
}

#: Where their pages are, beside the host of the interface itself.
PAGE_ORIGINS = {
    "yookassa": ("https://yoomoney.ru", "https://yookassa.ru"),
    "sberbank": (),
    "tbank": ("https://pay.tbank.ru", "https://qr.nspk.ru"),
}

#: Where YooKassa's notices come from, as its own library has it; it signs nothing.
YOOKASSA_NETWORKS = tuple(
    ip_network(text)
    for text in (
        "185.71.76.0/27",
        "185.71.77.0/27",
        "77.75.153.0/25",
        "77.75.156.11/32",
        "77.75.156.35/32",
        "77.75.154.128/25",
        "2a02:5180:0:1509::/64",
        "2a02:5180:0:2655::/64",
        "2a02:5180:0:1533::/64",
        "2a02:5180:0:2669::/64",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Who we are at the provider and how it is reached.

    `name` is the shop's own word, unique, and stands in its notices' address;
    `branches` are the codes of the branches whose money it takes.
    `login` is the shop's id, user name or terminal; `password` its secret key;
    `notice_secret` what its notices are signed with, where that is another secret,
    and `notice_certificate` the bank's certificate or public key, where it signs so;
    `certificates` a file of root certificates (Sberbank's are the Ministry's);
    `networks` where its notices come from, empty for anywhere.
    `methods` is what the customer may choose between, and `page_origins` where the
    pages for it are (`https://host`): a form leads nowhere else. `receipts` tells whether the
    provider registers receipts (54-ФЗ); `vat_code` and `tax_system` are numbered as
    YooKassa does, and `provider_vat` is the provider's own code of the rate, needed
    where ours does not tell it. The money of a trial shop is not real: no production
    installation has one. `most_roubles` is the largest sum of one payment. One that
    `is_closed` takes no new payments; those there are it follows to their end.
    """

    name: str
    provider: str
    branches: tuple[str, ...]
    base_url: str
    login: str
    password: str = field(repr=False)
    notice_secret: str = field(default="", repr=False)
    notice_certificate: Path | None = None
    certificates: Path | None = None
    connect_seconds: float = CONNECT_SECONDS
    total_seconds: float = TOTAL_SECONDS
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    methods: tuple[str, ...] = ("card",)
    page_origins: tuple[str, ...] = ()
    receipts: bool = True
    vat_code: int = 11
    tax_system: int | None = None
    provider_vat: str = ""
    is_trial: bool = False
    most_roubles: int = MOST_ROUBLES
    is_closed: bool = False


def read_shop(
    said: Mapping[str, Any], *, is_production: bool
) -> tuple[Shop, tuple[tuple[str, str], ...]]:
    """Return a shop that was told otherwise than by the file, and what is wrong with it.

    Of a fault the field is told first. What names files and addresses is the file's
    alone: whoever may set a shop on a page reads no file and sends no secret elsewhere.
    """
    reader = _Row(said, 1, Path(), is_production=is_production)
    shop = reader.shop()
    words = (fault.partition(": ")[2] for fault in reader.faults)
    return shop, tuple((one.split()[0].strip("':"), one) for one in words)


def read_shops(
    path: Path, *, is_production: bool
) -> tuple[tuple[Shop, ...], list[str]]:
    """Return the shops of the file and every fault found; with faults no shop."""
    faults: list[str] = []
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except OSError as error:
        return (), [f"CABINET_ACQUIRERS cannot be read: {error.strerror}"]
    except ValueError as error:
        return (), [f"CABINET_ACQUIRERS is not TOML: {error}"]
    rows = tables.pop("shop", [])
    faults += [f"CABINET_ACQUIRERS: {name!r} is not known" for name in tables]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return (), [*faults, "CABINET_ACQUIRERS: each shop begins with [[shop]]"]
    if not rows:
        faults.append("CABINET_ACQUIRERS: there is no [[shop]]")
    shops = []
    for count, row in enumerate(rows, start=1):
        reader = _Row(row, count, path.parent, is_production=is_production)
        shops.append(reader.shop())
        faults += reader.faults
    names = [shop.name for shop in shops if shop.name]
    faults += [
        f"CABINET_ACQUIRERS: there are several shops {name!r}"
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    return (() if faults else tuple(shops)), faults


class _Row:
    """Reads one `[[shop]]` and collects its faults."""

    def __init__(
        self, row: Mapping[str, Any], count: int, home: Path, *, is_production: bool
    ) -> None:
        self._rest: dict[str, Any] = dict(row)
        self._home = home
        self._is_production = is_production
        name = row.get("name")
        self._title = repr(name) if isinstance(name, str) and name else f"No {count}"
        self.faults: list[str] = []

    def shop(self) -> Shop:
        provider = self._provider()
        connect = self._seconds("connect_seconds", CONNECT_SECONDS)
        total = self._seconds("total_seconds", TOTAL_SECONDS)
        if connect > total:
            self._fault("connect_seconds is not more than total_seconds")
        base_url = self._base_url(provider)
        shop = Shop(
            name=self._name(),
            provider=provider,
            branches=self._words("branches", None),
            base_url=base_url,
            login=self._text("login"),
            password=self._secret("password", is_needed=True),
            notice_secret=self._secret("notice_secret", is_needed=False),
            notice_certificate=self._notice_certificate(),
            certificates=self._certificates(),
            connect_seconds=connect,
            total_seconds=total,
            networks=self._networks(provider),
            methods=self._methods(),
            page_origins=self._page_origins(provider, base_url),
            receipts=self._flag("receipts", is_on=True),
            vat_code=self._number("vat_code", VAT_CODES) or 11,
            tax_system=self._number("tax_system", TAX_SYSTEMS),
            provider_vat=self._text("provider_vat", default=""),
            is_trial=self._flag("trial", is_on=False),
            most_roubles=self._number("most_roubles", CEILINGS) or MOST_ROUBLES,
        )
        if self._is_production:
            self._refuse_trial(shop)
        is_untold = shop.vat_code in NEW_VAT_CODES and not shop.provider_vat
        if provider == "sberbank" and shop.receipts and is_untold:
            self._fault(
                "provider_vat is the bank's taxType of this rate; ask the bank for it,"
                " or set receipts = false"
            )
        for name in self._rest:
            self._fault(f"{name!r} is not known")
        return shop

    def _refuse_trial(self, shop: Shop) -> None:
        """Tell of what would take play money for money."""
        if shop.is_trial:
            self._fault("trial: a trial shop takes no money")
        if shop.provider == "yookassa" and shop.password.startswith("test_"):
            self._fault("password is the key of a test shop, which takes no money")
        if shop.provider == "tbank" and shop.login.endswith("DEMO"):
            self._fault("login is a test terminal, which takes no money")

    def _fault(self, words: str) -> None:
        self.faults.append(f"CABINET_ACQUIRERS, shop {self._title}: {words}")

    def _text(self, name: str, default: str | None = None) -> str:
        value = self._rest.pop(name, default)
        if isinstance(value, str) and (value.strip() or value == default):
            return value.strip()
        self._fault(f"{name} is a text")
        return ""

    def _name(self) -> str:
        name = self._text("name")
        if name and not re.fullmatch(r"[a-z0-9-]{1,32}", name):
            self._fault("name is of small Latin letters, digits and hyphens, up to 32")
        return name

    def _provider(self) -> str:
        provider = self._text("provider")
        if provider not in BASE_URLS:
            self._fault(f"provider is one of {', '.join(BASE_URLS)}")
        return provider

    def _words(self, name: str, default: tuple[str, ...] | None) -> tuple[str, ...]:
        value = self._rest.pop(name, default)
        is_list = isinstance(value, list | tuple) and bool(value)
        if is_list and all(isinstance(one, str) and one.strip() for one in value):
            return tuple(one.strip() for one in value)
        self._fault(f'{name} is a list of texts, like ["one"]')
        return default or ()

    def _methods(self) -> tuple[str, ...]:
        methods = self._words("methods", ("card",))
        if set(methods) - set(METHODS) or len(set(methods)) < len(methods):
            self._fault(f"methods are of {', '.join(METHODS)}, each once")
        return methods

    def _page_origins(self, provider: str, base_url: str) -> tuple[str, ...]:
        if "page_origins" in self._rest:
            origins = self._words("page_origins", None)
            kind = "https" if self._is_production else "https?"
            form = re.compile(rf"{kind}://[a-z0-9.-]+(:[0-9]{{1,5}})?")
            if not all(form.fullmatch(origin) for origin in origins):
                self._fault('page_origins are like "https://pay.example", hosts only')
            return origins
        own = "/".join(base_url.split("/")[:3])
        return (own, *PAGE_ORIGINS.get(provider, ()))

    def _flag(self, name: str, *, is_on: bool) -> bool:
        value = self._rest.pop(name, is_on)
        if isinstance(value, bool):
            return value
        self._fault(f"{name} is true or false")
        return is_on

    def _number(self, name: str, known: range) -> int | None:
        value = self._rest.pop(name, None)
        if value is None:
            return None
        if type(value) is int and value in known:
            return value
        self._fault(f"{name} is a number from {known[0]} to {known[-1]}")
        return None

    def _seconds(self, name: str, default: float) -> float:
        value = self._rest.pop(name, default)
        if type(value) in (int, float) and 0 < value <= MOST_SECONDS:
            return cast("float", value)
        self._fault(f"{name} is a number of seconds up to {MOST_SECONDS:g}")
        return default

    def _base_url(self, provider: str) -> str:
        url = self._text("base_url", default=BASE_URLS.get(provider, ""))
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", 0
        else:
            if parts.username is not None or parts.query or parts.fragment:
                host = ""
        if not host or port == 0 or not re.match(r"https?://", url):
            if url:
                self._fault("base_url is an https:// address without a query")
        elif self._is_production and not url.startswith("https://"):
            self._fault("base_url is an https:// address")
        elif self._is_production and _is_loopback(host):
            self._fault("base_url is this very machine: an emulator takes no money")
        return url.rstrip("/") + "/"

    def _secret(self, name: str, *, is_needed: bool) -> str:
        """Return the secret; `NAME_file` beats `NAME`."""
        plain = self._text(name, default="") if name in self._rest else ""
        file = self._path(f"{name}_file")
        if file is not None:
            try:
                plain = file.read_text(encoding="utf-8").strip()
            except OSError as error:
                self._fault(f"{name}_file cannot be read: {error.strerror}")
                return ""
            except ValueError:
                self._fault(f"{name}_file is not a text")
                return ""
        if is_needed and not plain:
            self._fault(f"{name} or {name}_file is needed")
        return plain

    def _path(self, name: str) -> Path | None:
        """Return the file's path; one that is not whole begins at the TOML's folder."""
        text = self._text(name, default="") if name in self._rest else ""
        return self._home / text if text else None

    def _certificates(self) -> Path | None:
        path = self._path("certificates")
        if path is not None:
            try:
                ssl.create_default_context(cafile=str(path))
            except OSError as error:
                self._fault(f"certificates cannot be read: {error.strerror or error}")
        return path

    def _notice_certificate(self) -> Path | None:
        path = self._path("notice_certificate")
        if path is not None:
            # The library takes a tenth of a second, and few shops have a certificate.
            from cabinet.config.bank_key import read_bank_key  # noqa: PLC0415

            try:
                read_bank_key(path)
            except OSError as error:
                self._fault(f"notice_certificate cannot be read: {error.strerror}")
            except ValueError:
                self._fault("notice_certificate is no certificate or key of RSA")
        return path

    def _networks(self, provider: str) -> tuple[IPv4Network | IPv6Network, ...]:
        if "networks" not in self._rest:
            return YOOKASSA_NETWORKS if provider == "yookassa" else ()
        value = self._rest.pop("networks")
        is_list = isinstance(value, list) and all(type(one) is str for one in value)
        try:
            if is_list:
                return tuple(ip_network(text) for text in value)
        except ValueError:
            pass
        self._fault('networks is a list like ["185.71.76.0/27"], [] for anywhere')
        return ()


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified
