"""Sberbank's gateway (RBS): forms out, JSON back, money in kopecks.

An answer with an error comes with 200 too: `errorCode`, a text or a number, decides.
There is no idempotency key: a call whose answer was lost is followed by a question for
the order. The page offers СБП by itself. The list of orders is a right of its own, which
the bank gives to a user of the interface when asked: without it the register comes as a
file, and `register` has nothing to tell.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from ipaddress import IPv4Address, IPv6Address

from cabinet.config.acquirers import Shop
from cabinet.config.bank_key import read_bank_key
from cabinet.domain.money import Money
from cabinet.domain.payments.seen import (
    ListedRefund,
    Reason,
    Seen,
    SeenPayment,
    SeenRefund,
)
from cabinet.gateways import answers
from cabinet.gateways.answers import ID, Fields, WrongShapeError
from cabinet.gateways.base import (
    PAGE_SECONDS,
    FiscalItem,
    FiscalReceipt,
    Notice,
    Order,
    RefundOrder,
    RefusedError,
    Started,
)
from cabinet.gateways.http import Transport
from cabinet.gateways.sberbank import notices, words

#: The gateway refuses a description with any of these.
FORBIDDEN = str.maketrans("%+\r\n", "    ")

MOST_NUMBER = 64
MOST_SENT = 1024

LIST = "getLastOrdersForMerchants.do"
LIST_MOMENT = "%Y%m%d%H%M%S"
#: The list tells the days of Moscow, so many orders a page at most.
PAGE = 200
#: Two hundred thousand orders a day; a list without an end is not read for ever.
MOST_PAGES = 1000


class Sberbank:
    """A shop at Sberbank."""

    repeats_by_key = False
    page_lasts = timedelta(seconds=PAGE_SECONDS)
    notice_answer = ""
    lists_refunds = False
    number_signs = 0

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._transport = Transport(shop)
        path = shop.notice_certificate
        self._bank_key = None if path is None else read_bank_key(path)

    def start(self, order: Order) -> Started:
        """Register the order; its page may be opened for `lives_seconds`."""
        form = {
            "orderNumber": order.number,
            "amount": str(order.amount.kopecks),
            "currency": "643",
            "returnUrl": order.return_url,
            "failUrl": order.return_url,
            "dynamicCallbackUrl": order.notice_url,
            "description": order.description.translate(FORBIDDEN)[:512],
            "language": "ru",
            "sessionTimeoutSecs": str(order.lives_seconds),
            "jsonParams": _sent(order.metadata),
        }
        if order.receipt is not None and self._shop.receipts:
            form["orderBundle"] = _json(self._bundle(order.receipt, order.amount))
            if order.receipt.tax_system is not None:
                form["taxSystem"] = str(order.receipt.tax_system - 1)
        answer = self._call("register.do", form)
        code = _error(answer)
        if code == words.NUMBER_TAKEN:
            answers.unclear("the number is taken: the order may be ours")
        _refuse(answer, code)
        return Started(provider_id=answer.id("orderId"), pay_url=answer.text("formUrl"))

    def ask(self, provider_id: str) -> SeenPayment | None:
        """Return the order as the bank has it."""
        seen = self._ask({"orderId": provider_id}, provider_id)
        if seen is not None and seen.provider_id != provider_id:
            answers.unclear("another order than was asked for")
        return seen

    def find(self, number: str, _sent_at: datetime | None = None) -> SeenPayment | None:
        """Return the order by our number."""
        seen = self._ask({"orderNumber": number}, "")
        if seen is not None and seen.order != number:
            answers.unclear("another order than was asked for")
        return seen

    def refund(self, order: RefundOrder) -> SeenRefund:
        """Give back a part or the whole; the bank gives a refund no id."""
        form = {
            "orderId": order.provider_id,
            "amount": str(order.amount.kopecks),
            "language": "ru",
        }
        if order.receipt is not None and self._shop.receipts:
            items = [
                self._item(count, item)
                for count, item in enumerate(order.receipt.items, start=1)
            ]
            form["refundItems"] = _json({"items": items})
        answer = self._call("refund.do", form)
        _refuse(answer, _error(answer))
        return SeenRefund(provider_id="", state=Seen.SUCCEEDED, amount=order.amount)

    def ask_refund(self, order: RefundOrder, _refund_id: str) -> SeenRefund | None:
        """Tell by what is given back of the order in all."""
        seen = self.ask(order.provider_id)
        if seen is None or seen.refunded < order.refunded_before + order.amount:
            return None
        return SeenRefund(provider_id="", state=Seen.SUCCEEDED, amount=order.amount)

    def register(self, day: date) -> Iterator[SeenPayment]:
        """Return the orders registered on the day of Moscow, none without the right."""
        starts = datetime.combine(day, time())
        ends = datetime.combine(day, time(23, 59, 59))
        asked = {
            "from": f"{starts:{LIST_MOMENT}}",
            "to": f"{ends:{LIST_MOMENT}}",
            "size": str(PAGE),
            "transactionStates": words.LISTED,
            "merchants": "",
            "searchByCreatedDate": "true",
            "language": "ru",
        }
        for number in range(MOST_PAGES):
            answer = self._call(LIST, {**asked, "page": str(number)})
            code = _error(answer)
            if number == 0 and code == words.NO_RIGHT:
                return
            _refuse(answer, code)
            if answer.number("page") != number:
                answers.unclear("another page than was asked for")
            rows = answer.rows("orderStatuses")
            yield from (_order(row, "") for row in rows)
            if (number + 1) * PAGE >= answer.number("totalCount"):
                return
            if not rows:
                break
        answers.unclear("a list without an end")

    def refunds(self, _since: datetime) -> Iterator[ListedRefund]:
        """Return nothing: an order tells how much of it went back in all."""
        return iter(())

    def read_notice(
        self,
        body: bytes,
        _headers: Mapping[str, str],
        query: Mapping[str, str],
        _address: IPv4Address | IPv6Address | None,
    ) -> Notice:
        """Return what the notice is about; without a key of ours it is only a hint."""
        found = notices.parameters(body, query)
        if self._shop.notice_secret or self._bank_key is not None:
            notices.check(found, self._shop.notice_secret, self._bank_key)
        provider_id, number = found.get("mdOrder", ""), found.get("orderNumber", "")
        if ID.fullmatch(provider_id) is None or len(number) > MOST_NUMBER:
            raise WrongShapeError("no id of an order")
        return Notice(
            provider_id=provider_id, order=number, event=found.get("operation", "")
        )

    def _ask(self, by: Mapping[str, str], provider_id: str) -> SeenPayment | None:
        answer = self._call("getOrderStatusExtended.do", {**by, "language": "ru"})
        code = _error(answer)
        if code == words.NOT_FOUND:
            return None
        _refuse(answer, code)
        return _order(answer, provider_id)

    def _call(self, path: str, form: Mapping[str, str]) -> Fields:
        sent = {"userName": self._shop.login, "password": self._shop.password, **form}
        answer = self._transport.post_form(path, sent)
        fields = answers.read(answer.body)
        if answer.is_refusal and _error(fields) == words.NO_ERROR:
            answers.unclear("a refusal without its code")
        return fields

    def _bundle(self, receipt: FiscalReceipt, amount: Money) -> dict[str, object]:
        if Money.total(item.amount for item in receipt.items) != amount:
            raise ValueError("the items do not add up to the payment")
        items = [
            self._item(count, item) for count, item in enumerate(receipt.items, start=1)
        ]
        return {
            "customerDetails": {"email": receipt.email},
            "cartItems": {"items": items},
        }

    def _item(self, count: int, item: FiscalItem) -> dict[str, object]:
        tax = self._shop.provider_vat or words.TAX_TYPES[item.vat_code]
        return {
            "positionId": str(count),
            "name": item.description[:100],
            "quantity": {"value": 1, "measure": "шт"},
            "itemAmount": item.amount.kopecks,
            "itemCode": str(count),
            "itemPrice": item.amount.kopecks,
            "tax": {"taxType": tax},
            "itemAttributes": {
                "attributes": [
                    {
                        "name": "paymentMethod",
                        "value": words.PAYMENT_METHODS[item.mode],
                    },
                    {
                        "name": "paymentObject",
                        "value": words.PAYMENT_OBJECTS[item.subject],
                    },
                ]
            },
        }


def _error(answer: Fields) -> str:
    return answer.code("errorCode", words.NO_ERROR)


def _refuse(answer: Fields, code: str) -> None:
    if code == words.SYSTEM:
        answers.unclear("a fault of the bank's system")
    if code != words.NO_ERROR:
        raise RefusedError(code, answer.text("errorMessage", ""))


def _order(answer: Fields, provider_id: str) -> SeenPayment:
    status = answer.number("orderStatus")
    state = words.STATES.get(status)
    if state is None:
        answers.unclear("a state nobody told us of")
    money = answer.inner("paymentAmountInfo")
    if status == words.DEPOSITED and money.text("paymentState", "DEPOSITED") not in {
        "DEPOSITED",
        "REFUNDED",
    }:
        answers.unclear("paid and not paid at once")
    is_taken = status == words.DEPOSITED and "depositedAmount" in money
    amount = answer.kopecks("amount")
    taken = money.kopecks("depositedAmount") if is_taken else amount
    if taken > amount:
        answers.unclear("more is taken than was asked for")
    reason = None
    if state is Seen.CANCELED:
        code = answer.number("actionCode")
        reason = words.REASONS.get(code, Reason.GENERAL_DECLINE)
        if status == words.REVERSED:
            reason = Reason.CANCELED_BY_MERCHANT
    currency = answer.code("currency", "643")
    sent = _params(answer)
    return SeenPayment(
        provider_id=_md_order(answer, provider_id),
        order=answer.id("orderNumber"),
        state=state,
        amount=taken,
        currency=words.CURRENCIES.get(currency, currency),
        refunded=(
            money.kopecks("refundedAmount") if "refundedAmount" in money else Money(0)
        ),
        reason=reason,
        accounts=sent.get("accounts", ""),
        sent=sent,
        paid_at=(
            answer.milliseconds("authDateTime") if state is Seen.SUCCEEDED else None
        ),
    )


def _md_order(answer: Fields, provider_id: str) -> str:
    """Return the bank's id of the order, which stands among its attributes."""
    for one in answer.rows("attributes"):
        if one.text("name", "") == "mdOrder":
            return one.id("value")
    if not provider_id:
        answers.unclear("no mdOrder")
    return provider_id


def _params(answer: Fields) -> dict[str, str]:
    """Return what we sent along, `order` included: it is the order's own number."""
    rows = [one.texts() for one in answer.rows("merchantOrderParams")]
    return {one["name"]: one["value"] for one in rows if {"name", "value"} <= set(one)}


def _sent(metadata: Mapping[str, str]) -> str:
    """Return what is sent along; the bank takes so much of it as a whole.

    The accounts stand in the shares too, and half of the shares would tell nothing.
    """
    text = _json(dict(metadata))
    if len(text) > MOST_SENT:
        text = _json({name: metadata[name] for name in metadata if name != "accounts"})
    if len(text) > MOST_SENT:
        rest = (name for name in metadata if not name.startswith("shares"))
        text = _json({name: metadata[name] for name in rest})
    return text


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
