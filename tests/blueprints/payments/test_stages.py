"""What a payment's page says of its way, and by what one may pay."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cabinet.domain.payments.seen import Reason, Seen
from cabinet.gateways.shops import Shops
from cabinet.models import Payment
from cabinet.services.payments import asking
from tests.browsing import Browser

BY_SBP = "#pay-form button[value=sbp]"


@pytest.fixture
def her(portal, owing, alice):
    return Browser(portal).sign_in(alice)


@pytest.fixture
def page_of_hers(her):
    """Begin a payment by the form; return how its page is looked at."""
    form = her.get("/pay").one("#pay-form")
    data = {one.get("name"): one.get("value") or "" for one in form.xpath(".//input")}
    her.post("/pay", data | {"method": "card"}, status=303)
    address = f"/pay/{Payment.get().public_id}"
    return lambda: her.get(address)


@pytest.fixture
def ask(portal, clock, now):
    def ask():
        later = now + timedelta(minutes=1)
        clock.set(later)
        assert asking.ask_due(portal.extensions["cabinet.shops"], now=later)

    return ask


def stages(page):
    found = page.select("#pay-state ol > li")
    return [" ".join(" ".join(one.itertext()).split()) for one in found]


def test_three_stages_created_bank_posted(page_of_hers, bank, ask):
    page = page_of_hers()
    assert "деньги поступят в течение суток" in page.text
    assert stages(page) == [
        "Платёж создан 22 ноября 12:00",
        "Ждём банк",
        "Зачисление на лицевой счёт: в течение суток",
    ]
    bank.decide("bank-1", state=Seen.WAITING)
    ask()
    page = page_of_hers()
    assert "Банк придержал деньги" in page.text
    assert stages(page)[1:] == [
        "Ждём банк",
        "Зачисление на лицевой счёт: в течение суток",
    ]
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    Payment.update(ask_at=Payment.created_at).execute()
    ask()
    assert stages(page_of_hers()) == [
        "Платёж создан 22 ноября 12:00",
        "Банк подтвердил 22 ноября 12:01",
        "Зачислен на лицевой счёт",
    ]


def test_what_did_not_go_through_has_its_stages_too(page_of_hers, bank, ask):
    bank.decide("bank-1", state=Seen.CANCELED, reason=Reason.INSUFFICIENT_FUNDS)
    ask()
    assert stages(page_of_hers())[1:] == [
        "Банк не провёл платёж",
        "На лицевой счёт ничего не поступило",
    ]


def test_the_form_says_when_the_money_comes(her):
    assert "Деньги поступят в течение суток." in her.get("/pay").text


@pytest.mark.parametrize(
    ("methods", "is_offered"), [(("card",), False), (("card", "sbp"), True)]
)
@pytest.mark.parametrize("sent", ["card", "sbp"])
def test_sbp_is_offered_by_the_acquirer_alone(
    her, portal, bank, methods, is_offered, sent
):
    bank.shop = replace(bank.shop, methods=methods)
    portal.extensions["cabinet.shops"] = Shops([bank.shop], lambda _shop: bank)
    page = her.get("/pay")
    assert bool(page.select(BY_SBP)) == is_offered
    form = page.one("#pay-form")
    data = {one.get("name"): one.get("value") or "" for one in form.xpath(".//input")}
    her.post("/pay", data | {"method": sent}, status=303)
    # A button that is not there is not pressed by whoever writes the form by hand.
    assert bank.orders[0].method == (sent if is_offered else "card")


def test_sbp_alone_is_the_only_button(her, portal, bank):
    bank.shop = replace(bank.shop, methods=("sbp",))
    portal.extensions["cabinet.shops"] = Shops([bank.shop], lambda _shop: bank)
    buttons = her.get("/pay").select("#pay-form button")
    assert [one.get("value") for one in buttons] == ["sbp"]
