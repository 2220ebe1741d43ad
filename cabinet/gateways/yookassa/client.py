"""YooKassa, API v3: money in roubles as texts, calls repeated by their key.

Source: https://yookassa.ru/developers/api. Notices are not signed: their address is
compared with YooKassa's networks, and nothing moves by what they say.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import IPv4Address, IPv6Address
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.config.acquirers import Shop
from cabinet.domain.money import Money
from cabinet.domain.payments.seen import (
    FiscalState,
    ListedRefund,
    Reason,
    Seen,
    SeenPayment,
    SeenRefund,
)
from cabinet.gateways import answers
from cabinet.gateways.answers import ID, Fields, WrongShapeError
from cabinet.gateways.base import (
    FiscalReceipt,
    Notice,
    NotOursError,
    Order,
    RefundOrder,
    RefusedError,
    Started,
)
from cabinet.gateways.http import Answer, Transport
from cabinet.gateways.yookassa import words

MOSCOW = ZoneInfo("Europe/Moscow")
NOT_FOUND = 404
PAGE = 100

#: Two hundred thousand payments a day; a list without an end is not read for ever.
MOST_PAGES = 2000

#: How a refund of ours ends: the account whose share it is, and how its key begins.
KEY_SIGNS = 12
MARK = re.compile(r"\((?:(?P<account>[^,()]{1,24}), )?(?P<key>[0-9a-f]{12})\)$")

#: YooKassa cancels what is not paid within an hour; it is not told another span.
PAGE_LASTS = timedelta(hours=1)


class YooKassa:
    """A shop at YooKassa."""

    repeats_by_key = True
    page_lasts = PAGE_LASTS
    notice_answer = ""
    lists_refunds = True
    number_signs = 0

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._auth = (shop.login, shop.password)
        self._transport = Transport(shop)

    def start(self, order: Order) -> Started:
        """Create a payment that is captured at once and confirmed on a page."""
        body: dict[str, object] = {
            "amount": _amount(order.amount),
            "capture": True,
            "confirmation": {"type": "redirect", "return_url": order.return_url},
            "description": order.description[:128],
            "metadata": {**order.metadata, "order": order.number},
            "payment_method_data": {"type": words.METHODS[order.method]},
        }
        if order.receipt is not None and self._shop.receipts:
            body["receipt"] = _receipt(order.receipt, order.amount)
        made = self._post("payments", body, order.key)
        seen = _payment(made)
        if (seen.amount, seen.currency) != (order.amount, "RUB"):
            answers.unclear("another sum than was sent")
        if seen.state is Seen.CANCELED:
            details = made.inner("cancellation_details")
            code = details.text("reason", "canceled")
            raise RefusedError(code, reason=seen.reason)
        url = made.inner("confirmation").text("confirmation_url", "")
        if seen.state is Seen.PENDING and not url:
            answers.unclear("no address of the page")
        return Started(provider_id=seen.provider_id, pay_url=url)

    def ask(self, provider_id: str) -> SeenPayment | None:
        """Return the payment as YooKassa has it."""
        found = self._get(f"payments/{_id(provider_id)}")
        if found is None:
            return None
        seen = _payment(found)
        if seen.provider_id != provider_id:
            answers.unclear("another payment than was asked for")
        return seen

    def find(self, number: str, sent_at: datetime | None = None) -> SeenPayment | None:
        """Return the payment by our number, which stands in its metadata.

        There is no such search: the payments of a day are looked through, from an hour
        before `sent_at`; without it all of them, the newest first.
        """
        query = {}
        if sent_at is not None:
            first = sent_at - timedelta(hours=1)
            query = _between(first, first + timedelta(days=1))
        for one in self._list("payments", query):
            if one.inner("metadata").code("order", "") == number:
                return _payment(one)
        return None

    def refund(self, order: RefundOrder) -> SeenRefund:
        """Give back a part or the whole."""
        body: dict[str, object] = {
            "payment_id": order.provider_id,
            "amount": _amount(order.amount),
            "description": _description(order),
        }
        if order.receipt is not None and self._shop.receipts:
            body["receipt"] = _receipt(order.receipt, order.amount)
        return _refund(self._post("refunds", body, order.key), order)

    def ask_refund(self, order: RefundOrder, refund_id: str) -> SeenRefund | None:
        """Return the refund; without its id the payment's are looked through."""
        if refund_id:
            found = self._get(f"refunds/{_id(refund_id)}")
            return None if found is None else _refund(found, order)
        refunds = self._list("refunds", {"payment_id": _id(order.provider_id)})
        key = order.key.hex[:KEY_SIGNS]
        ours = [one for one in refunds if _mark(one)["key"] == key]
        return _refund(ours[0], order) if ours else None

    def register(self, day: date) -> Iterator[SeenPayment]:
        """Return the payments created on the day of Moscow."""
        starts = datetime.combine(day, time(), MOSCOW)
        ends = datetime.combine(day + timedelta(days=1), time(), MOSCOW)
        return map(_payment, self._list("payments", _between(starts, ends)))

    def refunds(self, since: datetime) -> Iterator[ListedRefund]:
        """Return the refunds made since the moment that have succeeded."""
        asked = {"created_at.gte": _moment(since), "status": "succeeded"}
        return map(_listed, self._list("refunds", asked))

    def read_notice(
        self,
        body: bytes,
        _headers: Mapping[str, str],
        _query: Mapping[str, str],
        address: IPv4Address | IPv6Address | None,
    ) -> Notice:
        """Return what the notice is about; proved by its address alone."""
        self._check(address)
        values = answers.load(body)
        if values.get("type") != "notification":
            raise WrongShapeError("not a notification")
        event, told = values.get("event"), values.get("object")
        if not isinstance(event, str) or not isinstance(told, dict):
            raise WrongShapeError("no event or no object")
        is_refund = event.startswith("refund.")
        provider_id = told.get("payment_id" if is_refund else "id")
        if not isinstance(provider_id, str) or ID.fullmatch(provider_id) is None:
            raise WrongShapeError("no id of a payment")
        metadata = told.get("metadata")
        order = metadata.get("order") if isinstance(metadata, dict) else None
        return Notice(
            provider_id=provider_id,
            order=order if isinstance(order, str) else "",
            event=event,
        )

    def _check(self, address: IPv4Address | IPv6Address | None) -> None:
        if not self._shop.networks:
            return
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if address is None or not any(address in one for one in self._shop.networks):
            raise NotOursError("not from the provider's networks")

    def _post(self, path: str, body: Mapping[str, object], key: UUID) -> Fields:
        answer = self._transport.post_json(
            path, body, headers={"Idempotence-Key": str(key)}, auth=self._auth
        )
        return _read(answer)

    def _get(self, path: str) -> Fields | None:
        answer = self._transport.get(path, auth=self._auth)
        if answer.status == NOT_FOUND:
            answers.read(answer.body).text("code")
            return None
        return _read(answer)

    def _list(self, path: str, query: Mapping[str, str]) -> Iterator[Fields]:
        asked = {**query, "limit": str(PAGE)}
        for _ in range(MOST_PAGES):
            answer = self._transport.get(path, query=asked, auth=self._auth)
            page = _read(answer)
            if page.text("type") != "list":
                answers.unclear("not a list")
            yield from page.rows("items")
            cursor = page.text("next_cursor", "")
            if not cursor:
                return
            if cursor == asked.get("cursor"):
                break
            asked["cursor"] = cursor
        answers.unclear("a list without an end")


def _read(answer: Answer) -> Fields:
    fields = answers.read(answer.body)
    if answer.is_refusal:
        code = fields.text("code")
        raise RefusedError(code, fields.text("description", ""))
    return fields


def _payment(fields: Fields) -> SeenPayment:
    state = words.STATES.get(fields.text("status"))
    if state is None:
        answers.unclear("a state nobody told us of")
    reason = None
    if state is Seen.CANCELED:
        told = fields.inner("cancellation_details").text("reason", "")
        reason = words.REASONS.get(told, Reason.UNKNOWN)
    amount = fields.inner("amount")
    refunded = fields.inner("refunded_amount")
    fiscal = fields.text("receipt_registration", "")
    if fiscal and fiscal not in words.FISCAL_STATES:
        answers.unclear("a state of the receipt nobody told us of")
    return SeenPayment(
        provider_id=fields.id("id"),
        order=fields.inner("metadata").code("order", ""),
        accounts=fields.inner("metadata").text("accounts", ""),
        sent=fields.inner("metadata").texts(),
        state=state,
        amount=amount.roubles("value"),
        currency=amount.text("currency"),
        refunded=refunded.roubles("value") if "value" in refunded else Money(0),
        reason=reason,
        fiscal=words.FISCAL_STATES.get(fiscal, FiscalState.NONE),
        is_test=fields.flag("test", default=False),
        paid_at=fields.moment("captured_at"),
    )


def _refund(fields: Fields, order: RefundOrder) -> SeenRefund:
    state = words.REFUND_STATES.get(fields.text("status"))
    if state is None:
        answers.unclear("a state nobody told us of")
    amount = fields.inner("amount")
    if amount.text("currency") != "RUB" or amount.roubles("value") != order.amount:
        answers.unclear("another sum than was sent")
    if fields.text("payment_id") != order.provider_id:
        answers.unclear("a refund of another payment")
    return SeenRefund(provider_id=fields.id("id"), state=state, amount=order.amount)


def _amount(amount: Money) -> dict[str, str]:
    return {"value": f"{amount.roubles:.2f}", "currency": "RUB"}


def _receipt(receipt: FiscalReceipt, amount: Money) -> dict[str, object]:
    if Money.total(item.amount for item in receipt.items) != amount:
        raise ValueError("the items do not add up to the payment")
    made: dict[str, object] = {
        "customer": {"email": receipt.email},
        "items": [
            {
                "description": item.description[:128],
                "quantity": "1.00",
                "amount": _amount(item.amount),
                "vat_code": item.vat_code,
                "payment_subject": item.subject,
                "payment_mode": item.mode,
            }
            for item in receipt.items
        ],
    }
    if receipt.tax_system is not None:
        made["tax_system_code"] = receipt.tax_system
    return made


def _listed(fields: Fields) -> ListedRefund:
    if fields.text("status") != "succeeded":
        answers.unclear("another state than was asked for")
    amount = fields.inner("amount")
    if amount.text("currency") != "RUB":
        answers.unclear("another currency")
    mark = _mark(fields)
    return ListedRefund(
        provider_id=fields.id("id"),
        payment_id=fields.id("payment_id"),
        amount=amount.roubles("value"),
        key=mark["key"],
        account=mark["account"],
    )


def _description(order: RefundOrder) -> str:
    """Return the reason with a mark by which the refund is found again, and whose it is."""
    account = f"{order.account}, " if order.account else ""
    return f"{order.reason[:200]} ({account}{order.key.hex[:KEY_SIGNS]})"


def _mark(fields: Fields) -> dict[str, str]:
    """Return the account and the key of a refund of ours, both empty of any other."""
    found = MARK.search(fields.text("description", ""))
    told = found.groupdict() if found is not None else {}
    return {"account": told.get("account") or "", "key": told.get("key") or ""}


def _between(starts: datetime, ends: datetime) -> dict[str, str]:
    return {"created_at.gte": _moment(starts), "created_at.lt": _moment(ends)}


def _moment(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _id(text: str) -> str:
    if ID.fullmatch(text) is None:
        raise RefusedError("not_found", "not an id of the provider's")
    return text
