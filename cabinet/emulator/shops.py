"""The shops that may speak to the emulator, and how the demonstration reaches them."""

from dataclasses import dataclass

from cabinet.config.acquirers import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A shop as the bank knows it.

    `notice_url` is where its notices go when the order does not say; `$NAME` of it is
    the shop's name.
    """

    name: str
    provider: str
    login: str
    password: str
    notice_secret: str = ""
    branches: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("card",)


MERCHANTS = (
    Merchant(
        name="kursk",
        provider="yookassa",
        login="100500",
        password="test_emulator-kursk",
        branches=("kursk", "tver"),
        methods=("card", "sbp"),
    ),
    Merchant(
        name="murmansk",
        provider="sberbank",
        login="murmansk-api",
        password="emulator-murmansk",
        notice_secret="emulator-notices-of-murmansk",
        branches=("murmansk",),
    ),
    Merchant(
        name="smolensk",
        provider="tbank",
        login="1700000000DEMO",
        password="emulator-smolensk",
        branches=("smolensk",),
        methods=("card", "sbp"),
    ),
)

PATHS = {
    "yookassa": "/yookassa/v3/",
    "sberbank": "/sberbank/payment/rest/",
    "tbank": "/tbank/v2/",
}


def merchant(provider: str, login: str) -> Merchant | None:
    """Return the shop by what it calls itself."""
    for one in MERCHANTS:
        if (one.provider, one.login) == (provider, login):
            return one
    return None


def named(name: str) -> Merchant:
    """Return the shop by the word both sides know it by."""
    return next(one for one in MERCHANTS if one.name == name)


def demo_shops(origin: str) -> tuple[Shop, ...]:
    """Return the portal's side of the shops; `origin` is where the emulator listens."""
    return tuple(
        Shop(
            name=one.name,
            provider=one.provider,
            branches=one.branches,
            base_url=origin + PATHS[one.provider],
            login=one.login,
            password=one.password,
            notice_secret=one.notice_secret,
            methods=one.methods,
            page_origins=(origin,),
            provider_vat="6" if one.provider == "sberbank" else "",
            is_trial=True,
        )
        for one in MERCHANTS
    )
