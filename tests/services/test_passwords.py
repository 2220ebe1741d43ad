"""What a new password must be."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.people import Role
from cabinet.services import credentials, passwords
from cabinet.services.passwords import PasswordFault

OWN = ("maria.petrova@example.org", "460000000001")


def fault(password, role=Role.CUSTOMER):
    return passwords.find_fault(password, role, own=OWN)


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("", PasswordFault.TOO_SHORT),
        ("v7#kQ2x", PasswordFault.TOO_SHORT),
        ("я" * 129, PasswordFault.TOO_LONG),
        ("password", PasswordFault.COMMON),
        ("PassWord2026", PasswordFault.COMMON),
        ("iloveyou!", PasswordFault.COMMON),
        ("12345678", PasswordFault.COMMON),
        ("98765432", PasswordFault.COMMON),
        ("йцукенгш", PasswordFault.COMMON),
        ("qwertyuiopqwerty", PasswordFault.COMMON),
        ("абвгдежзий", PasswordFault.COMMON),
        ("aaaaaaaaaaaa", PasswordFault.COMMON),
        ("abababababab", PasswordFault.COMMON),
        ("Пароль2026", PasswordFault.COMMON),
        ("парольпароль", PasswordFault.COMMON),
        ("Атомэнергосбыт", PasswordFault.COMPANY),
        ("атом-энергосбыт-2026", PasswordFault.COMPANY),
        ("AtomSbyt123!", PasswordFault.COMPANY),
        ("Energosbyt2026", PasswordFault.COMPANY),
        ("kurskenergo46", PasswordFault.COMPANY),
        ("Личный кабинет 1", PasswordFault.COMPANY),
        ("maria.petrova", PasswordFault.OWN),
        ("Maria.Petrova1980", PasswordFault.OWN),
        ("maria.petrova@example.org", PasswordFault.OWN),
        ("460000000001", PasswordFault.OWN),
        ("460000000001!!", PasswordFault.OWN),
    ],
)
def test_what_is_guessed_first_is_refused(password, expected):
    assert fault(password) is expected


@pytest.mark.parametrize(
    "password",
    [
        "demo-svet-2026",
        "клюква и пять ежей",
        "rgn7vzqk",
        "ьфкшфз17",
        "Мария любит лето у реки",
        "petrov-и-лодка",
        "тттттооо-дом-река",
    ],
)
def test_anything_else_will_do_without_rules_of_composition(password):
    assert fault(password) is None


def test_staff_need_twelve_characters():
    assert fault("rgn7vzqkx1w", Role.OPERATOR) is PasswordFault.TOO_SHORT_FOR_STAFF
    assert fault("rgn7vzqkx1wd", Role.ADMIN) is None


def test_it_is_raised_with_its_fault():
    with pytest.raises(passwords.PasswordRefusedError) as caught:
        passwords.check("12345678", Role.CUSTOMER)
    assert caught.value.fault is PasswordFault.COMMON


def test_letters_put_together_count_as_one():
    typed = unicodedata.normalize("NFD", "йййёёёйё")
    assert len(typed) > 8
    assert fault(unicodedata.normalize("NFD", "ёйёй-кё")) is PasswordFault.TOO_SHORT


def test_a_suggested_phrase_will_do_even_for_staff():
    seen = set()
    for _ in range(300):
        phrase = passwords.suggest_phrase()
        assert len(phrase.split("-")) == 4
        assert fault(phrase, Role.ADMIN) is None
        seen.add(phrase)
    assert len(seen) == 300


def test_the_words_are_many_short_and_each_but_once():
    words = passwords._words()
    assert len(words) == len(set(words)) >= 1000
    assert passwords.phrase_bits() >= 40
    for word in words:
        assert 3 <= len(word) <= 7
        assert set(word) <= set("абвгдежзийклмнопрстуфхцчшщъыьэюя")


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text):
    assert passwords.find_fault(text, Role.CUSTOMER, own=("a@b",)) in {
        None,
        *PasswordFault,
    }


@pytest.mark.parametrize("text", ["пароль с пробелом ", "\u00e9t\u00e9 \U0001f600 ыъ"])
def test_a_password_is_kept_to_the_character(text):
    made = credentials.hash_password(text)
    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert credentials.matches(made, text)
    assert credentials.matches(made, unicodedata.normalize("NFD", text))
    assert not credentials.matches(made, text.strip() + "x")
