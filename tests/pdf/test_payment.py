"""The receipt of a payment as a file: what it says."""

import io
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import FiscalState
from cabinet.domain.payments.states import PaymentState
from cabinet.domain.period import Month
from cabinet.pdf.payment import payment_pdf
from cabinet.services.payments.shown import Share, Shown, Stage

SHOWN = Shown(
    public_id=uuid.UUID("11111111-2222-4333-8444-555555555555"),
    stage=Stage.PAID,
    state=PaymentState.SUCCEEDED,
    amount=Money(1300_50),
    returned=Money(0),
    shares=(
        Share(number="460000000001", amount=Money(1000_50), month=Month(2026, 10)),
        Share(number="460000000077", amount=Money(300_00), month=None),
    ),
    method="card",
    email="a@example.org",
    created_at=datetime(2026, 11, 22, 9, tzinfo=UTC),
    paid_at=datetime(2026, 11, 22, 9, 5, tzinfo=UTC),
    final_at=datetime(2026, 11, 22, 9, 5, tzinfo=UTC),
    receipt="2026-7",
    fiscal=FiscalState.SUCCEEDED,
    reason=None,
    pay_url="",
    shop="kursk-card",
    zone=ZoneInfo("Europe/Moscow"),
    company="АО «Курская энергосбытовая компания»",
    inn="4632000000",
    branch_phone="8 800 000-00-00",
)


@pytest.fixture
def words(app):
    def read(shown):
        with app.app_context():
            reader = PdfReader(io.BytesIO(payment_pdf(shown)))
        assert len(reader.pages) == 1
        return " ".join(reader.pages[0].extract_text().split())

    return read


def test_it_says_who_paid_what_to_whom(words):
    said = words(SHOWN)
    for each in (
        "Квитанция об оплате",
        "2026-7",
        "22 ноября 2026",
        "АО «Курская энергосбытовая компания», ИНН 4632000000",
        "Банковская карта, через интернет, без комиссии",
        "11111111-2222-4333-8444-555555555555",
        "4600 0000 0001, за октябрь 2026",
        "1 000,50",
        "4600 0000 0077",
        "Всего оплачено 1 300,50",
        "не кассовый чек",
    ):
        assert each in said, each


def test_what_came_back_is_said(words):
    said = words(replace(SHOWN, returned=Money(100_00), method="sbp"))
    assert "Возвращено на карту 100,00" in said
    assert "СБП" in said
