"""What specialists read of payments, refunds and differences: a word for each of ours."""

from cabinet.domain.payments.difference import Difference
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import FiscalState
from cabinet.domain.payments.states import Effect, PaymentEvent, PaymentState

STATES = {
    PaymentState.CREATED: "Создан",
    PaymentState.SUBMITTING: "Отправляется в банк",
    PaymentState.IN_DOUBT: "Уточняем у банка",
    PaymentState.PENDING: "Ждём оплаты",
    PaymentState.WAITING: "Деньги удержаны на карте",
    PaymentState.SUCCEEDED: "Оплачен",
    PaymentState.CANCELED: "Отменён",
    PaymentState.FAILED: "Банк не принял",
    PaymentState.EXPIRED: "Время вышло",
    PaymentState.PARTIALLY_REFUNDED: "Возвращён частично",
    PaymentState.REFUNDED: "Возвращён",
    PaymentState.DISPUTED: "Опротестован",
    PaymentState.CHARGED_BACK: "Списан по опротестованию",
}

EVENTS = {
    PaymentEvent.SUBMIT: "Отправили в банк",
    PaymentEvent.ACCEPTED: "Банк принял заказ",
    PaymentEvent.UNCLEAR: "Ответ банка не пришёл",
    PaymentEvent.REFUSED: "Банк не принял заказ",
    PaymentEvent.SEEN_PENDING: "Банк: ждёт оплаты",
    PaymentEvent.SEEN_WAITING: "Банк: деньги удержаны",
    PaymentEvent.SEEN_SUCCEEDED: "Банк: оплачено",
    PaymentEvent.SEEN_CANCELED: "Банк: отменено",
    PaymentEvent.EXPIRE: "Время на оплату вышло",
    PaymentEvent.REFUND_PART: "Вернули часть",
    PaymentEvent.REFUND_WHOLE: "Вернули всё",
    PaymentEvent.DISPUTE: "Плательщик опротестовал платёж",
    PaymentEvent.DISPUTE_WON: "Спор выигран, деньги остались у нас",
    PaymentEvent.DISPUTE_LOST: "Спор проигран, банк списал деньги",
}

EFFECTS = {
    Effect.STEP: "",
    Effect.STAY: "",
    Effect.FORCED: "узнали позже",
    Effect.ALARM: "требует внимания",
}

SOURCES = {
    "form": "плательщик",
    "call": "ответ банка",
    "poll": "спросили банк",
    "notice": "уведомление банка",
    "refund": "возврат",
    "reconciliation": "сверка",
    "staff": "специалист",
}

REFUND_STATES = {
    RefundState.REQUESTED: "Ждёт второго специалиста",
    RefundState.APPROVED: "Разрешён, скоро отправим",
    RefundState.SUBMITTING: "Отправляется в банк",
    RefundState.IN_DOUBT: "Уточняем у банка",
    RefundState.PENDING: "Банк возвращает",
    RefundState.SUCCEEDED: "Возвращён",
    RefundState.REJECTED: "Не возвращён",
}

FISCAL = {
    FiscalState.NONE: "не отправлялся",
    FiscalState.SENT: "передан банку, о регистрации он не сообщает",
    FiscalState.PENDING: "регистрируется",
    FiscalState.SUCCEEDED: "зарегистрирован",
    FiscalState.CANCELED: "не зарегистрирован",
}

#: Why a payment needs a person.
ATTENTION = {
    "": "",
    "suspicious": "Банк сообщил не то, что мы ждали",
    "doubt": "Больше пяти минут уточняем у банка",
    "refund": "Возврат ждёт второго специалиста",
}

#: What made a payment suspicious: the word of an alarm, or another sum.
SUSPICIONS = {
    "tampered": "Сумма или валюта в банке другая",
    "test": "Платёж тестовый, денег за ним нет",
    "another order": "Под этим номером в банке другой заказ",
    "another payment": "Уведомление назвало платёж, который мы не начинали",
    "paid twice": "В банке этот заказ оплачен дважды, под двумя номерами",
    PaymentEvent.SEEN_CANCELED.value: "Платёж у нас оплачен, а банк называет его отменённым",
    PaymentEvent.REFUND_PART.value: "Возврат платежа, который вернуть нельзя",
    PaymentEvent.REFUND_WHOLE.value: "Возврат платежа, который вернуть нельзя",
}

#: What became of a notice of the bank.
OUTCOMES = {
    "": "ждёт очереди",
    "step": "изменило платёж",
    "stay": "ничего не изменило",
    "forced": "изменило закрытый платёж",
    "alarm": "требует внимания",
    "suspicious": "платёж на проверке",
    "nothing there": "банк такого платежа не знает",
    "unknown": "платёж у нас не найден",
    "unclear": "банк не ответил",
    "refused": "такого перехода не бывает, записано в журнал",
}

DIFFERENCES = {
    Difference.MISSING_HERE: "Нет у нас",
    Difference.MISSING_THERE: "Нет в банке",
    Difference.AMOUNT: "Сумма другая",
    Difference.STATE: "Состояние другое",
    Difference.DUPLICATE: "Оплачено дважды",
}

REMEDIES = {
    Difference.MISSING_HERE: "Деньги в банке есть, а платежа у нас нет. Найдите"
    " лицевой счёт: он назван рядом с заказом или в описании заказа в кабинете"
    " банка. Зачислите на него. Не нашли: верните деньги"
    " в кабинете банка и закройте с примечанием.",
    Difference.MISSING_THERE: "Платёж у нас оплачен, а банк его не знает. Запросите"
    " у банка выписку. Денег нет: отметьте опротестование и его проигрыш на странице"
    " платежа, чтобы снять сумму с лицевого счёта.",
    Difference.AMOUNT: "Сверьте сумму с выпиской банка. Пока суммы разные, платёж сам"
    " не изменится. Разницу верните или доплатите по договорённости с плательщиком"
    " и закройте с примечанием.",
    Difference.STATE: "Банк называет другое состояние и после повторного вопроса."
    " Откройте платёж и решите, верить ли банку, затем закройте с примечанием.",
    Difference.DUPLICATE: "Один заказ оплачен два раза. Верните второй платёж"
    " в кабинете банка или зачислите его на лицевой счёт вперёд.",
}

RETURN_REMEDY = (
    "Деньги вернули в кабинете банка, у нас возврата нет. Назовите лицевой счёт"
    " и запишите возврат, чтобы баланс сошёлся."
)

RUN_SOURCES = {
    "register": "список банка",
    "asked": "спросили о каждом платеже",
    "file": "файл реестра",
}

#: What a register says besides the states of payments.
THEIR_STATES = {
    "": "",
    "pending": "ждёт оплаты",
    "waiting_for_capture": "деньги удержаны",
    "succeeded": "оплачен",
    "canceled": "отменён",
    "refunded": "возврат",
}
