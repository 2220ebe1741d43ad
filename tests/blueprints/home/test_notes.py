"""Сообщения на главной for whom letters do not reach."""

import pytest

from cabinet.domain.people import NoteKind
from cabinet.models import AccountAccess, HomeNote, User
from tests import factories
from tests.browsing import Browser

NOBODY = "00000000-0000-4000-8000-000000000000"
A_READING = {"account": "460000000001", "meter": "12", "reading": NOBODY}
CONTEXTS = {
    NoteKind.ACCESS_ADDED: {"account": "460000000001", "registration": 1},
    NoteKind.ACCESS_DISPUTED: {"account": "460000000001"},
    NoteKind.ACCESS_ENDED: {"tail": "0001", "reason": "moved-out"},
    NoteKind.CARD_REPLACED: {"account": "460000000001", "registration": 1},
    NoteKind.DELEGATION_ACCEPTED: {"tail": "0001", "who": ""},
    NoteKind.DELEGATION_REVOKED: {"tail": "0001", "holder": "Орлова А. П."},
    NoteKind.QUESTION_ANSWERED: {
        "number": 7,
        "question": NOBODY,
    },
    NoteKind.READING_CORRECTED: {**A_READING, "words": "Пропущена цифра"},
    NoteKind.READING_RETURNED: {**A_READING, "words": "Пришлите фото счётчика"},
    NoteKind.REQUEST_CHANGED: {"number": 9, "request": NOBODY, "state": "planned"},
    NoteKind.REGISTRATION_EXPIRED: {"account": "460000000001", "number": 7},
    NoteKind.REGISTRATION_OPENED: {"account": "460000000001", "number": 7},
    NoteKind.REGISTRATION_REFUSED: {
        "account": "460000000001",
        "number": 7,
        "reason": "closed",
    },
}
WORDS = {
    NoteKind.ACCESS_ADDED: "увидит ещё один человек",
    NoteKind.ACCESS_DISPUTED: "не знает вас",
    NoteKind.ACCESS_ENDED: "договор теперь на другого человека",
    NoteKind.CARD_REPLACED: "новая карточка",
    NoteKind.DELEGATION_ACCEPTED: "кабинет без почты",
    NoteKind.DELEGATION_REVOKED: "Орлова А. П. закрывает вам доступ",
    NoteKind.QUESTION_ANSWERED: "Специалист ответил на обращение 7",
    NoteKind.READING_CORRECTED: "Пропущена цифра",
    NoteKind.READING_RETURNED: "Пришлите фото счётчика",
    NoteKind.REQUEST_CHANGED: "Заявка 9: назначен день",
    NoteKind.REGISTRATION_EXPIRED: "Заявка 7 закрыта без ответа",
    NoteKind.REGISTRATION_OPENED: "теперь в вашем кабинете",
    NoteKind.REGISTRATION_REFUSED: "лицевой счёт закрыт",
}


@pytest.fixture
def reader(app, alice, meter):
    User.update(email=None).where(User.id == alice.id).execute()
    return Browser(app).sign_in(User.get_by_id(alice.id))


def put(alice, now, kind):
    factories.tell(alice, kind, CONTEXTS[kind], now)


@pytest.mark.parametrize("kind", NoteKind)
def test_every_kind_is_said_in_words(reader, alice, now, kind):
    put(alice, now, kind)
    assert WORDS[kind] in reader.get("/").text


def test_nothing_to_tell(reader):
    assert not reader.get("/").select("#notes")


@pytest.mark.parametrize("has_account", [True, False])
def test_it_works_without_javascript(reader, alice, now, has_account):
    if not has_account:
        AccountAccess.update(ended_at=now).execute()
    put(alice, now, NoteKind.ACCESS_ENDED)
    page = reader.get("/")
    assert not page.select("form[action$='/not-me']")
    page = reader.submit(page, "form[action$='/close']")
    assert not page.select("#notes")


def test_it_is_not_me_leads_to_the_page_that_asks(reader, alice, account, now):
    request = factories.make_request(account, now)
    context = {"account": account.number, "registration": request.id}
    factories.tell(alice, NoteKind.ACCESS_ADDED, context, now)
    page = reader.submit(reader.get("/"), "form[action$='/not-me']")
    assert "Если вы такого человека не знаете" in page.text
    page = reader.submit(page, "#registration-not-me-form", status=200)
    assert "Доступ закрыт" in page.text
    page = reader.get("/")
    reader.submit(page, "#notes form[action$='/not-me']", status=404)


def test_stranger_gets_404(app, reader, alice, bob, now):
    put(alice, now, NoteKind.ACCESS_ADDED)
    other = Browser(app).sign_in(bob)
    page = other.get("/readings")
    token = page.select("[name=csrf_token]")[0].get("value")
    for act in ("close", "not-me"):
        answer = other.client.post(
            f"/notes/{HomeNote.get().id}/{act}", data={"csrf_token": token}
        )
        assert answer.status_code == 404
    assert HomeNote.get().closed_at is None


def test_who_reads_letters_sees_none(app, alice, meter, now):
    User.update(email=None).where(User.id == alice.id).execute()
    put(alice, now, NoteKind.ACCESS_ENDED)
    User.update(email="alice@example.org").where(User.id == alice.id).execute()
    browser = Browser(app).sign_in(User.get_by_id(alice.id))
    assert not browser.get("/").select("#notes")
