"""Letters as they are read."""

import email
from email.policy import default

import pytest

from cabinet.mailing import compose
from cabinet.services.outbox import Mail

EVENT = {
    "at": "2026-11-22T09:00:00+00:00",
    "zone": "Asia/Krasnoyarsk",
    "link": "https://lk.example.ru/reset",
    "device": "Chrome, Android",
}


@pytest.fixture
def read(app, now):
    """The message of a kind as a mail reader shows it: subject and plain text."""

    def read_(kind, context):
        mail = Mail(
            message_id=1,
            kind=kind,
            recipient="maria@example.org",
            context=context,
            created_at=now,
        )
        with app.app_context():
            raw = compose.compose(mail, sender="cabinet@example.org").as_bytes()
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        message = email.message_from_bytes(raw, policy=default)
        html = message.get_body(("html",)).get_content()
        text = message.get_body(("plain",)).get_content()
        assert "None" not in html + text
        return message["Subject"], text, html

    return read_


def test_a_long_subject_keeps_its_spaces(app, monkeypatch, read):
    subject = "В " * 60 + "кабинет"
    kind = compose.Kind(subject, compose.KINDS["password_changed"].read)
    monkeypatch.setitem(compose.KINDS, "password_changed", kind)
    assert read("password_changed", EVENT)[0] == subject


def test_an_invitation_to_work(read):
    link = "https://lk.example.ru/password/abc_DEF-1"
    said = {"link": link, "name": "Ольга Смирнова"}
    subject, text, html = read("staff_invited", said)
    assert subject == "Вас приглашают работать в кабинете"
    assert link in text
    assert f'href="{link}"' in html
    assert "Ольга Смирнова, для вас открыли рабочее место" in text


def test_a_reset_password(read):
    link = "https://lk.example.ru/password/abc_DEF-1"
    subject, text, html = read("password_reset", {"link": link})
    assert subject == "Новый пароль для личного кабинета"
    assert link in text.splitlines()
    assert f'href="{link}"' in html
    assert "30 минут" in text


def test_a_changed_password(read):
    subject, text, html = read("password_changed", EVENT)
    assert subject == "Пароль от личного кабинета изменён"
    for form in (text, html):
        assert "22\u00a0ноября 16:00" in form
        assert "https://lk.example.ru/reset" in form


def test_a_new_device(read):
    subject, text, _ = read("new_device", EVENT)
    assert subject == "Вход в личный кабинет с нового устройства"
    assert "Chrome, Android" in text


@pytest.mark.parametrize(
    ("new", "heading", "words"),
    [
        ("device", "с нового устройства", "вошли с нового устройства"),
        ("network", "из новой сети", "вошли из новой сети"),
        ("both", "с нового устройства", "с нового устройства и из новой сети"),
    ],
)
def test_what_of_a_sign_in_is_new(read, new, heading, words):
    subject, text, html = read("new_device", EVENT | {"new": new})
    assert subject == f"Вход в личный кабинет {heading}"
    assert words in text
    assert words in html


def test_a_new_address_to_be_confirmed(read):
    link = "https://lk.example.ru/email/confirm/abc_DEF-1"
    subject, text, html = read("email_change_confirm", {"link": link})
    assert subject == "Подтвердите почту для личного кабинета"
    assert link in text.splitlines()
    assert f'href="{link}"' in html


def test_a_changed_address(read):
    subject, text, html = read("email_changed", EVENT)
    assert subject == "Почта для входа в личный кабинет изменена"
    for form in (text, html):
        assert "22\u00a0ноября 16:00" in form
        assert "https://lk.example.ru/reset" in form


def test_an_address_that_is_taken_and_one_taken_back(read):
    assert "ничего не изменилось" in read("email_taken", {})[1]
    assert "позвоните нам" in read("email_undone", EVENT)[1]


def test_the_receipt_of_a_payment(read):
    subject, text, html = read(
        "payment_receipt",
        {
            "number": "2026-7",
            "kopecks": 1300_50,
            "shares": [["460000000001", 1000_50], ["460000000077", 300_00]],
            "at": "2026-11-22T09:05:00+00:00",
            "zone": "Europe/Moscow",
            "company_name": "АО «Курская энергосбытовая компания»",
            "link": "https://lk.example.org/pay/x",
        },
    )
    assert subject == "Оплата 1 300,50 ₽ прошла, квитанция 2026-7"
    for each in (text, html):
        folded = " ".join(each.replace("&nbsp;", " ").split())
        for words in (
            "1 300,50 ₽",
            "22 ноября 2026",
            "12:05",
            "4600 0000 0001",
            "1 000,50 ₽",
            "4600 0000 0077",
            "300,00 ₽",
            "https://lk.example.org/pay/x",
            "Кассовый чек придёт другим письмом",
        ):
            assert words in folded


@pytest.mark.parametrize("has_cheque", [True, False])
def test_a_cheque_is_promised_only_where_one_comes(read, has_cheque):
    context = {
        "number": "2026-7",
        "kopecks": 100,
        "shares": [["460000000001", 100]],
        "at": "2026-11-22T09:05:00+00:00",
        "zone": "Europe/Moscow",
        "company_name": "АО",
        "link": "https://lk.example.org/pay/x",
        "has_cheque": has_cheque,
    }
    for each in read("payment_receipt", context)[1:]:
        assert ("Кассовый чек придёт" in each) is has_cheque


def test_a_refund_that_was_made(read):
    subject, text, html = read(
        "refund_made",
        {
            "number": "2026-7",
            "kopecks": 1300_50,
            "account": "460000000001",
            "at": "2026-11-22T09:05:00+00:00",
            "zone": "Europe/Moscow",
            "company_name": "АО «Курская энергосбытовая компания»",
            "link": "https://lk.example.org/pay/x",
        },
    )
    assert subject == "Возвращаем 1 300,50 ₽ по квитанции 2026-7"
    for each in (text, html):
        folded = " ".join(each.replace("&nbsp;", " ").split())
        for words in (
            "1 300,50 ₽",
            "22 ноября 2026",
            "12:05",
            "4600 0000 0001",
            "https://lk.example.org/pay/x",
        ):
            assert words in folded


def test_an_access_that_a_specialist_ended(read):
    context = {"tail": "0017", "reason": "moved-out"}
    subject, text, html = read("access_ended", context)
    assert subject == "Доступ к лицевому счёту закрыт"
    for form in (text, html):
        assert "кончается на 0017" in form
        assert "договор теперь на другого человека" in form


def test_a_head_of_the_audit_log(read):
    context = {"entry": 17, "chain": "ab" * 32, "day": "2026-11-23"}
    subject, text, html = read("audit_head", context)
    assert subject == "Голова журнала действий за 23.11.2026"
    for form in (text, html):
        assert f"cabinet audit verify --head {'ab' * 32}" in form


@pytest.mark.parametrize("left", [0, 2])
def test_a_restored_database_tells_what_is_lost(read, left):
    context = {
        "at": "2026-11-22T01:30:00+00:00",
        "until": "2026-11-22T06:05:00+00:00",
        "zone": "Europe/Moscow",
        "payments": 1204,
        "refunds": 3,
        "left": left,
        "link": "https://lk.example.ru/staff/announcements",
    }
    subject, text, html = read("database_restored", context)
    assert subject == "Кабинет восстановлен: что потеряно"
    for form in (text, html):
        plain = form.replace("\u00a0", " ").replace("&nbsp;", " ")
        assert "22 ноября 2026 года, 04:30" in plain
        assert "22 ноября 2026 года, 09:05" in plain
        assert "платежей 1 204, возвратов 3" in plain
        assert ("Ждут вас" in plain) is bool(left)
        assert context["link"] in plain


def test_somebody_guesses_codes(read):
    context = EVENT | {"event": "guessed", "link": ""}
    subject, text, html = read("factor_changed", context)
    assert subject == "Много неверных одноразовых кодов: вход в личный кабинет"
    for form in (text, html):
        assert "пароль знает кто-то ещё" in form
        assert "отключил" not in form


REVIEWED = {
    "number": "104-228",
    "account": "460000000001",
    "meter": "10834547",
    "month": "2026-11",
    "words": "Лишняя цифра",
    "registers": [["47728.000", "4772.000"]],
    "reading": "00000000-0000-4000-8000-000000000000",
    "link": "https://lk.example.ru/readings/1",
}


def test_a_returned_reading_says_what_to_do(read):
    subject, text, html = read("reading_returned", REVIEWED)
    assert subject == "Показания 104-228 не приняты"
    for form in (text, html):
        assert "Лишняя цифра." in form
        assert "4600\u00a00000\u00a00001" in form
        assert "47\u00a0728" in form
        assert REVIEWED["link"] in form


def test_a_corrected_reading_says_what_was_and_what_is(read):
    zones = [["2203.000", "4772.000"], ["4772.000", "2203.000"]]
    subject, text, html = read(
        "reading_corrected", REVIEWED | {"registers": zones, "words": ""}
    )
    assert subject == "Мы исправили показания 104-228"
    for form in (text, html):
        assert "Т1: было 2\u00a0203, стало 4\u00a0772" in form
        assert "Т2: было 4\u00a0772, стало 2\u00a0203" in form
    _, text, _ = read("reading_corrected", REVIEWED)
    assert "Было 47\u00a0728, стало 4\u00a0772" in text
    assert "\n\n\n" not in text
