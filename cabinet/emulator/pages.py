"""The bank's own pages: the card, the code of 3-D Secure, СБП, and the way back."""

import re
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask import redirect as move
from werkzeug.wrappers import Response as AnyResponse

from cabinet.emulator.bank import CODE, MOST_TRIES, Bank
from cabinet.emulator.book import Deal
from cabinet.emulator.cards import BY_NUMBER, CARDS, is_right

DATE = re.compile(r"(0[1-9]|1[0-2])\s*/?\s*([0-9]{2})")
CVC = re.compile(r"[0-9]{3}")
MONTHS_IN_YEAR = 12
CENTURY = 2000

#: Providers whose page offers СБП beside the card.
WITH_SBP = frozenset({"sberbank", "tbank"})

POLICY = (
    "default-src 'none'; style-src 'self'; form-action {forms}; base-uri 'none';"
    " frame-ancestors 'none'"
)


def make(bank: Bank) -> Blueprint:
    """Return the pages a customer sees."""
    pages = Blueprint("pages", __name__)
    views = _Views(bank)
    for path, show, act in (
        ("/pay/<deal_id>", views.show_card, views.pay_by_card),
        ("/sbp/<deal_id>", views.show_sbp, views.pay_by_sbp),
        ("/acs/<deal_id>", views.show_code, views.take_code),
    ):
        pages.add_url_rule(path, show.__name__, show)
        pages.add_url_rule(path, act.__name__, act, methods=["POST"])
    return pages


class _Views:
    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    def show_card(self, deal_id: str) -> AnyResponse:
        deal = self._deal(deal_id)
        self._bank.show(deal)
        return self._elsewhere(deal) or _card_page(deal, {}, {})

    def pay_by_card(self, deal_id: str) -> AnyResponse:
        deal = self._deal(deal_id)
        elsewhere = self._elsewhere(deal)
        if elsewhere is not None:
            return elsewhere
        if "leave" in request.form:
            return _back(self._bank.leave(deal))
        typed = {
            name: request.form.get(name, "").strip() for name in ("card", "date", "cvc")
        }
        number = re.sub(r"[\s-]", "", typed["card"])
        faults = self._faults(number, typed)
        if faults:
            return _card_page(deal, typed, faults)
        after = self._bank.take_card(deal, BY_NUMBER[number])
        return self._elsewhere(after) or _back(after)

    def show_sbp(self, deal_id: str) -> AnyResponse:
        deal = self._deal(deal_id)
        self._bank.show(deal)
        return self._elsewhere(deal) or _page("sbp.html", deal)

    def pay_by_sbp(self, deal_id: str) -> AnyResponse:
        deal = self._deal(deal_id)
        elsewhere = self._elsewhere(deal)
        if elsewhere is not None:
            return elsewhere
        if "leave" in request.form:
            return _back(self._bank.leave(deal))
        return _back(self._bank.succeed(deal))

    def show_code(self, deal_id: str) -> AnyResponse:
        deal = self._deal(deal_id)
        if deal.state != "pending" or deal.step != "code":
            return self._elsewhere(deal) or move(f"/pay/{deal.id}", 303)
        return _code_page(deal, "")

    def take_code(self, deal_id: str) -> AnyResponse:
        deal = self._deal(deal_id)
        if deal.state != "pending" or deal.step != "code":
            return self._elsewhere(deal) or move(f"/pay/{deal.id}", 303)
        if "leave" in request.form:
            return _back(self._bank.leave(deal))
        code = re.sub(r"\s", "", request.form.get("code", ""))
        if not re.fullmatch(r"[0-9]{6}", code):
            return _code_page(deal, "В коде 6 цифр. Проверьте")
        after = self._bank.take_code(deal, code)
        if after.state == "pending":
            left = MOST_TRIES - after.tries
            return _code_page(after, f"Код не подошёл. Осталось попыток: {left}")
        return _back(after)

    def _deal(self, deal_id: str) -> Deal:
        try:
            deal = self._bank.get(deal_id)
        except LookupError:
            abort(HTTPStatus.NOT_FOUND)
        if deal.state == "pending" and deal.number:
            # One of several payments of an order may be paid, and only one.
            others = self._bank.of_number(deal.provider, deal.shop, deal.number)
            if any(one.state in {"waiting", "succeeded"} for one in others):
                abort(HTTPStatus.NOT_FOUND)
        return deal

    def _elsewhere(self, deal: Deal) -> AnyResponse | None:
        """Return where a payment that has left its first page goes on."""
        if deal.state != "pending":
            return _back(deal)
        if deal.step == "code":
            return move(f"/acs/{deal.id}", 303)
        # A slow card: the bank has let the customer go before it knows.
        if deal.step == "card":
            return _back(deal)
        is_sbp = deal.method == "sbp" and request.path.startswith("/pay/")
        return move(f"/sbp/{deal.id}", 303) if is_sbp else None

    def _faults(self, number: str, typed: dict[str, str]) -> dict[str, str]:
        faults = {}
        if not is_right(number):
            faults["card"] = "В номере карты ошибка. Проверьте цифры"
        elif number not in BY_NUMBER:
            faults["card"] = (
                "Это не учебная карта. Здесь платят только учебными, они внизу страницы"
            )
        date = DATE.fullmatch(typed["date"])
        if date is None:
            faults["date"] = "Введите месяц и год, например 12/30"
        else:
            now = self._bank.now()
            month = (CENTURY + int(date[2])) * MONTHS_IN_YEAR + int(date[1])
            if month < now.year * MONTHS_IN_YEAR + now.month:
                faults["date"] = "Срок карты истёк. Введите будущий месяц"
        if not CVC.fullmatch(typed["cvc"]):
            faults["cvc"] = "Введите три цифры с обратной стороны карты"
        return faults


def _back(deal: Deal) -> AnyResponse:
    """Lead the customer to the shop; what its address carries proves nothing."""
    is_paid = deal.state in {"pending", "waiting", "succeeded"}
    url = deal.return_url if is_paid else deal.fail_url
    if not url:
        return _page("done.html", deal)
    if deal.provider == "sberbank":
        joint = "&" if "?" in url else "?"
        query = urlencode({"orderId": deal.id, "lang": "ru"})
        url = f"{url}{joint}{query}"
    return move(url, 303)


def _card_page(deal: Deal, typed: dict[str, str], faults: dict[str, str]) -> Response:
    return _page(
        "pay.html",
        deal,
        faults,
        cards=CARDS,
        typed=typed,
        has_sbp=deal.provider in WITH_SBP,
    )


def _code_page(deal: Deal, fault: str) -> Response:
    return _page("acs.html", deal, {"code": fault} if fault else {}, code=CODE)


def _page(
    template: str, deal: Deal, faults: dict[str, str] | None = None, **context: object
) -> Response:
    roubles = f"{deal.amount // 100:,}".replace(",", "\u00a0")
    text = render_template(
        template,
        deal=deal,
        faults=faults or {},
        money=f"{roubles},{deal.amount % 100:02}\u00a0₽",
        **context,
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    response = make_response(text, status)
    # A form's answer leads to the shop, and browsers ask the policy about that too.
    forms = {"'self'", *map(_origin, (deal.return_url, deal.fail_url))} - {""}
    response.headers["Content-Security-Policy"] = POLICY.format(
        forms=" ".join(sorted(forms))
    )
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
