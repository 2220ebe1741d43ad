"""What specialists read of an account: a word for each of ours."""

from cabinet.domain.metering import MeterStatus, ReadingState
from cabinet.domain.volume import Silence
from cabinet.services.account_card.comparing import Figure
from cabinet.services.billing.used import Start
from cabinet.web.billing_words import BASES, CATEGORIES, HOLDS, PLANS, missing_words
from cabinet.web.reading_words import SOURCES
from cabinet.web.statement_words import ROWS as ENTRIES

__all__ = [
    "BASES",
    "CATEGORIES",
    "ENTRIES",
    "FIGURES",
    "HOLDS",
    "METER_STATES",
    "PLANS",
    "READING_STATES",
    "SILENCES",
    "SOURCES",
    "STARTS",
    "missing_words",
]

METER_STATES = {
    MeterStatus.ACTIVE: "работает",
    MeterStatus.UNDER_CHECK: "на проверке",
    MeterStatus.AUTOMATED: "передаёт показания сам (АСКУЭ)",
    MeterStatus.REMOVED: "снят",
}

READING_STATES = {
    ReadingState.SUBMITTED: "передано",
    ReadingState.NEEDS_REVIEW: "на проверке",
    ReadingState.ACCEPTED: "принято",
    ReadingState.COUNTED: "учтено",
    ReadingState.REJECTED: "возвращено",
    ReadingState.SUPERSEDED: "заменено новым",
    ReadingState.WITHDRAWN: "отозвано",
}

SILENCES = {
    Silence.UNREAD: "показаний нет",
    Silence.UNVERIFIED: "поверка истекла",
    Silence.UNMETERED: "счётчика нет",
    Silence.CLOSED: "договор закрыт",
}

STARTS = {
    Start.CARRIED: "из квитанции за месяц до этого",
    Start.FIRST: "из всей истории: первая квитанция своего биллинга",
    Start.CORRECTED: "из прошлой квитанции, долги посчитаны заново: после неё изменилось прошлое",
}

#: What is compared of two bills.
FIGURES = {
    Figure.VOLUME: "Расход",
    Figure.SETTLED: "Перерасчёт",
    Figure.CHARGED: "Начислено",
    Figure.RECALCULATED: "Перерасчёт",
    Figure.PENALTY: "Пени",
    Figure.BENEFIT: "Льготы",
    Figure.CLOSING: "К оплате",
}
