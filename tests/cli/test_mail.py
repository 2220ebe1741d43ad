"""`cabinet mail`: notices and answers as mail servers hand them over, and forged ones."""

import email
import re
from datetime import timedelta
from email.policy import default

import pytest
from click.testing import CliRunner

from cabinet.cli import main
from cabinet.domain.people import LetterKind
from cabinet.exchange.bounces import MOST_BYTES
from cabinet.jobs import mail
from cabinet.mailing.send import FileSender
from cabinet.models import AuditEntry, OutboxMessage, QuestionMessage, User
from cabinet.models.base import writing
from cabinet.services import bill_letters, outbox
from tests import factories
from tests.browsing import Browser

NOTICE = """\
From: MAILER-DAEMON@mx.example.org
To: cabinet@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Sun, 22 Nov 2026 12:00:00 +0300

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--b
Content-Type: {kind}

{original}
--b--
"""


@pytest.fixture
def letter(app, alice, account, now, tmp_path):
    """A letter about a bill that has left; gives the headers it left with."""
    factories.make_bill(account, published_at=now - timedelta(hours=1))
    factories.subscribe(alice, account, LetterKind.BILL, now=now - timedelta(days=1))
    assert bill_letters.write_due(lambda _: "https://lk.example.ru", now=now) == 1
    folder = tmp_path / "mail"
    with app.app_context():
        mail.send_due(
            FileSender(folder), address="Кабинет <cabinet@example.org>", now=now
        )
    (path,) = folder.glob("*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    return "".join(
        f"{name}: {message[name]}\n" for name in ("From", "To", "Message-ID")
    )


@pytest.fixture
def bounce(db, database_url, tmp_path, monkeypatch, alice):
    """Hand a notice to the command."""
    monkeypatch.setenv("CABINET_MODE", "demo")
    monkeypatch.setenv("CABINET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CABINET_DATABASE_URL", database_url)
    monkeypatch.setenv("CABINET_NOW", "2026-11-22T12:00:00+03:00")
    monkeypatch.setenv("CABINET_SECRET_KEY", factories.SECRET_KEY)

    def bounce(
        headers, *, status="5.1.1", action="failed", kind="message/rfc822", raw=None
    ):
        notice = NOTICE.format(
            recipient=alice.email,
            status=status,
            action=action,
            kind=kind,
            original=headers,
        )
        db.close()
        return CliRunner().invoke(
            main, ["mail", "bounce"], input=raw or notice.encode()
        )

    return bounce


def is_marked(user):
    return User.get_by_id(user.id).email_failed_at is not None


def actions():
    return [
        row.action
        for row in AuditEntry.select().where(AuditEntry.action == "email.failed")
    ]


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_an_address_that_is_gone_is_marked_once(letter, bounce, alice, kind):
    result = bounce(letter, kind=kind)
    assert result.exit_code == 0, result.output
    assert "5.1.1: адрес больше не работает" in result.output
    assert is_marked(alice)
    again = bounce(letter, kind=kind)
    assert again.exit_code == 0
    assert "уже известно" in again.output
    assert actions() == ["email.failed"]


def test_the_letter_that_a_notice_answers_is_enough(letter, bounce, alice):
    number = re.search(r"Message-ID: (\S+)", letter)[1]
    notice = NOTICE.format(
        recipient="x@y.org",
        status="5.0.0",
        action="failed",
        kind="text/plain",
        original="x",
    )
    result = bounce("", raw=f"In-Reply-To: {number}\n{notice}".encode())
    assert result.exit_code == 0, result.output
    assert is_marked(alice)


@pytest.mark.parametrize("status", ["4.2.2", "5.2.2", "5.7.1", "4.4.1", "5.3.4"])
def test_what_may_pass_leaves_the_address(letter, bounce, alice, status):
    result = bounce(letter, status=status)
    assert result.exit_code == 0
    assert "ничего не изменилось" in result.output
    assert not is_marked(alice)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
def test_what_is_no_failure_is_no_notice_of_one(letter, bounce, alice, action):
    assert bounce(letter, action=action).exit_code == 1
    assert not is_marked(alice)


@pytest.mark.parametrize(
    "forge",
    [
        lambda said: re.sub(r"<\d+", "<99999999", said),
        lambda said: re.sub(r"<(\d+)\.[0-9a-f]{32}", r"<\1." + "0" * 32, said),
        lambda said: re.sub(r"<(\d+)\.", r"<\1 1.", said),
        lambda _: "Message-ID: <somebody@else.example>\n",
    ],
)
def test_a_forged_notice_changes_nothing(letter, bounce, alice, forge):
    result = bounce(forge(letter))
    assert result.exit_code == 1
    assert not is_marked(alice)
    assert actions() == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff",
        b"Subject: hello\n\nI am away until Monday.\n",
        b"Content-Type: multipart/report; boundary=b\n\nno parts at all\n",
        (
            b"Content-Type: multipart/report; boundary=b\n\n--b\n"
            b"Content-Type: message/delivery-status\n\n\n--b--\n"
        ),
        b"x" * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_notice_is_told(letter, bounce, alice, raw):
    result = bounce(letter, raw=raw or b"\n")
    assert result.exit_code == 1
    assert "это не уведомление" in result.stderr
    assert not is_marked(alice)


def test_an_address_that_was_changed_meanwhile_stays(letter, bounce, alice):
    User.update(email="new@example.org").where(User.id == alice.id).execute()
    result = bounce(letter)
    assert result.exit_code == 0
    assert "ни у кого уже нет" in result.output
    assert not is_marked(alice)


def test_a_letter_that_never_left_cannot_come_back(letter, bounce, alice):
    OutboxMessage.update(sent_at=None).execute()
    assert bounce(letter).exit_code == 1
    assert not is_marked(alice)


def test_no_more_letters_go_there_but_a_way_back_in(
    letter, bounce, alice, account, now, app
):
    with writing():
        for kind, key in (("bill_ready", "a"), ("password_reset", "b")):
            outbox.put(kind, key=key, recipient=alice.email, context={}, now=now)
    bounce(letter)
    states = {
        row.key: row.failed_at for row in OutboxMessage.select() if row.key in "ab"
    }
    assert states["a"] is not None
    assert states["b"] is None
    factories.make_bill(account, "2026-09", published_at=now - timedelta(hours=1))
    assert bill_letters.write_due(lambda _: "x", now=now) == 0


def test_the_customer_sees_it_and_how_to_mend_it(letter, bounce, alice, app, now):
    bounce(letter)
    browser = Browser(app).sign_in(alice)
    for url in ("/", "/profile"):
        assert "не работает" in browser.get(url).text
        assert browser.get(url).select("a[href='/profile/email']")
    form = browser.get("/profile/email")
    assert "Введите другую или эту же ещё раз" in form.text
    browser.submit(form, "#email-form", email=alice.email, current=factories.PASSWORD)
    sent = OutboxMessage.get(OutboxMessage.kind == "email_change_confirm")
    assert sent.recipient == alice.email
    link = re.sub("^http://localhost", "", sent.context["link"])
    browser.submit(browser.get(link), "#link-form")
    assert not is_marked(alice)
    assert User.get_by_id(alice.id).email == alice.email
    assert "не работает" not in browser.get("/").text
    # Nothing was replaced: there is no earlier address to give a link to.
    assert (
        not OutboxMessage.select().where(OutboxMessage.kind == "email_changed").exists()
    )


def test_a_new_address_mends_it_too(letter, bounce, alice, app):
    bounce(letter)
    browser = Browser(app).sign_in(alice)
    form = browser.get("/profile/email")
    browser.submit(
        form, "#email-form", email="new@example.net", current=factories.PASSWORD
    )
    sent = OutboxMessage.get(OutboxMessage.kind == "email_change_confirm")
    link = re.sub("^http://localhost", "", sent.context["link"])
    browser.submit(browser.get(link), "#link-form")
    assert not is_marked(alice)


@pytest.fixture
def hand_over(bounce, db):
    """Hand an answer to the command."""

    def hand_over(raw):
        db.close()
        return CliRunner().invoke(main, ["mail", "answer"], input=raw.encode())

    return hand_over


def answer(letter, sender):
    sent = dict(re.findall(r"(?m)^(.+?): (.+)$", letter))
    return (
        f"From: {sender}\nIn-Reply-To: {sent['Message-ID']}\n"
        "Content-Type: text/plain; charset=utf-8\n\nЕщё вопрос\n"
    )


def test_an_answer_is_handed_over_by_the_mail_server(
    app, alice, account, now, tmp_path, hand_over
):
    question = factories.make_question(account, alice, now)
    with writing():
        outbox.put(
            "question_answered",
            key=f"question:{question.id}",
            recipient=alice.email,
            user_id=alice.id,
            context={"number": question.id, "link": "https://lk.example.ru"},
            now=now,
        )
    folder = tmp_path / "mail"
    with app.app_context():
        mail.send_due(FileSender(folder), address="cabinet@example.org", now=now)
    (path,) = folder.glob("*.eml")
    raw = answer(path.read_text("utf-8"), alice.email)
    first, second = hand_over(raw), hand_over(raw)
    assert (first.exit_code, first.output) == (0, "письмо в обращении\n")
    assert (second.exit_code, second.output) == (0, "это письмо уже в обращении\n")
    assert QuestionMessage.select().where(QuestionMessage.text == "Ещё вопрос").count()
    foreign = hand_over(answer(path.read_text("utf-8"), "eve@example.org"))
    assert foreign.exit_code == 1
    assert "не ответ на письмо об обращении" in foreign.output
