"""The form of a recalculation by order: its reason, months, energy or sum, and paper."""

import re
import uuid
from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, RadioField, SelectField, StringField

from cabinet.domain.billing import OrderReason
from cabinet.domain.billing.order import PricesDiffer
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import ZONES, Plan, RateMissing
from cabinet.forms.history import read_day
from cabinet.forms.payments import EXAMPLE, read_sum
from cabinet.services.ordering import (
    MAX_DOCUMENT,
    MAX_WORDS,
    DocumentLater,
    NothingOrdered,
    NotOfNorm,
    OrderKnown,
    OrderUnfit,
    OrderWish,
)
from cabinet.web.filters import month as month_text
from cabinet.web.order_words import REASONS
from cabinet.web.zones import of_zone

MAX_SHOWN = 40
LESS, MORE = "less", "more"
NO_MONTH = "Выберите месяц"
NO_DAY = "Введите дату документа, например 05.11.2026"
NO_KWH = "Введите кВт·ч, например 120 или 120,5"
NOT_OF_NORM = (
    "За {month} начислено не по нормативу: при отсутствии пересчитывают только его"
)
PRICES_DIFFER = (
    "За {month} другая цена: внесите два перерасчёта или введите сумму по документу"
)
#: More than any dwelling takes in the months an order may be of.
_MOST_ENERGY = Energy.from_kwh(1_000_000)
_MOST_MONEY = Money(100_000_000_00)
_BLANKS = re.compile(r"\s+")


class OrderForm(FlaskForm):
    """A recalculation; `seen` is what the next bill was shown for."""

    key = HiddenField()
    seen = HiddenField()
    reason = SelectField("Причина", validate_choice=False)
    words = StringField("Пояснение")
    document = StringField("Номер документа")
    document_on = StringField("Дата документа")
    first = SelectField("С какого месяца", validate_choice=False)
    last = SelectField("По какой месяц", validate_choice=False)
    direction = RadioField("Что сделать с начисленным", validate_choice=False)
    t1 = StringField("Сколько кВт·ч")
    t2 = StringField("Сколько кВт·ч")
    t3 = StringField("Сколько кВт·ч")
    amount = StringField("Сумма, ₽")

    def offer(self, plan: Plan, months: Sequence[Month]) -> None:
        """Offer the reasons and the months, and name the zones of the account."""
        self.reason.choices = [("", "Выберите"), *REASONS.items()]
        named = [("", NO_MONTH), *((str(one), month_text(one)) for one in months)]
        self.first.choices = self.last.choices = named
        self.direction.choices = [(LESS, "Уменьшить"), (MORE, "Увеличить")]
        zones = ZONES[plan]
        self.shown = (self.t1, self.t2, self.t3)[: len(zones)]
        for control, zone in zip(self.shown, zones, strict=True):
            control.label.text = f"Сколько кВт·ч{of_zone(zone)}"

    @property
    def sure_key(self) -> uuid.UUID:
        """Return the key, a new one where it is none of ours."""
        try:
            return uuid.UUID(self.key.data or "")
        except ValueError:
            return uuid.uuid4()

    def renew_key(self) -> None:
        """Make another order of what is sent next; it is to be seen first."""
        self.key.data = str(uuid.uuid4())
        self.seen.data = ""

    def take_wish(self) -> OrderWish | None:
        """Return the order that was typed, None with the faults at their fields."""
        reason = next((one for one in OrderReason if one == self.reason.data), None)
        if reason is None:
            _blame(self.reason, "Выберите причину")
        words = self._line(self.words, MAX_WORDS)
        if reason is OrderReason.OTHER and not words:
            _blame(self.words, "Напишите, почему пересчитываем")
        document = self._line(self.document, MAX_DOCUMENT)
        if not document:
            _blame(self.document, "Введите номер документа")
        day = read_day((self.document_on.data or "")[:MAX_SHOWN])
        if day is None:
            _blame(self.document_on, NO_DAY)
        first, last = self._month(self.first), self._month(self.last)
        if self.direction.data not in (LESS, MORE):
            _blame(self.direction, "Выберите, уменьшить или увеличить")
        energies = tuple(self._energy(one) for one in (self.t1, self.t2, self.t3))
        amount = self._amount()
        if self.errors or reason is None or day is None or not (first and last):
            return None
        return OrderWish(
            reason=reason,
            first=first,
            last=last,
            document=document,
            document_on=day,
            is_less=self.direction.data == LESS,
            energies=energies,
            amount=amount,
            words=words,
        )

    def is_confirmed(self, wish: OrderWish) -> bool:
        """Tell whether the next bill with this very order was shown."""
        return bool(self.seen.data == shape_of(wish))

    def blame(self, error: OrderUnfit | PricesDiffer | RateMissing) -> None:
        """Say at its field why there can be no such order."""
        match error:
            case DocumentLater():
                _blame(self.document_on, "Эта дата ещё не наступила")
            case OrderKnown():
                _blame(self.document, "Перерасчёт по этому документу уже внесён")
            case NotOfNorm():
                _blame(self.first, NOT_OF_NORM.format(month=month_text(error.month)))
            case NothingOrdered():
                _blame(self.amount, "Введите кВт·ч или сумму")
            case PricesDiffer():
                _blame(self.last, PRICES_DIFFER.format(month=month_text(error.month)))
            case RateMissing():
                month = month_text(error.month)
                _blame(self.amount, f"Нет цены за {month}: введите сумму")
            case _:
                _blame(self.last, "Выберите месяцы по порядку")

    @staticmethod
    def _line(control: Field, most: int) -> str:
        text = _BLANKS.sub(" ", control.data or "").strip()
        if len(text) > most:
            _blame(control, f"Здесь больше {most} знаков. Напишите короче")
        return text

    @staticmethod
    def _month(control: Field) -> Month | None:
        try:
            return Month.parse(control.data or "")
        except ValueError:
            _blame(control, NO_MONTH)
            return None

    @staticmethod
    def _energy(control: Field) -> Energy:
        text = (control.data or "").strip()
        try:
            energy = Energy.from_kwh(text) if text else Energy(0)
        except ValueError:
            energy = Energy(-1)
        if not Energy(0) <= energy <= _MOST_ENERGY:
            _blame(control, NO_KWH)
        return energy

    def _amount(self) -> Money | None:
        try:
            amount = read_sum(self.amount.data)
        except ValueError:
            amount = Money(-1)
        if amount is not None and not Money(0) <= amount <= _MOST_MONEY:
            _blame(self.amount, EXAMPLE)
        return amount or None


def shape_of(wish: OrderWish) -> str:
    """Return all that an order says, as one text."""
    kopecks = "" if wish.amount is None else str(wish.amount.kopecks)
    return " | ".join(
        [
            wish.reason,
            str(wish.first),
            str(wish.last),
            LESS if wish.is_less else MORE,
            *(str(one.wh) for one in wish.energies),
            kopecks,
            wish.document,
            wish.document_on.isoformat(),
            wish.words,
        ]
    )


def _blame(control: Field, words: str) -> None:
    control.errors = [words]
