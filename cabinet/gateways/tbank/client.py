"""T-Bank's gateway (eacq v2): JSON signed by a token, money in kopecks.

An answer tells by `Success` and `ErrorCode` whether it was done. Init has no
idempotency key: a call whose answer was lost is followed by CheckOrder. Cancel has one,
`ExternalRequestId`, which the bank keeps for cards and not for СБП. There is no list of
payments: the register comes as a file, so `register` has nothing to tell.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import NoReturn
from zoneinfo import ZoneInfo

from cabinet.config.acquirers import Shop
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
    FiscalReceipt,
    Method,
    Notice,
    NotOursError,
    Order,
    RefundOrder,
    RefusedError,
    Started,
    UnclearError,
)
from cabinet.gateways.http import Transport
from cabinet.gateways.tbank import words
from cabinet.gateways.tbank.token import is_proved, token

MOSCOW = ZoneInfo("Europe/Moscow")


class TBank:
    """A terminal at T-Bank."""

    repeats_by_key = False
    page_lasts = timedelta(seconds=PAGE_SECONDS)
    notice_answer = "OK"
    lists_refunds = False
    number_signs = 36

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._transport = Transport(shop)

    def start(self, order: Order) -> Started:
        """Start a payment of one stage; for СБП the address is that of its QR."""
        body: dict[str, object] = {
            "Amount": order.amount.kopecks,
            "OrderId": order.number,
            "Description": order.description[:140],
            "PayType": "O",
            "Language": "ru",
            "NotificationURL": order.notice_url,
            "SuccessURL": order.return_url,
            "FailURL": order.return_url,
            # For people in the bank's own pages: an answer does not repeat it.
            "DATA": {key[:20]: text[:100] for key, text in order.metadata.items()},
        }
        if order.expires_at is not None:
            due = order.expires_at.astimezone(MOSCOW)
            body["RedirectDueDate"] = due.isoformat(timespec="seconds")
        if order.receipt is not None and self._shop.receipts:
            body["Receipt"] = self._receipt(order.receipt, order.amount)
        until = self._transport.until()
        made = self._call("Init", body, until)
        if made.code("ErrorCode", words.NO_ERROR) == words.NUMBER_TAKEN:
            answers.unclear("the number is taken: the payment may be ours")
        _done(made)
        if (
            made.kopecks("Amount") != order.amount
            or made.code("OrderId") != order.number
        ):
            answers.unclear("another payment than was asked for")
        provider_id, url = made.id("PaymentId"), made.text("PaymentURL")
        if order.method is Method.SBP:
            url = self._qr(provider_id, until) or url
        return Started(provider_id=provider_id, pay_url=url)

    def ask(self, provider_id: str) -> SeenPayment | None:
        """Return the payment as the bank has it."""
        state = self._state(provider_id)
        return None if state is None else self._payment(state, state.id("OrderId"))

    def find(self, number: str, _sent_at: datetime | None = None) -> SeenPayment | None:
        """Return the payment by our number; one that took the money before others."""
        answer = self._call("CheckOrder", {"OrderId": number})
        if not answer.flag("Success"):
            if answer.code("ErrorCode") in words.NOT_FOUND:
                return None
            _refuse(answer)
        if answer.code("OrderId") != number:
            answers.unclear("another order than was asked for")
        seen = [self._payment(one, number) for one in answer.rows("Payments")]
        order = [Seen.SUCCEEDED, Seen.WAITING, Seen.PENDING, Seen.CANCELED]
        return min(seen, key=lambda one: order.index(one.state), default=None)

    def refund(self, order: RefundOrder) -> SeenRefund:
        """Give back a part or the whole; the bank gives a refund no id."""
        body: dict[str, object] = {
            "PaymentId": order.provider_id,
            "Amount": order.amount.kopecks,
            "ExternalRequestId": str(order.key),
        }
        if order.receipt is not None and self._shop.receipts:
            body["Receipt"] = self._receipt(order.receipt, order.amount)
        answer = self._call("Cancel", body)
        _done(answer)
        if answer.code("PaymentId") != order.provider_id:
            answers.unclear("another payment than was asked for")
        state = words.REFUND_STATES.get(answer.text("Status"))
        if state is None:
            answers.unclear("a state nobody told us of")
        return SeenRefund(provider_id="", state=state, amount=order.amount)

    def ask_refund(self, order: RefundOrder, _refund_id: str) -> SeenRefund | None:
        """Tell by the state of the payment and by what is left of it.

        Raises UnclearError for a second part given back, when the bank does not tell
        what is left: its state is the same before and after.
        """
        answer = self._state(order.provider_id)
        if answer is None:
            return None
        status, left = answer.text("Status"), answer.kopecks("Amount")
        state = words.REFUND_STATES.get(status)
        if state is None:
            if status not in words.STATES:
                answers.unclear("a state nobody told us of")
            return None
        if status == "PARTIAL_REFUNDED" and left != order.payment_amount:
            if order.payment_amount - left < order.refunded_before + order.amount:
                return None
        elif status == "PARTIAL_REFUNDED" and order.refunded_before:
            answers.unclear("the bank does not tell which part was given back")
        return SeenRefund(provider_id="", state=state, amount=order.amount)

    def register(self, _day: date) -> Iterator[SeenPayment]:
        """Return nothing: the bank sends its register as a file."""
        return iter(())

    def refunds(self, _since: datetime) -> Iterator[ListedRefund]:
        """Return nothing: a refund has no id here."""
        return iter(())

    def read_notice(
        self,
        body: bytes,
        _headers: Mapping[str, str],
        _query: Mapping[str, str],
        _address: IPv4Address | IPv6Address | None,
    ) -> Notice:
        """Return what the notice is about; its token proves it."""
        # Numbers stay as they are written: the token is made over their text.
        values = answers.load(body, numbers_as_texts=True)
        if values.get("TerminalKey") != self._shop.login:
            raise NotOursError("of another terminal")
        if not is_proved(values, self._shop.password):
            raise NotOursError("the token is not of our password")
        provider_id, status = values.get("PaymentId"), values.get("Status")
        number = values.get("OrderId", "")
        if not isinstance(provider_id, str) or ID.fullmatch(provider_id) is None:
            raise WrongShapeError("no id of a payment")
        if not isinstance(status, str) or not isinstance(number, str):
            raise WrongShapeError("no state or no number")
        return Notice(provider_id=provider_id, order=number, event=status)

    def _qr(self, provider_id: str, until: float) -> str:
        """Return the address of the QR; the page shows one too, if this fails."""
        try:
            answer = self._call(
                "GetQr", {"PaymentId": provider_id, "DataType": "PAYLOAD"}, until
            )
            return answer.text("Data") if answer.flag("Success") else ""
        except (UnclearError, RefusedError):
            return ""

    def _state(self, provider_id: str) -> Fields | None:
        answer = self._call("GetState", {"PaymentId": provider_id})
        if not answer.flag("Success") and not _tells_of_itself(answer):
            if answer.code("ErrorCode") in words.NOT_FOUND:
                return None
            _refuse(answer)
        if answer.code("PaymentId") != provider_id:
            answers.unclear("another payment than was asked for")
        return answer

    def _payment(self, answer: Fields, number: str) -> SeenPayment:
        status = answer.text("Status")
        state = words.STATES.get(status)
        if state is None:
            answers.unclear("a state nobody told us of")
        amount = answer.kopecks("Amount")
        reason = None
        if state is Seen.CANCELED:
            code = answer.code("ErrorCode", words.NO_ERROR)
            by_code = words.REASONS.get(code, Reason.GENERAL_DECLINE)
            reason = words.STATE_REASONS.get(status, by_code)
        return SeenPayment(
            provider_id=answer.id("PaymentId"),
            order=number,
            state=state,
            amount=amount,
            currency="RUB",
            refunded=amount if status == "REFUNDED" else Money(0),
            is_rest=status in words.REFUND_STATES,
            is_returning=words.REFUND_STATES.get(status) is Seen.PENDING,
            reason=reason,
            is_test=self._shop.login.endswith("DEMO"),
        )

    def _call(
        self, path: str, body: Mapping[str, object], until: float | None = None
    ) -> Fields:
        sent = {"TerminalKey": self._shop.login, **body}
        sent["Token"] = token(sent, self._shop.password)
        answer = self._transport.post_json(path, sent, until=until)
        fields = answers.read(answer.body)
        if answer.is_refusal and fields.flag("Success", default=False):
            answers.unclear("done and refused at once")
        return fields

    def _receipt(self, receipt: FiscalReceipt, amount: Money) -> dict[str, object]:
        if Money.total(item.amount for item in receipt.items) != amount:
            raise ValueError("the items do not add up to the payment")
        return {
            "Email": receipt.email,
            "Taxation": words.TAXATIONS[receipt.tax_system or 1],
            "Items": [
                {
                    "Name": item.description[:128],
                    "Price": item.amount.kopecks,
                    "Quantity": 1,
                    "Amount": item.amount.kopecks,
                    "PaymentMethod": item.mode,
                    "PaymentObject": item.subject,
                    "Tax": self._shop.provider_vat or words.TAXES[item.vat_code],
                }
                for item in receipt.items
            ],
        }


def _tells_of_itself(answer: Fields) -> bool:
    return answer.text("Status", "") in words.FAILED and "PaymentId" in answer


def _done(answer: Fields) -> None:
    """Raise unless the call was done, and nothing in the answer speaks against it."""
    if not answer.flag("Success"):
        _refuse(answer)
    if answer.code("ErrorCode", words.NO_ERROR) != words.NO_ERROR:
        answers.unclear("done and refused at once")


def _refuse(answer: Fields) -> NoReturn:
    code = answer.code("ErrorCode")
    if code in words.AGAIN:
        answers.unclear("not now")
    told = f"{answer.text('Message', '')} {answer.text('Details', '')}".strip()
    raise RefusedError(code, told, words.REASONS.get(code))
