"""The settings of one shop at one provider."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Who we are at the provider and how it is reached.

    `name` is the shop's own word, unique, and stands in its notices' address;
    `branches` are the codes of the branches whose money it takes.
    `login` is the shop's id, user name or terminal; `password` its secret key;
    `notice_secret` what its notices are signed with, where that is another secret;
    `certificates` a file of root certificates (Sberbank's are the Ministry's);
    `networks` where its notices come from, empty for anywhere;
    `page_origins` where its pages for cards are (`https://host`), `methods` what they take.
    """

    name: str
    provider: str
    branches: tuple[str, ...]
    base_url: str
    login: str
    password: str = field(repr=False)
    notice_secret: str = field(default="", repr=False)
    certificates: Path | None = None
    connect_seconds: float = CONNECT_SECONDS
    total_seconds: float = TOTAL_SECONDS
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    vat_code: int = 11
    tax_system: int | None = None
    methods: tuple[str, ...] = ("card",)
    page_origins: tuple[str, ...] = ()
