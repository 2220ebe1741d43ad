import io
from datetime import timedelta

import pytest
from pypdf import PdfReader

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.metering import ReadingState
from cabinet.domain.period import Month
from cabinet.models import OutboxMessage, Reading
from cabinet.pdf import render
from tests.browsing import Browser
from tests.factories import make_bill, make_reading


@pytest.fixture
def done(browser, alice, last):
    page = browser.sign_in(alice).get("/readings")
    return browser.submit(page, "#reading-form", t1="4772")


def test_it_works(browser, done):
    later = browser.get(done.url)
    assert later.element("#reading") == done.element("#reading")


def test_a_fragment_is_its_part_of_the_page(browser, done, alice):
    for url in (done.url, "/readings"):
        page, fragment = browser.get(url), browser.get(url, htmx=True)
        assert fragment.element("#reading") == page.element("#reading")


def test_stranger_gets_404(app, done, charlie):
    browser = Browser(app).sign_in(charlie)
    browser.get(done.url, status=404)
    browser.get(f"{done.url}.pdf", status=404)
    page = browser.get("/readings")
    token = page.one("#reading-form input[name=csrf_token]").get("value")
    browser.post(f"{done.url}/mail", {"csrf_token": token}, status=404)


def test_after_the_window_it_can_no_longer_be_corrected(browser, done, clock, now):
    clock.set(now + timedelta(days=5))
    assert "Исправить показания" not in browser.get(done.url).text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ReadingState.ACCEPTED, "Спасибо. Ваши данные были введены без ошибок"),
        (ReadingState.COUNTED, "Вошли в квитанцию за ноябрь."),
        (ReadingState.WITHDRAWN, "Показания отозваны"),
        (ReadingState.REJECTED, "Показания не приняты На фото другой счётчик"),
    ],
)
def test_it_tells_what_became_of_the_reading(browser, done, state, words):
    Reading.update(state=state, reason="На фото другой счётчик").where(
        Reading.state == ReadingState.SUBMITTED
    ).execute()
    assert words in browser.get(done.url).text


def test_without_rates_it_says_so(browser, alice, meter):
    make_reading(meter, values=(4634,))
    page = browser.sign_in(alice).get("/readings")
    done = browser.submit(page, "#reading-form", t1="4772")
    assert "Тарифа на ноябрь пока нет, поэтому сумму не называем." in done.text


def test_what_was_billed_without_readings_is_taken_off(
    browser, alice, account, meter, last
):
    Reading.update(period=Month(2026, 9)).execute()
    make_bill(account, "2026-10", "1000,00", basis=ChargeBasis.AVERAGE)
    page = browser.sign_in(alice).get("/readings")
    done = browser.submit(page, "#reading-form", t1="4734")
    assert "Уже начислено за месяцы без показаний −1 000,00 ₽" in done.text
    assert "Доплаты не будет: около 413,00 ₽ зачтём." in done.text


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_the_confirmation_is_mailed_once(browser, done, alice, htmx):
    sent = browser.submit(done, "#reading-mail", htmx=htmx)
    words = f"Подтверждение придёт на {alice.email}."
    assert words in sent.text
    browser.submit(done, "#reading-mail", htmx=htmx)
    letter = OutboxMessage.get()
    assert letter.recipient == alice.email
    assert letter.context["link"] == f"http://localhost{done.url}"


def text_of(answer):
    reader = PdfReader(io.BytesIO(answer.body))
    assert len(reader.pages) == 1
    return " ".join(reader.pages[0].extract_text().split())


def test_the_confirmation_can_be_printed(browser, done):
    answer = browser.get(f"{done.url}.pdf", check=False)
    assert answer.headers["Content-Type"] == "application/pdf"
    text = text_of(answer)
    number = done.text_of("#reading-done .ok b")
    assert f"Подтверждение {number}" in text
    assert "Показания приняты 22 ноября 2026 года в 12:00" in text
    assert "4600 0000 0001" in text
    assert "Круглые сутки 4 634 4 772 138" in text
    assert "810,06" in text
    assert "до 25 ноября 2026 года" in text


def test_a_broken_pdf_leaves_the_page(browser, done, monkeypatch):
    monkeypatch.setattr(render, "MAX_DOCUMENT_BYTES", 10)
    render.policy.cache_clear()
    page = browser.get(f"{done.url}.pdf", status=503)
    render.policy.cache_clear()
    assert "PDF не получился. Напечатайте эту страницу" in page.text
    assert "расход 138 кВт·ч" in page.text


def test_a_confirmation_of_a_review_says_so(browser, alice, last):
    page = browser.sign_in(alice).get("/readings")
    asked = browser.submit(page, "#reading-form", t1="4512", status=409)
    done = browser.submit(
        asked, "#reading-review", button=("answer:review", ""), comment="Пояснение <b>"
    )
    text = text_of(browser.get(f"{done.url}.pdf", check=False))
    assert "Показания приняты на проверку" in text
    assert "Пояснение: Пояснение <b>" in text
