"""The bank's own pages: the card, the code of 3-D Secure, СБП, and the way back."""

import re
from http import HTTPStatus

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response as AnyResponse

from cabinet.emulator.bank import CODE, Bank
from cabinet.emulator.book import Deal
from cabinet.emulator.cards import BY_NUMBER, CARDS, is_right

DATE = re.compile(r"(0[1-9]|1[0-2])\s*/?\s*([0-9]{2})")
CVC = re.compile(r"[0-9]{3}")


def make(bank: Bank) -> Blueprint:
    """Return the pages a customer sees."""
    pages = Blueprint("pages", __name__)

    @pages.get("/pay/<string:deal_id>")
    def show(deal_id: str) -> AnyResponse:
        deal = _deal(bank, deal_id)
        return _next(deal) or _card_page(deal, {}, {})

    @pages.post("/pay/<string:deal_id>")
    def pay(deal_id: str) -> AnyResponse:
        deal = _deal(bank, deal_id)
        on = _next(deal)
        if on is not None:
            return on
        if "leave" in request.form:
            return _back(bank.leave(deal))
        if deal.method == "sbp":
            return _back(bank.succeed(deal))
        typed = {
            name: request.form.get(name, "").strip() for name in ("card", "date", "cvc")
        }
        number = re.sub(r"[\s-]", "", typed["card"])
        faults = _faults(number, typed)
        if faults:
            return _card_page(deal, typed, faults)
        after = bank.take_card(deal, BY_NUMBER[number])
        return _next(after) or _back(after)

    @pages.get("/acs/<string:deal_id>")
    def ask_code(deal_id: str) -> AnyResponse:
        deal = _deal(bank, deal_id)
        if deal.state != "pending" or deal.step != "code":
            return _next(deal) or redirect(f"/pay/{deal.id}", 303)
        return _code_page(deal, "")

    @pages.post("/acs/<string:deal_id>")
    def take_code(deal_id: str) -> AnyResponse:
        deal = _deal(bank, deal_id)
        if deal.state != "pending" or deal.step != "code":
            return _next(deal) or redirect(f"/pay/{deal.id}", 303)
        if "leave" in request.form:
            return _back(bank.leave(deal))
        code = re.sub(r"\s", "", request.form.get("code", ""))
        if not re.fullmatch(r"[0-9]{6}", code):
            return _code_page(deal, "В коде 6 цифр. Проверьте")
        return _back(bank.take_code(deal, code))

    return pages


def _deal(bank: Bank, deal_id: str) -> Deal:
    try:
        return bank.get(deal_id)
    except LookupError:
        abort(HTTPStatus.NOT_FOUND)


def _next(deal: Deal) -> AnyResponse | None:
    """Return where a payment that has left the card's page goes on."""
    if deal.state != "pending":
        return _back(deal)
    if deal.step == "code":
        return redirect(f"/acs/{deal.id}", 303)
    # A slow card: the bank has let the customer go before it knows.
    return _back(deal) if deal.step == "card" else None


def _back(deal: Deal) -> AnyResponse:
    is_paid = deal.state in {"pending", "waiting", "succeeded"}
    return redirect(deal.return_url if is_paid else deal.fail_url, 303)


def _faults(number: str, typed: dict[str, str]) -> dict[str, str]:
    faults = {}
    if not is_right(number):
        faults["card"] = "В номере карты ошибка. Проверьте цифры"
    elif number not in BY_NUMBER:
        faults["card"] = (
            "Это настоящая карта. Здесь платят только учебными, они внизу страницы"
        )
    if not DATE.fullmatch(typed["date"]):
        faults["date"] = "Введите месяц и год, например 12/30"
    if not CVC.fullmatch(typed["cvc"]):
        faults["cvc"] = "Три цифры с обратной стороны карты"
    return faults


def _card_page(deal: Deal, typed: dict[str, str], faults: dict[str, str]) -> Response:
    page = render_template(
        "pay.html", deal=deal, cards=CARDS, typed=typed, faults=faults, **_sum(deal)
    )
    return make_response(
        page, HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    )


def _code_page(deal: Deal, fault: str) -> Response:
    page = render_template("acs.html", deal=deal, fault=fault, code=CODE, **_sum(deal))
    return make_response(
        page, HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
    )


def _sum(deal: Deal) -> dict[str, str]:
    roubles = f"{deal.amount // 100:,}".replace(",", "\u00a0")
    return {"roubles": roubles, "kopecks": f"{deal.amount % 100:02}"}
