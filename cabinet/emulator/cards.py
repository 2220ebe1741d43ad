"""The bank's cards and what each of them does."""

from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """What a card does once its number is typed."""

    PAYS = "pays"
    ASKS_CODE = "asks_code"
    REFUSED = "refused"
    CODE_FAILS = "code_fails"
    SLOW = "slow"
    LATE = "late"
    TELLS_TEN_TIMES = "tells_ten_times"
    TELLS_BACKWARDS = "tells_backwards"
    TELLS_NOTHING = "tells_nothing"
    TELLS_FIRST = "tells_first"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    UNKNOWN_STATE = "unknown_state"
    READS_500 = "reads_500"
    READS_BROKEN = "reads_broken"
    READS_HANG = "reads_hang"


@dataclass(frozen=True, slots=True)
class Card:
    """A number, what it does, and that in words; `reason` is YooKassa's word."""

    number: str
    words: str
    deed: Deed
    reason: str = ""

    @property
    def asks(self) -> bool:
        """Tell whether the card leads to the page of 3-D Secure."""
        return self.deed in {Deed.ASKS_CODE, Deed.CODE_FAILS}

    @property
    def masked(self) -> str:
        """Return the number as banks show it."""
        return f"{self.number[:6]}******{self.number[-4:]}"

    @property
    def grouped(self) -> str:
        """Return the number as it stands on plastic."""
        return " ".join(self.number[i : i + 4] for i in range(0, 16, 4))


def _card(head: str, words: str, deed: Deed, reason: str = "") -> Card:
    """Return the card with the last digit that makes its number right (Luhn)."""
    digits = [int(c) for c in head]
    doubled = [
        d * 2 - 9 * (d > 4) if i % 2 == 0 else d  # noqa: PLR2004 - Luhn's five
        for i, d in enumerate(digits)
    ]
    return Card(f"{head}{-sum(doubled) % 10}", words, deed, reason)


CARDS = (
    _card("220070000000000", "платёж проходит сразу, без кода", Deed.PAYS),
    _card(
        "220070000000001", "спрашивает код 3-D Secure, потом проходит", Deed.ASKS_CODE
    ),
    _card(
        "220070000000002",
        "код 3-D Secure не подходит",
        Deed.CODE_FAILS,
        "3d_secure_failed",
    ),
    _card("220070000000003", "не хватает денег", Deed.REFUSED, "insufficient_funds"),
    _card("220070000000004", "срок карты истёк", Deed.REFUSED, "card_expired"),
    _card("220070000000005", "банк карты отказал", Deed.REFUSED, "general_decline"),
    _card(
        "220070000000006", "банк карты просит позвонить", Deed.REFUSED, "call_issuer"
    ),
    _card(
        "220070000000007",
        "подозрение на мошенничество",
        Deed.REFUSED,
        "fraud_suspected",
    ),
    _card(
        "220070000000008",
        "исчерпан лимит",
        Deed.REFUSED,
        "payment_method_limit_exceeded",
    ),
    _card(
        "220070000000009", "банк карты не отвечает", Deed.REFUSED, "issuer_unavailable"
    ),
    _card(
        "220070000000010", "неверный номер карты", Deed.REFUSED, "invalid_card_number"
    ),
    _card(
        "220070000000011",
        "карта не для интернета",
        Deed.REFUSED,
        "payment_method_restricted",
    ),
    _card("220070000000012", "карта другой страны", Deed.REFUSED, "country_forbidden"),
    _card("220070000000013", "проходит через 20 секунд", Deed.SLOW),
    _card("220070000000014", "сначала отказ, через 20 секунд проходит", Deed.LATE),
    _card("220070000000015", "проходит, уведомляет 10 раз", Deed.TELLS_TEN_TIMES),
    _card(
        "220070000000016",
        "проходит, уведомления в обратном порядке",
        Deed.TELLS_BACKWARDS,
    ),
    _card("220070000000017", "проходит, уведомления нет", Deed.TELLS_NOTHING),
    _card("220070000000018", "проходит, банк называет другую сумму", Deed.WRONG_AMOUNT),
    _card(
        "220070000000019", "проходит, банк называет другую валюту", Deed.WRONG_CURRENCY
    ),
    _card(
        "220070000000020",
        "проходит, минуту банк называет неизвестное состояние",
        Deed.UNKNOWN_STATE,
    ),
    _card(
        "220070000000021",
        "неверный код с обратной стороны",
        Deed.REFUSED,
        "invalid_csc",
    ),
    _card(
        "220070000000022",
        "нужно подтвердить личность",
        Deed.REFUSED,
        "identification_required",
    ),
    _card(
        "220070000000023", "банк не успел ответить", Deed.REFUSED, "internal_timeout"
    ),
    _card(
        "220070000000024",
        "проходит, о следующем платеже банк уведомит до ответа на его создание",
        Deed.TELLS_FIRST,
    ),
    _card(
        "220070000000025",
        "проходит, минуту на вопросы о платеже банк отвечает ошибкой 500",
        Deed.READS_500,
    ),
    _card(
        "220070000000026",
        "проходит, минуту на вопросы о платеже банк отвечает оборванным текстом",
        Deed.READS_BROKEN,
    ),
    _card(
        "220070000000027",
        "проходит, минуту на вопросы о платеже банк молчит",
        Deed.READS_HANG,
    ),
)

BY_NUMBER = {card.number: card for card in CARDS}


def is_right(number: str) -> bool:
    """Tell whether it is a number of a card by its check digit (Luhn)."""
    if not (number.isascii() and number.isdigit() and 13 <= len(number) <= 19):  # noqa: PLR2004
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 * (value > 9)  # noqa: PLR2004
    return total % 10 == 0
