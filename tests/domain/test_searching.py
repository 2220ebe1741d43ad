"""What is forgiven in what people type, and what of an account fits it how well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.searching import (
    LEAST_END,
    Ask,
    Facts,
    Query,
    Rank,
    fold,
    may_call,
    near,
    other_layout,
    phone_key,
    pieces,
    rank,
    read,
    serial_key,
    ways,
    words_of,
)

HER = Facts(
    number="460123456789",
    holder="Петрова-Водкина Мария Семёновна",
    address="305000, Курская область, г. Курск, ул. Карла Маркса, д. 14, корп. 2, кв. 23",
    phone="8 (912) 345-67-80",
    serials=("10834547", "АВ-0113551"),
    emails=("maria.p@example.org",),
)


def ranked(typed, facts=HER):
    found = [rank(query, facts) for query in read(typed)]
    return next((one for one in found if one is not None), None)


def asked(typed):
    (query, *_) = read(typed)
    return query


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Ёлкин", "елкин"), ("Чай", "чай"), ("ИВАНОВ", "иванов"), ("й", "й")],
)
def test_letters_are_folded(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bdfyjd", "иванов"),
        ("[jkjljd", "холодов"),
        ("'kmdbhf", "эльвира"),
        ("Cthuttd", "сергеев"),
        ("KT,TLTD", "лебедев"),
        ("шмфтщм", "ivanov"),
        ("руддщ", "hello"),
    ],
)
def test_the_other_layout_is_read(typed, meant):
    assert other_layout(typed) == meant


def test_a_serial_number_is_the_same_in_both_alphabets():
    assert serial_key("АВ-12 3") == serial_key("ab123") == "ab123"


@pytest.mark.parametrize(
    "phone", ["8 (912) 345-67-89", "+7 912 345 67 89", "79123456789", "9123456789"]
)
def test_a_telephone_is_the_same_however_it_is_written(phone):
    assert phone_key(phone) == "9876543219"


@pytest.mark.parametrize(
    ("digits", "may"),
    [
        ("123", False),
        ("1234", True),
        ("9123456789", True),
        ("89123456789", True),
        ("79123456789", True),
        ("99123456789", False),
        ("460000000001", False),
    ],
)
def test_what_may_be_a_telephone(digits, may):
    assert may_call(digits) is may


def test_one_typing_error_is_near():
    found = near("иван")
    assert {"ива", "ван", "иваан", "яиван", "ивани", "виан", "ивна", "ивон"} <= found
    assert not {"иван", "ив", "инав", "ивоновы"} & found
    assert near("ива") == near("ivan") == frozenset()


@given(st.text(alphabet="абвг", min_size=4, max_size=7), st.data())
def test_near_is_the_same_from_both_sides(word, data):
    other = data.draw(st.sampled_from(sorted(near(word))))
    assert len(other) < LEAST_END or word in near(other)


@given(st.text(alphabet="0123456789", min_size=5, max_size=16), st.data())
def test_any_five_digits_of_a_number_hold_pieces_of_it(number, data):
    first = data.draw(st.integers(0, len(number) - 5))
    last = data.draw(st.integers(first + 5, len(number)))
    kept = set(pieces(number))
    assert any(kept.issuperset(way) for way in ways(number[first:last]))


def test_a_short_number_is_a_piece_of_itself():
    assert pieces("12") == ("12",)
    assert pieces("1234") == ("1234",)
    assert pieces("12345") == ("1234", "2345")
    assert ways("1234") == (("1234",),)


def test_the_words_of_an_account():
    assert words_of(HER) == {
        *(f"g{piece}" for piece in ("4601", "0123", "2345", "4567", "6789")),
        *("sпетрова", "sводкина", "nмария", "nсеменовна"),
        *("aкурск", "aкарла", "aмаркса"),
        *(f"h{street}|{n}" for street in ("карла", "маркса") for n in (14, 2, 23)),
        *("m10834547", "t1083", "t8345", "t4547"),
        *("mab0113551", "tab01", "t0113", "t1355", "t3551"),
        "p0876543219",
    }


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("Курск, ул. Ленина, д. 5", {"aкурск", "aленина", "hленина|5"}),
        ("Курск, Ленина, 5", {"aкурск", "aленина", "hкурск|5", "hленина|5"}),
        ("д. Ивановка, д. 5", {"aивановка", "hивановка|5"}),
        ("с. Крутое, 05", {"aкрутое", "hкрутое|5"}),
        ("Льговский р-н, с. Крутое, д. 5А", {"aкрутое", "hкрутое|5а"}),
        ("Республика Коми, г. Инта, д. 5 A", {"aинта", "hинта|5а"}),
        ("1-й Речной пер., 5/2", {"aречной", *(f"hречной|{n}" for n in (1, 5, 2))}),
        ("ул. Мира, 5к2", {"aмира", "hмира|5", "hмира|2"}),
        ("ул. Мира, 5 г Курск", {"aмира", "aкурск", "hмира|5"}),
        ("ул. Мира, 5 г", {"aмира", "hмира|5г"}),
        ("ул. Мира, 0", {"aмира", "hмира|0"}),
        ("", set()),
    ],
)
def test_the_words_of_an_address(address, words):
    found = words_of(Facts(number="1", holder="", address=address))
    assert found - {"g1"} == words


@pytest.mark.parametrize(
    ("holder", "words"),
    [
        ("ООО «Ромашка Плюс»", {"sромашка", "nплюс"}),
        ("ИП Иванов И. И.", {"sиванов"}),
        ("А", set()),
        ("Я" * 60, {"s" + "я" * 40}),
    ],
)
def test_the_words_of_a_name(holder, words):
    found = words_of(Facts(number="1", holder=holder, address="", phone="12"))
    assert found - {"g1"} == words


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", Query(ask=Ask.NOTHING, text="")),
        ("5 ", Query(ask=Ask.NOTHING, text="5")),
        ("а", Query(ask=Ask.NOTHING, text="а")),
        ("д 5", Query(ask=Ask.NOTHING, text="д 5", numbers=("5",))),
        ("46-00 01", Query(ask=Ask.DIGITS, text="46-00 01", digits="460001")),
        ("л/с № 4600", Query(ask=Ask.DIGITS, text="л/с № 4600", digits="4600")),
        ("АБ123456", Query(ask=Ask.SERIAL, text="аб123456", digits="aб123456")),
        ("Ann@", Query(ask=Ask.EMAIL, text="ann@")),
        (
            "Иванова М.П.",
            Query(
                ask=Ask.WORDS,
                text="иванова м.п.",
                words=("иванова",),
                initials=("м", "п"),
            ),
        ),
        (
            "Курская обл, ул. Ленина, д.5 кв. 012",
            Query(
                ask=Ask.WORDS,
                text="курская обл, ул. ленина, д.5 кв. 012",
                words=("ленина",),
                numbers=("5", "12"),
            ),
        ),
        (
            "Ким 0001 46000",
            Query(
                ask=Ask.WORDS,
                text="ким 0001 46000",
                words=("ким",),
                codes=("0001", "46000"),
            ),
        ),
    ],
)
def test_what_is_typed_is_taken_apart(typed, expected):
    assert asked(typed) == expected


def test_words_of_forms_alone_are_asked_for():
    assert asked("ООО").words == ("ооо",)
    assert asked("площадь").words == ("площадь",)


def test_second_thoughts_come_in_order():
    def told(typed):
        return [(one.ask, one.text) for one in read(typed)]

    assert told("bdfyjd") == [
        (Ask.WORDS, "bdfyjd"),
        (Ask.EMAIL, "bdfyjd"),
        (Ask.WORDS, "иванов"),
    ]
    assert told("шмфт") == [
        (Ask.WORDS, "шмфт"),
        (Ask.EMAIL, "ivan"),
    ]
    assert told("ул")[0] == (Ask.WORDS, "ул")
    assert [one[0] for one in told("АВ 0113551")][:2] == [Ask.WORDS, Ask.SERIAL]
    assert told("-- --") == [(Ask.NOTHING, "-- --")]
    # In the other layout these are no letters.
    assert told("хъ") == [(Ask.WORDS, "хъ")]


@pytest.mark.parametrize(
    ("typed", "how"),
    [
        ("4601 2345 6789", Rank.NUMBER),
        ("10834547", Rank.SERIAL),
        ("ав0113551", Rank.SERIAL),
        ("AB 0113551", Rank.SERIAL),
        ("+7 912 345-67-80", Rank.PHONE),
        ("9123456780", Rank.PHONE),
        ("maria.p@example.org", Rank.EMAIL),
        ("4601", Rank.BEGINS),
        ("789", Rank.ENDS),
        ("5678 9", Rank.ENDS),
        ("345-67-80", Rank.PHONE_ENDS),
        ("08345", Rank.SERIAL_PART),
        ("1083", Rank.SERIAL_PART),
        ("4547", Rank.SERIAL_PART),
        ("b0113", Rank.SERIAL_PART),
        ("23456", Rank.PART),
        ("maria.p@", Rank.EMAIL_BEGINS),
        ("maria", Rank.EMAIL_BEGINS),
        ("ьфкшф", Rank.EMAIL_BEGINS),
        ("петрова", Rank.SURNAME),
        ("Водкина мария", Rank.SURNAME),
        ("gtnhjdf", Rank.SURNAME),
        ("Петрова М. С.", Rank.SURNAME),
        ("Петрова 4601", Rank.SURNAME),
        ("Петрова 23456", Rank.SURNAME),
        ("Петрова 08345", Rank.SURNAME),
        ("Петрова 4547", Rank.SURNAME),
        ("Петрова Маркса 14", Rank.SURNAME),
        ("Семёновна", Rank.WORDS),
        ("14 23 Маркса", Rank.WORDS),
        ("маркса д 14 к 2 кв 23 курск", Rank.WORDS),
        ("Петр", Rank.PREFIX),
        ("Марк 14", Rank.PREFIX),
        ("Питрова", Rank.TYPO),
        ("Петорва Марса", Rank.TYPO),
        ("Мракса 14", Rank.TYPO),
    ],
)
def test_how_well_an_account_fits(typed, how):
    assert ranked(typed) is how


@pytest.mark.parametrize(
    "typed",
    [
        "460123456788",
        "345",
        "2345",
        "0834",
        "9999",
        "99123456789",
        "other@example.org",
        "Иванова",
        "Петрова К.",
        "Петрова Ленина",
        "Маркса 15",
        "Петрова 9999",
        "Петрова 99999",
        "Питорва",
        "ав9999999",
    ],
)
def test_what_does_not_fit(typed):
    assert ranked(typed) is None


def test_only_whole_numbers_and_addresses_are_what_was_meant():
    assert [one.name for one in Rank if one.is_whole] == [
        "NUMBER",
        "SERIAL",
        "PHONE",
        "EMAIL",
    ]
