"""Answers by e-mail land in the dialogue, read from a real IMAP server (pymap)."""

import email
import imaplib
import io
import re
import socket
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from PIL import Image

from cabinet.config.settings import MailboxSettings
from cabinet.domain.questions import Author, QuestionState
from cabinet.exchange.replies import MARK
from cabinet.gateways.mailbox import MailboxError
from cabinet.jobs import mail, mailbox
from cabinet.mailing.send import FileSender
from cabinet.models import (
    AuditEntry,
    OutboxMessage,
    Question,
    QuestionFile,
    QuestionMessage,
    User,
)
from cabinet.services import limits
from cabinet.services.audit import Actor
from cabinet.services.questions import answering
from cabinet.services.staff import Member
from tests import factories

PUBLIC = "https://lk.example.ru"
LINKS = answering.Links(own=f"{PUBLIC}/own", by_code=f"{PUBLIC}/code")


@pytest.fixture(scope="module")
def port():
    """An IMAP server with one mailbox."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    command = (
        *(str(Path(sys.executable).parent / "pymap"), "--host", "127.0.0.1"),
        *("--port", str(port), "--no-tls", "dict", "--demo-data"),
    )
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            with closing(socket.socket()) as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def imap(port):
    """The mailbox as its keeper sees it, empty."""
    connection = imaplib.IMAP4("127.0.0.1", port, 10)
    connection.login("demouser", "demopass")
    connection.select("INBOX")
    connection.store("1:*", "+FLAGS", "(\\Deleted)")
    connection.expunge()
    yield connection
    connection.logout()


@pytest.fixture
def ours(app, port):
    """Settings whose mailbox is the server's."""
    box = MailboxSettings(
        server="127.0.0.1",
        port=port,
        user="demouser",
        password="demopass",
        use_tls=False,
        address="answers@example.org",
    )
    changed = replace(app.extensions["cabinet.settings"], mailbox=box)
    app.extensions["cabinet.settings"] = changed
    return changed


@pytest.fixture
def letters(app, ours, tmp_path, now):
    """Send what waits and return the letters, the newest last."""

    def letters(at=now):
        with app.app_context():
            mail.send_due(
                FileSender(tmp_path / "mail"),
                address="Кабинет <cabinet@example.org>",
                now=at,
            )
        paths = sorted((tmp_path / "mail").glob("*.eml"))
        return [
            email.message_from_bytes(path.read_bytes(), policy=default)
            for path in paths
        ]

    return letters


@pytest.fixture
def asked(db, account, alice, now, letters):
    """Alice's question with an answer she was written of; gives it and the letter."""
    operator = factories.make_staff()
    question = factories.make_question(account, alice, now - timedelta(days=1))
    answering.answer(
        Member(operator.id, operator.role),
        question.public_id,
        Question.get_by_id(question.id).version,
        "Пришлите фото счётчика.",
        key="an answer",
        links=LINKS,
        actor=Actor(operator.id),
        now=now - timedelta(hours=1),
    )
    return question, letters()[-1]


def reply_to(letter, text="Прислала.", sender="Алиса <alice@example.org>", files=()):
    made = EmailMessage()
    made["From"] = sender
    made["To"] = letter["Reply-To"]
    made["Subject"] = f"Re: {letter['Subject']}"
    made["In-Reply-To"] = letter["Message-ID"]
    quoted = letter.get_body(("plain",)).get_content()
    lines = "".join(f"> {line}\n" for line in quoted.splitlines())
    made.set_content(f"{text}\n\n26.11.2026, 10:12, Энергосбыт <a@b.ru>:\n{lines}")
    for body, name in files:
        made.add_attachment(body, "application", "octet-stream", filename=name)
    return made


def deliver(imap, message):
    imap.append("INBOX", None, None, message.as_bytes().replace(b"\n", b"\r\n"))


def flags(imap):
    imap.select("INBOX")
    _, lines = imap.fetch("1:*", "(FLAGS)")
    return [
        sorted(set(re.findall(rb"\\\w+", line)) - {rb"\Recent"})
        for line in lines
        if line
    ]


def written():
    return list(
        QuestionMessage.select().where(QuestionMessage.author == Author.CUSTOMER)
    )


def photo():
    body = io.BytesIO()
    Image.new("RGB", (40, 30)).save(body, "JPEG")
    return body.getvalue()


def test_the_letter_says_that_it_can_be_answered(asked):
    _, letter = asked
    assert letter["Reply-To"] == "answers@example.org"
    for kind in ("plain", "html"):
        words = letter.get_body((kind,)).get_content()
        assert words.index(MARK) < words.index("Мы ответили")
        assert "или в ответ на это письмо" in words


def test_without_a_mailbox_it_does_not(app, asked, letters, now, alice, account):
    app.extensions["cabinet.settings"] = replace(
        app.extensions["cabinet.settings"], mailbox=MailboxSettings()
    )
    OutboxMessage.update(sent_at=None).execute()
    letter = letters()[-1]
    assert letter["Reply-To"] is None
    assert MARK not in letter.get_body(("plain",)).get_content()


def test_an_answer_lands_in_the_dialogue_once(asked, imap, ours, now):
    question, letter = asked
    message = reply_to(letter, files=[(photo(), "счётчик.jpg")])
    deliver(imap, message)
    deliver(imap, message)
    assert mailbox.take_due(ours, now=now) == {"taken": 1, "known": 1}
    last = written()[-1]
    assert (last.text, last.user_id) == ("Прислала.", question.user_id)
    assert QuestionFile.get(QuestionFile.message == last).name == "счётчик.jpg"
    row = Question.get_by_id(question.id)
    assert row.state is QuestionState.WAITING
    entry = AuditEntry.get(AuditEntry.action == "question.written")
    assert (entry.actor_id, entry.details["by"]) == (question.user_id, "mail")
    assert flags(imap) == [[rb"\Seen"], [rb"\Seen"]]
    assert mailbox.take_due(ours, now=now) == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.replace_header("From", "eve@example.org"),
        lambda made: made.replace_header("In-Reply-To", "<1.ab@example.org>"),
        lambda made: made.__delitem__("In-Reply-To"),
    ],
    ids=["another sender", "another mark", "answers nothing"],
)
def test_what_answers_no_letter_of_ours_is_left_for_people(
    asked, imap, ours, now, change
):
    _, letter = asked
    message = reply_to(letter)
    change(message)
    deliver(imap, message)
    assert mailbox.take_due(ours, now=now) == {"not ours": 1}
    assert len(written()) == 1
    assert flags(imap) == [[rb"\Flagged"]]
    assert mailbox.take_due(ours, now=now) == {}


def test_an_address_that_is_theirs_no_more_opens_nothing(asked, imap, ours, now, alice):
    _, letter = asked
    User.update(email="new@example.org").where(User.id == alice.id).execute()
    deliver(imap, reply_to(letter))
    assert mailbox.take_due(ours, now=now) == {"not ours": 1}


def test_a_machine_is_not_answered(asked, imap, ours, now):
    _, letter = asked
    message = reply_to(letter, text="")
    message["Auto-Submitted"] = "auto-replied"
    deliver(imap, message)
    before = OutboxMessage.select().count()
    assert mailbox.take_due(ours, now=now) == {"automatic": 1}
    assert (len(written()), OutboxMessage.select().count()) == (1, before)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "нет ни слов, ни файлов"), ("А" * 4001, "длиннее 4000 знаков")],
)
def test_what_cannot_be_taken_is_said_once(
    asked, imap, ours, now, letters, text, words
):
    _, letter = asked
    for _ in range(2):
        deliver(imap, reply_to(letter, text=text))
    assert mailbox.take_due(ours, now=now) == {"refused": 1, "known": 1}
    told = letters()[-1]
    assert told["To"] == "alice@example.org"
    assert words in told.get_body(("plain",)).get_content()
    # An answer to it lands in the dialogue as well.
    deliver(imap, reply_to(told, text="Коротко."))
    assert mailbox.take_due(ours, now=now) == {"taken": 1}
    assert written()[-1].text == "Коротко."


def test_files_that_are_not_taken_are_named(asked, imap, ours, now, letters):
    _, letter = asked
    deliver(imap, reply_to(letter, files=[(b"MZ", "virus.exe"), (photo(), "да.jpg")]))
    assert mailbox.take_due(ours, now=now) == {"in part": 1}
    kept = QuestionFile.select().where(QuestionFile.message == written()[-1])
    assert [each.name for each in kept] == ["да.jpg"]
    words = letters()[-1].get_body(("plain",)).get_content()
    assert "virus.exe" in words
    assert "да.jpg" not in words


def test_too_many_of_a_day_wait_for_the_next(asked, imap, ours, now):
    _, letter = asked
    most = limits.QUESTION_DAY.most
    for number in range(most + 1):
        deliver(imap, reply_to(letter, text=f"Письмо {number}"))
    assert mailbox.take_due(ours, now=now) == {"taken": most, "later": 1}
    assert flags(imap)[-1] == []
    tomorrow = now + timedelta(days=1, minutes=1)
    assert mailbox.take_due(ours, now=tomorrow) == {"taken": 1}


def test_a_mailbox_that_cannot_be_read_is_said(ours):
    wrong = replace(ours, mailbox=replace(ours.mailbox, password="no"))
    with pytest.raises(MailboxError, match=r"(?i)auth"):
        mailbox.take_due(wrong, now=None)
    nowhere = replace(ours, mailbox=replace(ours.mailbox, folder="Nowhere"))
    with pytest.raises(MailboxError):
        mailbox.take_due(nowhere, now=None)


def test_a_server_that_is_away_is_said(ours):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    gone = replace(ours, mailbox=replace(ours.mailbox, port=port))
    with pytest.raises(MailboxError):
        mailbox.take_due(gone, now=None)
