"""What specialists read of imports: kinds of files, states, formats, outcomes."""

from cabinet.domain.loads import LoadState
from cabinet.services.importing import Outcome

KINDS = {
    "accounts": "Лицевые счета",
    "holders": "Владельцы",
    "meters": "Счётчики",
    "replacements": "Замены счётчиков",
    "readings": "Показания",
    "charges": "Начисления",
    "payments": "Платежи",
    "counted": "Что учтено в квитанциях",
    "benefits": "Льготы",
    "papers": "Документы организаций",
    "tariffs": "Цены",
    "rules": "Правила",
    "key_rates": "Ключевая ставка",
    "norms": "Нормативы",
}
STATES = {
    LoadState.WAITING: "ждёт проверки",
    LoadState.CHECKING: "проверяется",
    LoadState.CHECKED: "проверена",
    LoadState.RUNNING: "загружается",
    LoadState.COMMITTED: "загружена",
    LoadState.UNDOING: "отменяется",
    LoadState.UNDONE: "отменена",
    LoadState.DROPPED: "выброшена",
}
FORMATS = {
    "": "определить по файлу",
    "delimited": "текст с разделителями",
    "xlsx": "книга Excel (XLSX)",
    "client_bank": "выписка 1С (1CClientBankExchange)",
    "sberbank": "реестр платежей Сбербанка",
    "gorod": "реестр системы «Город»",
}
ENCODINGS = {
    "": "определить по файлу",
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 с меткой",
    "utf-16": "UTF-16",
    "cp1251": "Windows-1251",
    "cp866": "DOS (866)",
    "koi8-r": "KOI8-R",
}
DELIMITERS = {
    "": "определить по файлу",
    ";": "точка с запятой",
    ",": "запятая",
    "\t": "табуляция",
    "|": "вертикальная черта",
}
OUTCOMES = {
    Outcome.NEW: "Новых",
    Outcome.CHANGED: "Изменено",
    Outcome.SAME: "Без изменений",
    Outcome.FAULTY: "С ошибкой",
    Outcome.REPEATED: "Повторов",
    Outcome.QUARANTINED: "В карантине",
}


def kind(word: str) -> str:
    """Return what a kind of file is called; of one nobody has told, that."""
    return KINDS.get(word, "Вид не выбран")
