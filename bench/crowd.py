"""People as a retailer has them: common and rare names, streets, meters, telephones.

Made of a number alone, so that whoever is made again is the same person.
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

_HEADS = [
    "Ал",
    "Бар",
    "Бел",
    "Бог",
    "Бор",
    "Вас",
    "Вол",
    "Гор",
    "Гав",
    "Гон",
    "Гус",
    "Дем",
    "Дор",
    "Ер",
    "Еф",
    "Жар",
    "Жук",
    "Зай",
    "Зим",
    "Зуб",
    "Ив",
    "Ил",
    "Каз",
    "Кал",
    "Кар",
    "Ким",
    "Кол",
    "Кор",
    "Коз",
    "Кон",
    "Кот",
    "Куд",
    "Куз",
    "Лап",
    "Лав",
    "Лог",
    "Лук",
    "Мак",
    "Мал",
    "Мар",
    "Мат",
    "Мед",
    "Мел",
    "Мир",
    "Мор",
    "Мух",
    "Наз",
    "Ник",
    "Нос",
    "Орл",
    "Ос",
    "Пав",
    "Пан",
    "Пет",
    "Пол",
    "Пот",
    "Ром",
    "Рыб",
    "Сав",
    "Сам",
    "Сем",
    "Сер",
    "Сид",
    "Сок",
    "Сол",
    "Сор",
    "Ст",
    "Сух",
    "Сыч",
    "Тар",
    "Тим",
    "Тит",
    "Тих",
    "Тук",
    "Уш",
    "Фад",
    "Фед",
    "Фил",
    "Фом",
    "Хар",
    "Хох",
    "Цар",
    "Чер",
    "Чуг",
    "Шар",
    "Шев",
    "Шил",
    "Шум",
    "Щер",
    "Юд",
    "Як",
    "Яш",
]
_MIDDLES = [
    "а",
    "ан",
    "ар",
    "ат",
    "ач",
    "ел",
    "ен",
    "ер",
    "ик",
    "ил",
    "ин",
    "иш",
    "ох",
    "ош",
    "ул",
    "ум",
    "ур",
    "уш",
    "ыг",
    "ют",
    "ян",
]
_ENDS = ["ов", "ев", "ин", "ов", "енко", "ов", "ов", "ский", "ук", "ин"]
_COMMON = [
    "Иванов",
    "Смирнов",
    "Кузнецов",
    "Попов",
    "Васильев",
    "Петров",
    "Соколов",
    "Михайлов",
    "Новиков",
    "Фёдоров",
    "Морозов",
    "Волков",
    "Алексеев",
    "Лебедев",
    "Семёнов",
    "Егоров",
    "Павлов",
    "Козлов",
    "Степанов",
    "Николаев",
    "Орлов",
    "Андреев",
    "Макаров",
    "Никитин",
    "Захаров",
]
_MEN = [
    "Александр",
    "Сергей",
    "Алексей",
    "Владимир",
    "Андрей",
    "Дмитрий",
    "Николай",
    "Евгений",
    "Михаил",
    "Иван",
    "Юрий",
    "Виктор",
    "Анатолий",
    "Игорь",
    "Павел",
    "Олег",
    "Василий",
    "Роман",
    "Артём",
    "Максим",
]
_WOMEN = [
    "Елена",
    "Татьяна",
    "Ольга",
    "Наталья",
    "Анна",
    "Светлана",
    "Мария",
    "Ирина",
    "Людмила",
    "Галина",
    "Екатерина",
    "Юлия",
    "Валентина",
    "Нина",
    "Надежда",
    "Любовь",
    "Вера",
    "Марина",
    "Оксана",
    "Дарья",
]
_FATHERS = [
    "Александров",
    "Сергеев",
    "Алексеев",
    "Владимиров",
    "Андреев",
    "Дмитриев",
    "Николаев",
    "Михайлов",
    "Иванов",
    "Викторов",
    "Анатольев",
    "Павлов",
    "Олегов",
    "Васильев",
    "Петров",
    "Юрьев",
]
_STREETS = [
    "ул. Ленина",
    "ул. Советская",
    "ул. Мира",
    "ул. Гагарина",
    "ул. Лесная",
    "ул. Садовая",
    "ул. Новая",
    "ул. Школьная",
    "ул. Центральная",
    "пр-т Победы",
    "ул. Кирова",
    "ул. Пушкина",
    "ул. Чехова",
    "ул. 8 Марта",
    "ул. 50 лет Октября",
    "пер. Речной",
    "ул. Карла Маркса",
    "ул. Чапаева",
    "б-р Строителей",
    "ул. Комсомольская",
    "ул. Заречная",
    "ул. Полевая",
    "ш. Южное",
    "ул. Дзержинского",
    "ул. Островского",
    "наб. Сейма",
    "ул. Энгельса",
    "ул. Щорса",
    "пл. Перекальского",
    "ул. Сосновская",
]
_TOWNS = [
    "г. Курск",
    "г. Железногорск",
    "г. Льгов",
    "г. Рыльск",
    "пос. Прямицыно",
    "с. Большое Солдатское",
    "г. Обоянь",
    "рп. Золотухино",
    "г. Суджа",
    "д. Ворошнево",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Whom an account is of, and what hangs there."""

    number: str
    holder: str
    address: str
    phone: str
    serial: str
    public_id: uuid.UUID


def crowd(count: int, *, seed: int = 1) -> Iterator[Person]:
    """Yield so many people, the first ones the same however many they are."""
    chance = random.Random(seed)
    for place in range(1, count + 1):
        yield _person(place, chance)


def _person(place: int, chance: random.Random) -> Person:
    return Person(
        number=f"46{1 + place % 12:02}{chance.randrange(10):01}{place:07}",
        holder=_name(chance),
        address=_address(chance),
        phone=(f"+7 9{chance.randrange(10**9):09}" if chance.random() < 0.6 else ""),
        serial=_serial(chance),
        public_id=uuid.UUID(int=chance.getrandbits(128), version=4),
    )


def _name(chance: random.Random) -> str:
    is_woman = chance.random() < 0.55
    # A quarter of all bear one of few names, as it is.
    if chance.random() < 0.25:
        surname = _COMMON[int(len(_COMMON) * chance.random() ** 2)]
    else:
        surname = chance.choice(_HEADS)
        surname += "".join(
            chance.choices(_MIDDLES, k=1 + int(2 * chance.random() ** 2))
        )
        surname += chance.choice(_ENDS)
    if is_woman and surname.endswith("ский"):
        surname = f"{surname[:-2]}ая"
    elif is_woman and surname.endswith(("ов", "ев", "ёв", "ин")):
        surname += "а"
    first = chance.choice(_WOMEN if is_woman else _MEN)
    father = chance.choice(_FATHERS) + ("на" if is_woman else "ич")
    return f"{surname} {first} {father}"


def _address(chance: random.Random) -> str:
    town = _TOWNS[int(len(_TOWNS) * chance.random() ** 2)]
    street = _STREETS[int(len(_STREETS) * chance.random() ** 1.5)]
    house = f"д. {chance.randint(1, 180)}"
    if chance.random() < 0.08:
        house += chance.choice(("а", "б", "в", "/1", "/2", ", корп. 2"))
    flat = f", кв. {chance.randint(1, 160)}" if chance.random() < 0.75 else ""
    return f"Курская область, {town}, {street}, {house}{flat}"


def _serial(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return f"{chance.randrange(10**8):08}"
    return f"0{chance.randrange(10**12):012}"
