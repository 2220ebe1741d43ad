"""YooKassa's own library pays at the practice bank: right, not only agreeing with us."""

import json
import subprocess
import sys

from tests.emulator.running import TOKEN, YOOKASSA
from tests.emulator.test_yookassa import PLAIN

#: Its settings are those of the whole process, so it gets one of its own.
SCRIPT = """
import json, sys, urllib.request, warnings
warnings.simplefilter("ignore")
from yookassa import Configuration, Payment, Refund
from yookassa.domain.exceptions import BadRequestError, NotFoundError, UnauthorizedError
from yookassa.domain.notification import WebhookNotificationFactory

url, login, password, card, token = sys.argv[1:]
Configuration.configure(login, password, api_url=url + "/yookassa/v3")
sum_ = {"value": "312.40", "currency": "RUB"}
body = {
    "amount": sum_, "capture": True, "description": "Электроэнергия",
    "confirmation": {"type": "redirect", "return_url": "http://127.0.0.1:9/back"},
    "metadata": {"order": "41"},
    "receipt": {"customer": {"email": "a@example.org"}, "items": [{
        "description": "Электроэнергия", "quantity": "1.00", "amount": sum_,
        "vat_code": 11, "payment_subject": "service", "payment_mode": "full_payment"}]},
}
made = Payment.create(body, "key-of-the-library")
again = Payment.create(body, "key-of-the-library")
asked = urllib.request.Request(
    url + "/emulator/pay/" + made.id, json.dumps({"card": card}).encode(),
    {"X-Emulator-Token": token, "Content-Type": "application/json"})
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked).close()
paid = Payment.find_one(made.id)
back = Refund.create({"payment_id": made.id, "amount": {"value": "100.00", "currency": "RUB"}}, "r1")
found = Refund.find_one(back.id)
left = Payment.find_one(made.id)
listed = Payment.list({"limit": 1, "created_at.gte": made.created_at})
held = Payment.create({**body, "capture": False}, "k2")
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(urllib.request.Request(
    url + "/emulator/pay/" + held.id, json.dumps({"card": card}).encode(),
    {"X-Emulator-Token": token, "Content-Type": "application/json"})).close()
waiting = Payment.find_one(held.id)
captured = Payment.capture(held.id, {"amount": sum_}, "k3")
third = Payment.create({**body, "capture": False}, "k4")
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(urllib.request.Request(
    url + "/emulator/pay/" + third.id, json.dumps({"card": card}).encode(),
    {"X-Emulator-Token": token, "Content-Type": "application/json"})).close()
canceled = Payment.cancel(third.id, "k5")
notice = WebhookNotificationFactory().create(
    {"type": "notification", "event": "payment.succeeded", "object": json.loads(paid.json())})

def raised(act):
    try:
        act()
    except Exception as error:
        return type(error).__name__
    return ""

print(json.dumps({
    "status": made.status, "test": made.test, "same": made.id == again.id,
    "page": made.confirmation.confirmation_url, "registration": made.receipt_registration,
    "paid": [paid.status, paid.paid, str(paid.amount.value), paid.refundable,
             paid.metadata["order"], paid.payment_method.type, paid.payment_method.card.last4,
             paid.recipient.account_id, str(paid.income_amount.value) < "312.40"],
    "refund": [back.status, str(back.amount.value), back.payment_id == made.id, found.id == back.id],
    "refunded": str(left.refunded_amount.value),
    "refunds": [one.id == back.id for one in Refund.list({"payment_id": made.id}).items],
    "listed": [one.id == made.id for one in listed.items], "type": listed.type,
    "waiting": waiting.status, "captured": captured.status,
    "canceled": [canceled.status, canceled.cancellation_details.party, canceled.cancellation_details.reason],
    "notice": [notice.event, notice.object.id == made.id],
    "errors": [
        raised(lambda: Payment.create({**body, "amount": {"value": "1.00", "currency": "RUB"}}, "key-of-the-library")),
        raised(lambda: Payment.find_one("none")),
        raised(lambda: Refund.create({"payment_id": made.id, "amount": sum_}, "r2")),
        raised(lambda: (Configuration.configure(login, "wrong", api_url=url + "/yookassa/v3"), Payment.find_one(made.id))),
    ],
}))
"""


def test_the_official_library_pays_reads_refunds_and_lists(own_bank):
    card = PLAIN
    known = (own_bank.url, YOOKASSA.login, YOOKASSA.password, card, TOKEN)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *known],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("page").startswith(f"{own_bank.url}/pay/")
    assert told == {
        "status": "pending",
        "test": True,
        "same": True,
        "registration": "pending",
        "paid": [
            "succeeded",
            True,
            "312.40",
            True,
            "41",
            "bank_card",
            card[-4:],
            YOOKASSA.login,
            True,
        ],
        "refund": ["succeeded", "100.00", True, True],
        "refunded": "100.00",
        "refunds": [True],
        "listed": [True],
        "type": "list",
        "waiting": "waiting_for_capture",
        "captured": "succeeded",
        "canceled": ["canceled", "merchant", "canceled_by_merchant"],
        "notice": ["payment.succeeded", True],
        "errors": [
            "BadRequestError",
            "NotFoundError",
            "BadRequestError",
            "UnauthorizedError",
        ],
    }
