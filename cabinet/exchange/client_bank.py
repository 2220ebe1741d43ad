"""1CClientBankExchange: payments as accounting takes them (the bank's side of 1C).

The format is 1C's own standard of exchange with bank clients, version 1.03: lines
«Ключ=Значение» in Windows-1251, documents between «СекцияДокумент» and «КонецДокумента».
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

_ENCODING = "cp1251"
_LONGEST_PURPOSE = 210


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Whose account the money came to."""

    company: str
    inn: str
    kpp: str
    account: str
    bank: str
    bic: str
    corr_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A payment: its number, its day, how much, from whom, what for."""

    number: str
    on: date
    roubles: Decimal
    payer: str
    purpose: str


def write_documents(
    payee: Payee,
    first: date,
    last: date,
    documents: Iterable[Document],
    *,
    at: datetime,
) -> Iterator[bytes]:
    """Yield the file piece by piece; `at` is the moment by the clocks of the branch."""
    yield _lines(
        "1CClientBankExchange",
        ("ВерсияФормата", "1.03"),
        ("Кодировка", "Windows"),
        ("Отправитель", "cabinet"),
        ("Получатель", ""),
        ("ДатаСоздания", _day(at.date())),
        ("ВремяСоздания", f"{at:%H:%M:%S}"),
        ("ДатаНачала", _day(first)),
        ("ДатаКонца", _day(last)),
        ("РасчСчет", payee.account),
    )
    for one in documents:
        yield _lines(
            ("СекцияДокумент", "Платежное поручение"),
            ("Номер", one.number),
            ("Дата", _day(one.on)),
            ("Сумма", f"{one.roubles:.2f}"),
            ("Плательщик", one.payer),
            ("Плательщик1", one.payer),
            ("ПолучательСчет", payee.account),
            ("ДатаПоступило", _day(one.on)),
            ("Получатель", payee.company),
            ("ПолучательИНН", payee.inn),
            ("Получатель1", payee.company),
            ("ПолучательКПП", payee.kpp),
            ("ПолучательРасчСчет", payee.account),
            ("ПолучательБанк1", payee.bank),
            ("ПолучательБИК", payee.bic),
            ("ПолучательКорсчет", payee.corr_account),
            ("ВидОплаты", "01"),
            ("НазначениеПлатежа", one.purpose[:_LONGEST_PURPOSE]),
            "КонецДокумента",
        )
    yield _lines("КонецФайла")


def _lines(*lines: str | tuple[str, str]) -> bytes:
    texts = (
        line if isinstance(line, str) else f"{line[0]}={_plain(line[1])}"
        for line in lines
    )
    return "".join(f"{text}\r\n" for text in texts).encode(_ENCODING, "replace")


def _plain(value: str) -> str:
    """Return a value on one line: another one would be read as a key."""
    return " ".join(value.split())


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"
