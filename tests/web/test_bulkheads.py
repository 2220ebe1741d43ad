"""What is dear finds a place or is asked to come again; nothing typed is lost by it."""

import errno
import io
import uuid

import pytest
from flask import Response, stream_with_context
from peewee import OperationalError

from cabinet.services import bulkheads, readings, room
from cabinet.web import bulkheads as places
from tests.browsing import Browser
from tests.factories import make_bill, make_reading, make_staff


@pytest.fixture
def full():
    """Make all places of a bulkhead taken, as long as the test goes on."""
    taken = []

    def fill(bulkhead):
        for _ in range(bulkhead.threads):
            assert bulkhead._in.acquire(blocking=False)
            taken.append(bulkhead)

    yield fill
    for each in taken:
        each._in.release()


@pytest.fixture
def customer(browser, alice, account, meter, dated):
    make_reading(meter, values=(4634,))
    return browser.sign_in(alice)


def test_a_document_that_finds_no_place_is_opened_again(customer, account, full):
    make_bill(account, "2026-10", "1000,00")
    full(bulkheads.DOCUMENTS)
    page = customer.get("/bills/2026-10.pdf", status=503)
    assert page.headers["Retry-After"] == "5"
    assert page.text_of("h1") == "Подождите немного"
    assert page.select("main .btn")[0].get("href") == "/bills/2026-10.pdf"
    # The receipt itself is there to be printed.
    assert customer.get("/bills/2026-10").status == 200


@pytest.mark.parametrize("ending", ["csv", "xlsx", "xml"])
def test_a_table_that_finds_no_place_is_opened_again(customer, full, ending):
    full(bulkheads.TABLES)
    page = customer.get(f"/history.{ending}?recent=12", status=503)
    assert page.select("main .btn")[0].get("href") == f"/history.{ending}?recent=12"
    assert customer.get("/history").status == 200


@pytest.mark.parametrize("path", ["", "/debts", "/debts.csv"])
def test_a_report_that_finds_no_place_is_opened_again(browser, full, path):
    browser.sign_in(make_staff(role="supervisor"))
    full(bulkheads.REPORTS)
    page = browser.get(f"/staff/reports{path}", status=503)
    assert "Сейчас готовим другие отчёты" in page.text
    assert page.headers["Retry-After"] == "5"
    assert page.select("main .btn")[0].get("href") == f"/staff/reports{path}"
    # The queue is worked on all the same.
    assert browser.get("/staff/").status == 200


def test_reports_take_no_place_of_the_customers_tables(customer, full):
    full(bulkheads.REPORTS)
    assert customer.get("/history.csv?recent=12").status == 200


def test_a_table_without_an_ending_takes_a_place_of_tables(app):
    with app.test_request_context(f"/staff/loads/{uuid.uuid4()}/faults"):
        assert places._bulkhead() is bulkheads.TABLES


def test_a_file_that_finds_no_place_is_not_taken_in(customer, full, monkeypatch):
    monkeypatch.setattr(places, "FILE_BYTES", 100)
    page = customer.get("/questions")
    full(bulkheads.FILES)
    typed = {"topic": "meter", "text": "Вопрос", "files": (io.BytesIO(b"x"), "a.txt")}
    busy = customer.submit(page, "#question-form", status=503, **typed)
    assert "Сейчас присылают много файлов" in busy.text
    assert not busy.select("#again")
    assert customer.get("/readings").status == 200


def test_a_place_is_kept_until_the_last_piece(app, full):
    @app.get("/made.csv")
    def made():
        return Response(stream_with_context(iter([b"one", b"two"])))

    tables = bulkheads.TABLES
    answer = app.test_client().get("/made.csv", buffered=False)
    pieces = answer.iter_encoded()
    assert next(pieces) == b"one"
    free = [tables._work.acquire(blocking=False) for _ in range(tables.most)]
    assert free == [True] * (tables.most - 1) + [False]
    for _ in range(tables.most - 1):
        tables._work.release()
    assert list(pieces) == [b"two"]
    answer.close()
    assert tables._work.acquire(blocking=False)
    tables._work.release()


def test_what_was_typed_is_sent_again_by_one_button(customer, monkeypatch):
    page = customer.get("/readings")
    submit = readings.submit_reading

    def fail(*_args, **_kwargs):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(readings, "submit_reading", fail)
    refused = customer.submit(page, "#reading-form", t1="4772", status=503)
    assert refused.text_of("h1") == "Сейчас не можем сохранить"
    assert "Вы ввели: 4772 Введённое осталось на этой странице" in refused.text
    monkeypatch.setattr(readings, "submit_reading", submit)
    done = customer.submit(refused, "#again")
    assert "Спасибо. Ваши данные были введены без ошибок" in done.text


def test_a_long_text_is_there_to_be_read(customer, monkeypatch):
    text = "Свет моргает второй вечер подряд. <b>" * 5
    monkeypatch.setattr(
        "cabinet.services.questions.asking.ask", _raising(OSError(errno.ENOSPC, "full"))
    )
    page = customer.get("/questions")
    typed = {"topic": "meter", "text": text}
    refused = customer.submit(page, "#question-form", status=503, **typed)
    assert refused.one("#again textarea").text.strip() == text


def _raising(error):
    def fail(*_args, **_kwargs):
        raise error

    return fail


def test_a_password_does_not_come_back(browser, alice, monkeypatch):
    monkeypatch.setattr(
        "cabinet.services.signing_in.sign_in", _raising(OperationalError("locked"))
    )
    page = browser.get("/login")
    typed = {"login": alice.email, "password": "a secret phrase"}
    refused = browser.submit(page, "#login-form", status=503, **typed)
    assert refused.text_of("h1") == "Кабинет на обслуживании"
    assert not refused.select("#again")
    assert "a secret phrase" not in refused.html


def test_little_room_refuses_files_and_nothing_else(customer, app, monkeypatch):
    monkeypatch.setattr(places, "FILE_BYTES", 100)
    monkeypatch.setattr(room, "is_low", lambda: True)
    page = customer.get("/questions")
    typed = {"topic": "meter", "text": "Вопрос", "files": (io.BytesIO(b"x"), "a.txt")}
    refused = customer.submit(page, "#question-form", status=503, **typed)
    assert "Файл выберите заново" in refused.text
    sent = customer.submit(customer.get("/readings"), "#reading-form", t1="4772")
    assert "Спасибо" in sent.text
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, ready.data) == (503, b"the disk is full, or nearly\n")


def test_a_fault_of_the_system_that_is_no_want_of_room_is_a_fault(app, monkeypatch):
    monkeypatch.setattr(
        "cabinet.services.health.faults", _raising(OSError(errno.EIO, "broken"))
    )
    assert Browser(app).client.get("/readyz").status_code == 500
