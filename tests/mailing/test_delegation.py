"""The letters about an account opened for somebody else."""

from datetime import UTC, datetime

import pytest

from cabinet.mailing.compose import compose
from cabinet.services.outbox import Mail

CONTEXT = {
    "holder": "Петрова М. П.",
    "tail": "0001",
    "is_organisation": False,
    "level": "readings",
    "last_day": "2026-12-31",
    "days": 7,
    "who": "и***@example.org",
    "link": "https://lk.example.org/invitations/x",
}


def written(app, kind, **changes):
    mail = Mail(
        message_id=1,
        kind=kind,
        recipient="a@b.example",
        context=CONTEXT | changes,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    with app.test_request_context():
        return compose(mail, sender="us@b.example")


def test_an_invitation(app):
    message = written(app, "invitation")
    assert message.subject == "Вам открывают доступ к лицевому счёту"
    assert message.body.startswith("Петрова М. П. открывает вам доступ")
    for words in (
        "Вы сможете передавать показания.",
        "Доступ открыт по 31.12.2026.",
        "https://lk.example.org/invitations/x",
        "7 дней и один раз",
    ):
        assert words in message.body
    assert 'href="https://lk.example.org/invitations/x"' in message.html


@pytest.mark.parametrize(
    ("is_organisation", "words"),
    [(False, "показания, квитанции и историю"), (True, "документы организации")],
)
def test_an_invitation_to_all_without_end(app, is_organisation, words):
    message = written(
        app,
        "invitation",
        level="full",
        last_day=None,
        is_organisation=is_organisation,
    )
    for text in (message.body, message.html):
        assert words in text
        assert "без срока" in text


@pytest.mark.parametrize(
    ("level", "words"),
    [("readings", "может передавать показания"), ("full", "видит всё")],
)
def test_an_answer_to_the_owner(app, level, words):
    message = written(app, "delegation_accepted", level=level)
    assert message.subject == "Приглашение приняли: и***@example.org"
    for text in (message.body, message.html):
        assert words in text
        assert "по 31.12.2026" in text


def test_an_access_that_is_over(app):
    message = written(app, "delegation_revoked")
    assert message.subject == "Доступ к лицевому счёту закрыт"
    for text in (message.body, message.html):
        assert "кончается на 0001" in text
        assert "больше нет" in text
