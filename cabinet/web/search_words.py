"""The words of the search: what was tried, and by what an account was found."""

from cabinet.domain.searching import LEAST_DIGITS, LEAST_LETTERS, Ask, Query, Rank

#: By what an account was found, where the row itself does not show it.
BY = {
    Rank.SERIAL: "по номеру счётчика",
    Rank.SERIAL_PART: "по части номера счётчика",
    Rank.PHONE: "по телефону",
    Rank.PHONE_ENDS: "по концу телефона",
    Rank.EMAIL: "по почте",
    Rank.EMAIL_BEGINS: "по началу почты",
    Rank.TYPO: "похоже на то, что вы ввели",
}

LEAST = f"Введите не меньше {LEAST_DIGITS} цифр или {LEAST_LETTERS} букв"
#: How to go on where nothing was found.
ADVICE = {
    Ask.DIGITS: "Проверьте цифры или введите только последние четыре.",
    Ask.SERIAL: "Проверьте номер или введите только его цифры.",
    Ask.EMAIL: "Проверьте адрес или введите только его начало.",
    Ask.WORDS: "Введите одну фамилию или улицу с домом. Попробуйте номер счёта.",
}


def tried(query: Query) -> str:
    """Return what the typed text was taken for, as the end of «Искали …»."""
    if query.ask is Ask.DIGITS:
        said = f"счёт, счётчик и телефон с цифрами {query.digits}"
    elif query.ask is Ask.SERIAL:
        said = f"счётчик с номером {query.digits}"
    elif query.ask is Ask.EMAIL:
        said = f"почту, которая начинается с «{query.text}»"
    else:
        words = ", ".join(f"«{word}»" for word in query.words)
        said = f"фамилию, имя или адрес: {words}"
        numbers = ", ".join((*query.numbers, *query.codes))
        said += f", номер {numbers}" if numbers else ""
    return f"{said} в другой раскладке" if query.is_other_layout else said
