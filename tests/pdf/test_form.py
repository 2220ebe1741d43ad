"""Every field of the payment document (point 69 of the rules), on paper and on the page."""

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from cabinet.blueprints.bills import views
from cabinet.domain.billing import BenefitLine
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from tests import factories, receipts

#: Part of the form: what the receipt below must say of it.
FIELDS = {
    "payer": "Новикова Анна Ивановна",
    "address": "Курская область, Льгов, пер. Школьный, д. 54",
    "account": "4612 7904 0069",
    "ЕЛС and ИЖКУ": "46АБ123456, 46АБ123456-01",
    "payee": "АО «Курская энергосбытовая компания»",
    "ИНН and КПП": "4632000001, 463201001",
    "settlement account": "40702810900000001234",
    "bank": "Учебный банк «Север», г. Курск",
    "БИК and correspondent account": "043807606, 30101810300000000606",
    "payee's address": "305000, г. Курск, ул. Ленина, д. 1",
    "payee's telephone": "8 800 000-00-46",
    "payee's hours": "с 8:00 до 20:00",
    "payee's mail": "kursk@example.org",
    "payee's site": "kursk.example.org",
    "period": "Начислено за октябрь 2026",
    "volume and its unit": ": 2 440 кВт·ч",
    "price": "× 5,71 ₽",
    "charged": "Начислено за октябрь 2026 968,76 ₽",
    "recalculated": "Перерасчёт −1 234,56 ₽",
    "recalculation's ground": "по показаниям 300 кВт·ч, было начислено 520 кВт·ч",
    "benefit": "Льготы −500,00 ₽",
    "whose benefit": "Вдова ветерана Великой Отечественной войны: 50 % от 100 кВт·ч",
    "register before": "− 4 512",
    "register after": "(4 634",
    "ratio": "× 20",
    "zone": "Круглые сутки",
    "day of the reading": "22.10.2026",
    "where the reading came from": "По показаниям от 22 октября (личный кабинет)",
    "meter": "№ 10834547, Нева МТ 114",
    "next verification": "поверка до 16.11.2028",
    "norm": "71 кВт·ч на человека в месяц, проживает 5",
    "debt at the beginning": "Не оплачено на 1 октября 1 629,61 ₽",
    "paid, and when last": "последняя оплата 14 октября −1 629,61 ₽",
    "penalties": "Пени 1 234,56 ₽",
    "to pay": "К оплате 468,76 ₽",
    "due day": "К оплате до 16 ноября 2026 года",
    "payment code": "Код для оплаты: наведите камеру в приложении банка",
    "restriction": "подачу электричества могут ограничить через 20 дней",
    "number and day": "№ 461279040069-202610 от 01.11.2026",
    "VAT inside": "22 % в том числе, 174,69 ₽",
}


def whole():
    """A receipt that has something to say in every field."""
    longest = receipts.longest()
    register = receipts.register(ratio=20, energy=Energy.from_kwh(2440))
    return replace(
        receipts.receipt(),
        meters=(receipts.meter(ratio=20),),
        volume=receipts.volume(energy=Energy.from_kwh(2440), registers=(register,)),
        recalculation=longest.recalculation,
        benefits=(
            BenefitLine(
                title="вдова ветерана Великой Отечественной войны",
                percent=50_00,
                energy=Energy.from_kwh(100),
                amount=Money.parse("500,00"),
            ),
        ),
        penalties=longest.penalties[:1],
        balance=receipts.balance(
            recalculated=longest.recalculation.amount,
            benefit=Money.parse("500,00"),
            penalty=Money.parse("1 234,56"),
        ),
    )


@pytest.fixture
def said(request, browser, alice, account, monkeypatch):
    """What the receipt says, as a file or as a page to print."""
    factories.make_bill(account)
    monkeypatch.setattr(views, "_receipt", lambda _month: whole())
    browser.sign_in(alice)
    if request.param == "page":
        return browser.get("/bills/2026-10").text
    body = browser.client.get("/bills/2026-10.pdf").data
    (sheet,) = PdfReader(io.BytesIO(body)).pages
    return " ".join(sheet.extract_text().split())


@pytest.mark.parametrize("said", ["file", "page"], indirect=True)
def test_every_field_of_the_form_is_filled(said):
    folded = said.replace("\u00a0", " ").replace(" ,", ",")
    assert {
        field: words for field, words in FIELDS.items() if words not in folded
    } == {}
