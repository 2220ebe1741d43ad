"""Bank cards of the test bank; they belong to nobody and take no money."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoCard:
    """A card number and what the test bank does with it."""

    number: str
    outcome: str


#: Any month to come and any three digits go with them.
CARDS = (
    DemoCard("2200 0000 0000 0004", "оплата проходит"),
    DemoCard("2200 0000 0000 0012", "банк спрашивает код из СМС (3-D Secure)"),
    DemoCard("2200 0000 0000 0020", "недостаточно средств"),
    DemoCard("2200 0000 0000 0038", "банк отвечает не сразу"),
)
