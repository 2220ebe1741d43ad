"""Two servers on one database: what customers press at once, and notices at once."""

import http.client
import json
import logging
import math
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from cabinet.emulator.shops import MERCHANTS
from cabinet.gateways.tbank.token import token
from cabinet.models import Notice, Payment, PaymentAttempt
from tests import paying
from tests.ports import free_port

log = logging.getLogger(__name__)

PRESSES = 4
SENDERS = 4
NOTICES = 200
#: A bank waits for the answer to its notice no longer, in seconds.
AT_MOST = 0.2


def press(origin, cookie, form):
    """Send a form; return where it leads."""
    with httpx.Client(
        base_url=origin, cookies={"sid": cookie}, timeout=20, trust_env=False
    ) as browser:
        answer = browser.post("/pay", data=form)
    return answer.status_code, answer.headers.get("Location", "")


@pytest.mark.parametrize("is_one_form", [True, False], ids=["one form", "tabs"])
def test_two_servers_and_one_wish_are_one_payment(town, is_one_form):
    made, cookies = town(6)
    second = free_port()
    statuses = Counter()
    with made:
        made.start("second", paying.portal, made.settings, second, made.plan)
        origins = [made.origin, f"http://127.0.0.1:{second}"]
        made.await_(origins[1])
        for cookie in cookies:
            forms = [made.form(cookie) for _ in range(1 if is_one_form else PRESSES)]
            barrier = threading.Barrier(PRESSES)

            def together(number, cookie=cookie, forms=forms, barrier=barrier):
                barrier.wait(20)
                form = forms[number % len(forms)]
                return press(origins[number % 2], cookie, form)

            with ThreadPoolExecutor(PRESSES) as pool:
                answers = list(pool.map(together, range(PRESSES)))
            statuses.update(status for status, _ in answers)
        deals = made.state()["payments"]
    assert statuses == {303: PRESSES * len(cookies)}
    assert Payment.select().count() == len(cookies)
    assert Counter(one.user_id for one in Payment.select()).most_common(1)[0][1] == 1
    assert PaymentAttempt.select().count() == len(cookies)
    known = {one.provider_id for one in Payment.select()}
    assert {deal["id"] for deal in deals} == known
    assert len(deals) == len(cookies)


@pytest.mark.long
def test_a_notice_is_kept_and_answered_within_two_hundred_milliseconds(town):
    """Over HTTP, from several senders at once, with the worker at its work."""
    made, _ = town(3)
    shop = next(one for one in MERCHANTS if one.provider == "tbank")

    def send(number):
        values = {
            "TerminalKey": shop.login,
            "OrderId": f"{number}-nobodys-1",
            "Success": True,
            "Status": "CONFIRMED",
            "PaymentId": str(10_000_000 + number),
            "ErrorCode": "0",
            "Amount": 31240,
        }
        values["Token"] = token(values, shop.password)
        body = json.dumps(values).encode()
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", made.port, timeout=10)
        connection.request("POST", f"/webhooks/{shop.name}", body)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"OK")
        connection.close()
        return time.perf_counter() - began

    with made, ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, range(-2 * SENDERS, 0)))
        seconds = sorted(pool.map(send, range(NOTICES)))
    most = seconds[math.ceil(NOTICES * 0.99) - 1]
    log.info(  # with --log-cli-level=info
        "p50 %.0f ms, p99 %.0f ms, worst %.0f ms",
        *(1000 * one for one in (seconds[NOTICES // 2], most, seconds[-1])),
    )
    assert Notice.select().count() == NOTICES + 2 * SENDERS
    assert most < AT_MOST
