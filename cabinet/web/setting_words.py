"""The words of settings: what is set, how a value reads, what cannot be."""

from collections.abc import Callable
from typing import Any

from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.services.staffing import Person
from cabinet.web.filters import NBSP, money

ROLES = {
    Role.OPERATOR: "Специалист",
    Role.SUPERVISOR: "Руководитель",
    Role.ADMIN: "Администратор",
}

#: Time zones of Russia by what their clocks are ahead of Moscow's.
ZONES = {
    "Europe/Kaliningrad": "Калининград, МСК−1",
    "Europe/Moscow": "Москва",
    "Europe/Samara": "Самара, МСК+1",
    "Asia/Yekaterinburg": "Екатеринбург, МСК+2",
    "Asia/Omsk": "Омск, МСК+3",
    "Asia/Novosibirsk": "Новосибирск, МСК+4",
    "Asia/Krasnoyarsk": "Красноярск, МСК+4",
    "Asia/Irkutsk": "Иркутск, МСК+5",
    "Asia/Yakutsk": "Якутск, МСК+6",
    "Asia/Vladivostok": "Владивосток, МСК+7",
    "Asia/Magadan": "Магадан, МСК+8",
    "Asia/Kamchatka": "Петропавловск-Камчатский, МСК+9",
}

MONTHS = (
    "Январь",
    "Февраль",
    "Март",
    "Апрель",
    "Май",
    "Июнь",
    "Июль",
    "Август",
    "Сентябрь",
    "Октябрь",
    "Ноябрь",
    "Декабрь",
)

#: What is set, as forms and the list of changes call it.
NAMES = {
    "code": "Код",
    "region": "Регион",
    "name": "Название",
    "time_zone": "Часовой пояс",
    "window_first": "Приём показаний с",
    "window_last": "Приём показаний по",
    "company": "Получатель",
    "inn": "ИНН",
    "kpp": "КПП",
    "bic": "БИК",
    "bank": "Банк",
    "settlement_account": "Расчётный счёт",
    "correspondent_account": "Корреспондентский счёт",
    "address": "Адрес офиса",
    "phone": "Телефон",
    "hours": "Когда отвечают",
    "email": "Почта для обращений",
    "site": "Сайт",
    "opens_on_match": "Открывать счёт сразу, если два признака совпали",
    "least_evidence": "Наименьший платёж для подтверждения, ₽",
    "refund_alone_up_to": "Возврат без второго специалиста до, ₽",
    "recalculate_alone_up_to": "Перерасчёт без второго специалиста до, ₽",
    "role": "Роль",
    "branches": "Филиалы",
    "is_enabled": "Работает",
    "version": "Версия",
    "provider": "Банк",
    "login": "Номер магазина",
    "password": "Секретный ключ",
    "notice_secret": "Ключ уведомлений",
    "methods": "Чем платят",
    "receipts": "Банк выдаёт кассовые чеки",
    "vat_code": "Ставка НДС в чеке",
    "provider_vat": "Код ставки у банка",
    "most_roubles": "Наибольший платёж, ₽",
    "is_on": "Принимает платежи",
    "is_working": "Рабочий день",
    "source": "Основание",
}

#: The fields of a branch as its page groups them.
GROUPS = (
    ("Кто и где", ("name", "time_zone")),
    ("Приём показаний", ("window_first", "window_last")),
    (
        "Для связи",
        ("address", "phone", "hours", "email", "site"),
    ),
    (
        "Реквизиты для квитанций",
        (
            "company",
            "inn",
            "kpp",
            "bic",
            "bank",
            "settlement_account",
            "correspondent_account",
        ),
    ),
    (
        "Что решают без второго человека",
        (
            "opens_on_match",
            "least_evidence",
            "refund_alone_up_to",
            "recalculate_alone_up_to",
        ),
    ),
)

PROVIDERS = {"yookassa": "ЮKassa", "sberbank": "Сбербанк", "tbank": "Т-Банк"}
METHODS = {"card": "карта", "sbp": "СБП"}
#: Rates as YooKassa numbers them; other banks' codes are made of these.
VAT_CODES = {
    11: "22 %",
    12: "22/122",
    4: "20 %",
    6: "20/120",
    3: "10 %",
    5: "10/110",
    8: "7 %",
    7: "5 %",
    2: "0 %",
    1: "без НДС",
}
SHOP_FAULTS = {
    "name": "Название пишут маленькими латинскими буквами и цифрами, до 32 знаков",
    "taken": "Магазин с таким названием уже есть",
    "branches": "Отметьте хотя бы один филиал",
    "other": "У этого филиала уже есть другой магазин",
    "provider": "Выберите банк",
    "login": "Введите номер магазина, как его знает банк",
    "password": "Введите секретный ключ",
    "again": "Банк или номер магазина другие: введите секретный ключ заново",
    "methods": "Отметьте, чем можно платить",
    "vat_code": "Выберите ставку НДС",
    "provider_vat": "Введите код ставки, который назвал банк, или уберите чеки",
    "most_roubles": "Введите сумму от 1 до 1 000 000 рублей",
    "trial": "Это тестовый магазин: денег он не принимает",
}
ANSWERS = {
    "fine": "Банк ответил: ключ подходит",
    "refused": "Банк не принял номер или ключ",
    "silent": "Банк не ответил. Попробуйте ещё раз через несколько минут",
}

FAULTS = {
    "code": "Код пишут маленькими латинскими буквами, например kursk",
    "long": "Здесь слишком много знаков. Сократите",
    "empty": "Заполните это поле",
    "zone": "Такого часового пояса нет",
    "window": "Это дни с 1 по 28, первый не позже последнего",
    "email": "Введите адрес почты, например kursk@example.ru",
    "negative": "Сумма не меньше нуля",
    "shape": "Проверьте: банк такое не примет",
    "inn": "В ИНН ошибка: контрольная цифра не сходится",
    "key": "Счёт не подходит к БИК: контрольная цифра не сходится",
}


def fault(word: str) -> str:
    """Return what is wrong with a field."""
    return FAULTS[word]


def name(setting: str) -> str:
    """Return what is set, without the unit."""
    return NAMES.get(setting, setting).removesuffix(", ₽")


def shop_fault(field: str, why: str) -> str:
    """Return what is wrong with a field of a shop."""
    if why in SHOP_FAULTS:
        return SHOP_FAULTS[why]
    return SHOP_FAULTS["trial" if " test " in why else field]


def state(one: Person) -> str:
    """Return whether somebody is let in."""
    if not one.is_enabled:
        return "вход закрыт"
    return "приглашение отправлено" if one.is_invited else "работает"


def value(setting: str, kept: Any) -> str:
    """Return a value of the list of changes as a person reads it."""
    if kept is None or kept in ("", []):
        return "по дню недели" if setting == "is_working" else "пусто"
    read = _READ.get(setting)
    if read is not None:
        return read(kept)
    if isinstance(kept, bool):
        return "да" if kept else "нет"
    return ", ".join(kept) if isinstance(kept, list) else str(kept)


def _sum(kept: Any) -> str:
    amount = kept if isinstance(kept, Money) else Money(kept)
    return f"{money(amount)}{NBSP}₽"


_READ: dict[str, Callable[[Any], str]] = {
    "least_evidence": _sum,
    "refund_alone_up_to": _sum,
    "recalculate_alone_up_to": _sum,
    "role": lambda kept: ROLES[Role(kept)],
    "time_zone": lambda kept: ZONES.get(kept, str(kept)),
    "provider": lambda kept: PROVIDERS[kept],
    "methods": lambda kept: ", ".join(METHODS[one] for one in kept),
    "vat_code": lambda kept: VAT_CODES.get(kept, str(kept)),
}
