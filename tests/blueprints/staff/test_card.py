"""The card of an account: what happened around it, its letters, the log of its uses."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.mailing.compose import KINDS
from cabinet.models import AuditEntry, OutboxMessage, Question, Reading, User
from cabinet.models.base import writing
from cabinet.services import audit, outbox
from cabinet.services.audit import Actor
from cabinet.web import card_words
from tests import factories
from tests.blueprints.staff.test_accounts import CARD, looks, rows, words

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def put(kind, user, now=AT, **context):
    with writing():
        outbox.put(
            kind,
            key=f"{kind}:{user.id}:{OutboxMessage.select().count()}",
            recipient=user.email,
            context=context,
            user_id=user.id,
            now=now,
        )
    return OutboxMessage.select().order_by(OutboxMessage.id.desc()).get()


@pytest.fixture
def alice(household):
    user = factories.make_customer("alice@example.org")
    factories.give_access(user, household, slug="home")
    return user


def letters(worker):
    return rows(worker.get(f"{CARD}/letters"), "Письма")[1:]


def test_payments_and_questions_stand_on_the_card(worker, household, alice):
    page = worker.get(CARD)
    assert "Платежей ещё не было." in page.text.replace("\u00a0", " ")
    assert "Заявок не было." in page.text.replace("\u00a0", " ")
    assert "Обращений не было." in page.text.replace("\u00a0", " ")
    for day in range(1, 13):
        factories.post(
            household, Money(-day * 100), at=datetime(2026, 10, day, 9, tzinfo=UTC)
        )
    asked = factories.make_question(household, alice, AT)
    page = worker.get(CARD)
    paid = rows(page, "Последние платежи")[1:]
    assert len(paid) == 10
    assert paid[0].startswith("12.10.2026 12,00")
    (question,) = rows(page, "Последние обращения")[1:]
    assert question.startswith(f"№ {asked.id} ")
    assert "ждёт ответа" in question
    Question.update(state="answered").execute()
    assert "ответили" in rows(worker.get(CARD), "Последние обращения")[1]
    assert page.one(f"a[href='/staff/questions/{asked.public_id}']") is not None


def test_the_last_readings_are_listed_and_all_that_wait(worker, household):
    meter = factories.make_meter(household)
    for place in range(30):
        month = Month(2024 + place // 12, 1 + place % 12)
        factories.make_reading(
            meter,
            str(month),
            (4000 + place,),
            state=ReadingState.ACCEPTED if place == 0 else ReadingState.COUNTED,
            taken_on=date(month.year, 1 + place % 12, 22),
        )
    page = worker.get(CARD)
    assert len(rows(page, "Последние показания")[1:]) == 24
    (waits,) = rows(page, "Показания, которые ждут квитанции")[1:]
    assert waits.startswith("22.01.2024")
    assert Reading.select().count() == 30


def test_each_part_has_its_place(worker, household):
    factories.make_meter(household)
    page = worker.get(CARD)
    for link in page.select("nav[aria-label='Части карточки'] a"):
        place = link.get("href")
        if place.startswith("#"):
            assert page.one(f"h2{place}") is not None
    worker.get(f"{CARD}/letters")
    worker.get(f"{CARD}/log")


def test_letters_are_told_without_what_they_say(worker, household, alice):
    assert "Писем не было." in worker.get(f"{CARD}/letters").text.replace("\u00a0", " ")
    put("bill_ready", alice, account=household.number, month="2026-10", link="SECRET")
    sent = put("password_reset", alice)
    outbox_sent = AT + timedelta(minutes=1)
    OutboxMessage.update(sent_at=outbox_sent).where(
        OutboxMessage.id == sent.id
    ).execute()
    failed = put("payment_receipt", alice, shares=[[household.number, 100]], number="7")
    OutboxMessage.update(failed_at=AT).where(OutboxMessage.id == failed.id).execute()
    put("delegation_revoked", alice, tail=household.number[-4:])
    page = worker.get(f"{CARD}/letters")
    assert "SECRET" not in page.text
    ended, receipt, reset, ready = letters(worker)
    assert ended.startswith("Доступ к счёту закрыт alice@example.org")
    assert receipt.endswith("не отправлено")
    assert reset.startswith("Ссылка на новый пароль")
    assert reset.endswith("отправлено")
    assert ready.startswith("Готова квитанция")
    assert ready.endswith("ждёт отправки")
    User.update(email_failed_at=AT).where(User.id == alice.id).execute()
    assert letters(worker)[2].endswith("отправлено, но почта не принимает писем")
    assert {row.subject for row in looks("account.looked", household)} == {"letters"}


def test_letters_about_another_account_are_not_told(worker, household, alice):
    other = factories.make_account("460000000777", household.branch)
    factories.give_access(alice, other)
    put("bill_ready", alice, account=other.number)
    put("payment_receipt", alice, shares=[[other.number, 100]])
    put("delegation_revoked", alice, tail=other.number[-4:])
    mine = factories.make_question(household, alice, AT)
    theirs = factories.make_question(other, alice, AT)
    OutboxMessage.delete().execute()
    put("question_answered", alice, number=theirs.id)
    assert "Писем не" in worker.get(f"{CARD}/letters").text
    put("question_answered", alice, number=mine.id)
    assert len(letters(worker)) == 1
    put("new_device", alice)
    assert len(letters(worker)) == 2
    # Somewhere else they may have been about what is nobody's business here.
    factories.give_access(
        alice, factories.make_account("1", factories.make_branch("far"))
    )
    assert len(letters(worker)) == 1


def test_letters_to_who_sees_it_no_more_are_not_told(worker, household):
    former = factories.make_customer("former@example.org")
    factories.give_access(former, household, ended_at=AT)
    put("bill_ready", former, account=household.number)
    assert "Писем не" in worker.get(f"{CARD}/letters").text


def test_every_letter_has_its_word():
    assert set(card_words.LETTERS) == set(KINDS)


def test_the_log_tells_who_did_what(worker, household, alice):
    with writing():
        for actor, action in (
            (Actor(alice.id), "reading.submitted"),
            (audit.SYSTEM, "bill.letter_written"),
            (Actor(alice.id), "question.unheard_of"),
            (Actor(alice.id), "new.thing"),
        ):
            audit.record(actor, action, now=AT, account_id=household.id)
    said = rows(worker.get(f"{CARD}/log"), "Сначала новое")[1:]
    assert any("Ольга Смирнова сотрудник Карточка счёта открыта" in one for one in said)
    assert any(one.endswith("alice@example.org Показания переданы") for one in said)
    assert any(one.endswith("без входа Письмо о квитанции написано") for one in said)
    assert any(one.endswith("Обращение: действие") for one in said)
    assert any(one.endswith("Другое: действие") for one in said)
    User.update(email=None).where(User.id == alice.id).execute()
    said = rows(worker.get(f"{CARD}/log"), "Сначала новое")[1:]
    assert any("Кабинет без почты Показания переданы" in one for one in said)
    subjects = [row.subject for row in looks("account.looked", household)]
    assert subjects == ["log", "log"]


def test_the_log_has_pages(worker, household):
    with writing():
        audit.record_each(audit.SYSTEM, "account.found", [household.id] * 1, now=AT)
        for _ in range(120):
            audit.record(
                audit.SYSTEM, "bill.letter_written", now=AT, account_id=household.id
            )
    first = worker.get(f"{CARD}/log")
    assert len(rows(first, "Сначала новое")[1:]) == 50
    (older,) = [a for a in first.select("main a") if a.text == "Раньше"]
    second = worker.get(older.get("href"))
    assert [a.text for a in second.select("main p:last-child a")] == ["Новее", "Раньше"]
    assert "Больше записей нет." in worker.get(f"{CARD}/log?page=99").text
    assert rows(worker.get(f"{CARD}/log?page=x"), "Сначала новое")
    assert rows(worker.get(f"{CARD}/log?page=0"), "Сначала новое")


@pytest.mark.parametrize("part", ["letters", "log"])
def test_nobody_of_other_branches_reads_them(worker, household, part):
    other = factories.make_account("460000000008", factories.make_branch("far"))
    worker.get(f"/staff/accounts/{other.number}/{part}", status=404)
    worker.get(f"/staff/accounts/999/{part}", status=404)
    assert not AuditEntry.select().where(AuditEntry.account_id == other.id).exists()
    assert words(worker.get(CARD).one("h1")) == "Лицевой счёт 4600 0000 0001"


def test_requests_for_work_are_listed_the_newest_first(worker, household):
    for days, kind, state in ((9, "sealing", "done"), (1, "replacement", "received")):
        at = AT - timedelta(days=days)
        factories.make_meter_request(household, at, kind=kind, state=state)
    page = worker.get(CARD)
    rows = page.select("h2#requests + table tbody tr")
    told = [" ".join("".join(row.itertext()).split()) for row in rows]
    assert "Замена счётчика" in told[0]
    assert "Принята" in told[0]
    assert "Опломбировка" in told[1]
