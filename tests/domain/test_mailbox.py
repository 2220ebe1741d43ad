import pytest

from cabinet.domain.mailbox import masked, read_mailbox


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Maria@Example.org ", "maria@example.org"),
        ("a.b+c@mail.example.co.uk", "a.b+c@mail.example.co.uk"),
        ("a@xn--e1afmkfd.xn--p1ai", "a@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_an_address_is_read(typed, address):
    assert read_mailbox(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a",
        "a@b",
        "@b.ru",
        "a@.ru",
        "a@b..ru",
        "a@-b.ru",
        "a b@c.ru",
        "a@b.ru, c@d.ru",
        "a@b.ru\nBcc: c@d.ru",
        "мария@example.org",
        "a@пример.рф",
        "a@b.ru\0",
        "a" * 65 + "@b.ru",
        "a@" + "b" * 60 + ("." + "c" * 60) * 4 + ".ru",
    ],
)
def test_what_no_mail_reaches_is_none(typed):
    assert read_mailbox(typed) is None


def test_a_masked_address_is_recognised_and_no_more():
    assert masked("maria@example.org") == "m***@example.org"
    assert masked("") == ""
