"""Answers as mail programs write them."""

from email.message import EmailMessage

import pytest

from cabinet.exchange.replies import MARK, MOST_BYTES, own_words, read_reply


def message(text="Спасибо!", **headers):
    made = EmailMessage()
    made["From"] = "Мария Иванова <Maria@Example.org>"
    made["In-Reply-To"] = "<7.ab@example.org>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def test_it_tells_who_answers_what():
    raw = message(References="<1.aa@example.org> <7.ab@example.org>").as_bytes()
    reply = read_reply(raw)
    assert reply.sender == "maria@example.org"
    assert reply.answers == (
        "7.ab@example.org",
        "7.ab@example.org",
        "1.aa@example.org",
    )
    assert (reply.text, reply.files, reply.is_automatic) == ("Спасибо!", (), False)
    assert reply.mark == read_reply(raw).mark != read_reply(raw + b"\n").mark


@pytest.mark.parametrize(
    ("typed", "own"),
    [
        ("Спасибо, понял.", "Спасибо, понял."),
        # Яндекс and Mail.ru: a line of who wrote when, then what was quoted.
        (
            f"Номер 123.\n\n26.11.2026, 10:12, «Энергосбыт» <a@b.ru>:\n> {MARK}\n> Мы",
            "Номер 123.",
        ),
        (f"Да\r\n\r\nчт, 26 нояб. 2026 г. в 10:12, A <a@b.ru>:\r\n\r\n> {MARK}", "Да"),
        # A telephone quotes with no sign in front.
        (f"Отправлено с телефона\n\n{MARK}\nМы ответили", "Отправлено с телефона"),
        # Somebody who quotes by hand and answers between the lines loses no word.
        ("> Какой номер?\nНомер 5\n> А дата?\nВчера", None),
        ("В 2026 году платил так:\n100 рублей", None),
        ("Вопрос такой:", None),
        (f"{MARK}\nМы ответили", ""),
        ("> только чужое", ""),
        ("", ""),
    ],
)
def test_what_was_quoted_is_left_out(typed, own):
    assert own_words(typed) == (typed if own is None else own)


@pytest.mark.parametrize("charset", ["utf-8", "cp1251", "koi8-r"])
def test_each_charset_is_read(charset):
    made = message()
    made.set_content("Счётчик: ёж", charset=charset)
    assert read_reply(made.as_bytes()).text == "Счётчик: ёж"


def test_a_wrong_charset_is_guessed():
    raw = message("x").as_bytes().replace(b'charset="utf-8"', b'charset="no-such"')
    raw = raw.replace(b"\nx\n", "\nСчёт\n".encode("cp1251"))
    assert "Счёт" in read_reply(raw).text


def test_a_message_of_html_alone_is_read():
    made = message()
    made.set_content(
        "<style>p{}</style><div>Первая&nbsp;строка</div><p>Вторая<script>x()</script>"
        f"<blockquote>{MARK}<p>Мы</p></blockquote>",
        subtype="html",
    )
    assert read_reply(made.as_bytes()).text.split() == ["Первая", "строка", "Вторая"]


def test_files_are_taken_and_pictures_of_a_signature_are_not():
    made = message()
    made.add_attachment(b"%PDF-", "application", "pdf", filename="счёт.pdf")
    made.add_attachment(
        b"gif", "image", "gif", filename="logo.gif", disposition="inline"
    )
    (kept,) = read_reply(made.as_bytes()).files
    assert (kept.name, kept.data) == ("счёт.pdf", b"%PDF-")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<news.example.org>"},
    ],
)
def test_what_nobody_wrote_is_known(headers):
    assert read_reply(message(**headers).as_bytes()).is_automatic


def test_a_person_says_so():
    assert not read_reply(message(Auto_Submitted="no").as_bytes()).is_automatic


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 50,
        b"From: =?utf-8?b?////?= <>\nContent-Type: text/plain; charset=\x00\n\n\xff",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n--b--",
        b"Content-Type: text/html\n\n<![x<!--",
        b"In-Reply-To: <" + b"a" * 5000 + b">\n\nx",
    ],
)
def test_whatever_comes_is_no_fault(raw):
    reply = read_reply(raw)
    assert reply is None or reply.answers == ()


def test_what_is_too_large_is_left():
    assert read_reply(b"x" * (MOST_BYTES + 1)) is None
