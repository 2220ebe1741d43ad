"""Each planted fault does its harm once, and what it leaves behind is known."""

import http.client
import json
import socket
import time
import urllib.error
import uuid

import pytest

from cabinet.emulator.cards import BY_NUMBER, CARDS
from cabinet.emulator.faults import KINDS
from tests.emulator.running import TOKEN, fetch, until
from tests.emulator.test_sberbank import register, status
from tests.emulator.test_tbank import init, state
from tests.emulator.test_yookassa import PLAIN, create, read, refund, wanted

DONE = {
    "500-before": False,
    "500-after": True,
    "502-html": False,
    "timeout-before": False,
    "timeout-after": True,
    "reset-before": False,
    "reset-after": True,
    "slow-loris": True,
    "broken-json": True,
    "truncated": True,
    "empty": True,
    "429": False,
    "huge": True,
}


#: What acquirers have been seen to do, and the bank does on demand.
NAMES = {
    "500-before",
    "500-after",
    "502-html",
    "429",
    "timeout-before",
    "timeout-after",
    "reset",
    "reset-before",
    "reset-after",
    "slow-loris",
    "broken-json",
    "truncated",
    "empty",
    "huge",
    "wrong-amount",
    "wrong-currency",
    "unknown-state",
    "notice-first",
    "no-notice",
    "late-notice",
    "duplicate-notice",
    "reordered-notice",
    "success-after-cancel",
}


def test_there_are_twenty_faults_and_more_by_name():
    assert set(KINDS) == NAMES
    assert len(KINDS) == len(NAMES) >= 20


def card(deed):
    return next(one.number for one in CARDS if one.deed == deed)


def harmed(bank, kind, **fault):
    """Create a payment under a fault; return what came and whether it was made."""
    key = str(uuid.uuid4())
    order = uuid.uuid4().hex
    bank.plant(provider="yookassa", call="start", kind=kind, **fault)
    body = wanted(metadata={"order": order})
    try:
        came = bank.yookassa("payments", body, key)
    except (OSError, urllib.error.URLError, http.client.HTTPException) as error:
        came = error
    made = [
        row
        for row in bank.state()["payments"]
        if json.loads(row["more"]).get("metadata") == {"order": order}
    ]
    return came, len(made), (body, key)


@pytest.mark.parametrize("kind", DONE)
def test_a_fault_of_a_call_does_its_harm_once(bank, kind):
    came, count, again = harmed(bank, kind)
    assert count == DONE[kind]
    if kind.startswith("reset"):
        assert isinstance(came, OSError)
    elif kind in {"broken-json", "truncated", "empty"}:
        assert came.status == 200
        with pytest.raises(json.JSONDecodeError):
            came.json  # noqa: B018 - reading is the act
    elif kind in {"slow-loris", "huge"}:
        assert came.json["status"] == "pending"
    else:
        statuses = {"502-html": 502, "429": 429}
        timeouts = {"timeout-before": 504, "timeout-after": 504}
        assert came.status == (statuses | timeouts).get(kind, 500)
    repeated = bank.yookassa("payments", *again)
    assert repeated.status == 200
    rows = bank.state()["payments"]
    order = again[0]["metadata"]
    same = [row for row in rows if json.loads(row["more"]).get("metadata") == order]
    assert [row["id"] for row in same] == [repeated.json["id"]]


def test_a_call_that_hangs_lasts_as_long_as_it_was_told(bank):
    started = time.monotonic()
    harmed(bank, "timeout-before")
    assert 2 <= time.monotonic() - started < 8


def test_a_slow_answer_drips(bank):
    bank.plant(provider="tbank", call="start", kind="slow-loris")
    started = time.monotonic()
    _, made = init(bank)
    assert made["Success"] is True
    assert time.monotonic() - started >= 2


def test_a_seed_decides_what_a_reset_leaves(bank):
    def left(seed):
        counts = []
        for _ in range(6):
            came, count, _ = harmed(bank, "reset", seed=seed)
            assert isinstance(came, OSError)
            counts.append(count)
        return counts

    by_seed = {seed: left(seed)[0] for seed in range(8)}
    assert set(by_seed.values()) == {0, 1}
    for seed in (0, 5):
        assert left(seed)[0] == by_seed[seed]


def test_a_fault_waits_for_its_own_call_and_provider(bank):
    bank.plant(provider="tbank", call="ask", kind="500-before", times=2)
    made = create(bank)
    assert read(bank, made)["status"] == "pending"
    _, other = init(bank)
    for _ in range(2):
        with pytest.raises(AssertionError):
            state(bank, other)
    assert state(bank, other)["Status"] == "NEW"


def test_a_lie_is_told_once(bank):
    made = create(bank)
    lies = {
        "wrong-amount": ("amount", {"value": "312.39", "currency": "RUB"}),
        "wrong-currency": ("amount", {"value": "312.40", "currency": "KZT"}),
    }
    for kind, (name, value) in lies.items():
        bank.plant(provider="yookassa", kind=kind)
        assert read(bank, made)[name] == value
        assert read(bank, made) == made
    bank.plant(kind="unknown-status")
    known = {"pending", "waiting_for_capture", "succeeded", "canceled"}
    assert read(bank, made)["status"] not in known
    _, other = register(bank)
    bank.plant(provider="sberbank", kind="wrong-currency")
    assert status(bank, other)["currency"] != "643"
    bank.plant(provider="sberbank", kind="unknown-state")
    assert status(bank, other)["orderStatus"] not in range(7)


def test_a_notice_may_come_before_the_answer(bank, shop):
    bank.plant(provider="yookassa", kind="notice-first")
    made = create(bank, shop)
    assert len(shop.told) == 1
    assert shop.told[0].json["object"]["id"] == made["id"]
    assert made["status"] == "pending"
    assert read(bank, made)["status"] == "succeeded"


def test_a_notice_may_be_doubled_tenfold(bank, shop):
    bank.plant(provider="yookassa", kind="duplicate-notice")
    bank.pay(create(bank, shop)["id"], PLAIN)
    assert len({one.body for one in shop.wait(10)}) == 1
    assert shop.quiet()


def test_notices_may_come_in_the_wrong_order(bank, shop):
    bank.plant(provider="yookassa", kind="reordered-notice")
    bank.pay(create(bank, shop)["id"], PLAIN)
    told = [one.json for one in shop.wait(2)]
    assert [one["event"] for one in told] == [
        "payment.succeeded",
        "payment.waiting_for_capture",
    ]
    assert told[1]["object"]["status"] == "waiting_for_capture"


def test_a_notice_may_never_come(bank, shop):
    bank.plant(provider="yookassa", kind="no-notice")
    made = create(bank, shop)
    bank.pay(made["id"], PLAIN)
    assert shop.quiet()
    assert shop.told == []
    assert read(bank, made)["status"] == "succeeded"


def test_a_notice_may_come_late(bank, shop):
    bank.plant(provider="yookassa", kind="late-notice", seconds=2)
    started = time.monotonic()
    bank.pay(create(bank, shop)["id"], PLAIN)
    told = shop.wait(1)[0]
    assert told.at - started >= 2


def test_a_refused_payment_may_succeed_later(bank, shop):
    bank.plant(provider="yookassa", kind="success-after-cancel", seconds=1)
    made = create(bank, shop)
    assert (
        bank.control(f"pay/{made['id']}", {"leave": True}).json["state"] == "canceled"
    )
    assert read(bank, made)["status"] == "canceled"
    until(lambda: read(bank, made)["status"] == "succeeded")
    events = [one.json["event"] for one in shop.wait(2)]
    assert events == ["payment.canceled", "payment.succeeded"]


def test_a_fault_nobody_knows_is_not_planted(bank):
    for fault in (
        {"kind": "flood"},
        {"kind": "429", "provider": "nobody"},
        {"kind": "429", "times": "two"},
        {"kind": "429", "colour": "red"},
    ):
        assert bank.control("faults", fault).status == 422
    assert {"unknown-state", "success-after-cancel", *DONE} <= set(KINDS)


@pytest.mark.parametrize(
    ("deed", "count"), [("tells_ten_times", 10), ("tells_backwards", 2), ("pays", 1)]
)
def test_a_card_decides_how_often_is_told(bank, shop, deed, count):
    made = create(bank, shop)
    bank.pay(made["id"], card(deed))
    assert len(shop.wait(count)) == count
    assert shop.quiet()
    assert read(bank, made)["status"] == "succeeded"


def test_a_card_may_tell_nothing(bank, shop):
    made = create(bank, shop)
    bank.pay(made["id"], card("tells_nothing"))
    assert shop.quiet()
    assert shop.told == []
    assert read(bank, made)["status"] == "succeeded"


def test_a_card_makes_the_next_notice_come_first(bank, shop):
    bank.pay(create(bank, shop)["id"], card("tells_first"))
    shop.wait(1)
    made = create(bank, shop)
    assert shop.told[1].json["object"]["id"] == made["id"]


def test_cards_make_the_bank_lie(bank):
    lies = {
        "wrong_amount": lambda seen: seen["amount"]["value"] == "312.39",
        "wrong_currency": lambda seen: seen["amount"]["currency"] == "KZT",
        "unknown_state": lambda seen: seen["status"] == "on_the_moon",
    }
    for deed, is_told in lies.items():
        made = create(bank)
        bank.pay(made["id"], card(deed))
        assert is_told(read(bank, made)), deed


def test_a_card_spoils_no_list(bank):
    made = create(bank)
    bank.pay(made["id"], card("wrong_amount"))
    other = create(bank)
    bank.pay(other["id"], card("reads_broken"))
    third = create(bank)
    listed = bank.yookassa("payments?limit=3").json["items"]
    assert [one["id"] for one in listed] == [third["id"], other["id"], made["id"]]
    values = [one["amount"]["value"] for one in listed]
    assert values == ["312.40", "312.40", "312.39"]


def test_cards_make_questions_fail(bank):
    for deed, expected in (("reads_500", 500), ("reads_hang", 504)):
        made = create(bank)
        bank.pay(made["id"], card(deed))
        assert bank.yookassa(f"payments/{made['id']}").status == expected
    made = create(bank)
    bank.pay(made["id"], card("reads_broken"))
    with pytest.raises(json.JSONDecodeError):
        bank.yookassa(f"payments/{made['id']}").json  # noqa: B018 - reading is the act


def test_the_tests_addresses_need_the_token(bank):
    assert bank.control("state", token="wrong").status == 403
    assert bank.control("faults", {"kind": "429"}, token="").status == 403
    assert fetch(f"{bank.url}/emulator/state").status == 403
    assert bank.control("pay/none", {"card": PLAIN}).status == 404
    assert TOKEN not in fetch(f"{bank.url}/healthz").text


def test_the_state_tells_every_moment(bank, shop):
    shop.replies += [(500, b"")]
    made = create(bank, shop)
    bank.pay(made["id"], PLAIN)
    refund(bank, made, "1.00")
    shop.wait(3)
    found = until(
        lambda: (
            [
                one
                for one in bank.state()["notices"]
                if one["deal"] == made["id"] and one["taken_at"]
            ][1:]
            and bank.state()
        )
    )
    events = [one["name"] for one in found["events"] if one["deal"] == made["id"]]
    assert events[:2] == ["created", "succeeded"]
    assert events[2].startswith("refund:")
    notices = [one for one in found["notices"] if one["deal"] == made["id"]]
    outcomes = sorted([try_["outcome"] for try_ in one["attempts"]] for one in notices)
    assert outcomes == [["200"], ["500", "200"]]
    row = next(one for one in found["payments"] if one["id"] == made["id"])
    assert (row["state"], row["captured"], row["refunded"]) == ("succeeded", 31240, 100)
    assert PLAIN not in json.dumps(found)


def test_a_shops_setting_says_where_notices_go(bank, shop):
    made = create(bank)
    assert made["status"] == "pending"
    setting = {"shop": "kursk", "notice_url": f"{shop.url}/elsewhere"}
    assert bank.control("shops", setting).status == 200
    try:
        bank.pay(create(bank)["id"], PLAIN)
        assert shop.wait(1)[0].path == "/elsewhere"
    finally:
        bank.control("shops", {"shop": "kursk", "notice_url": ""})


def test_a_shop_that_hangs_holds_up_no_other(bank, shop):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        for _ in range(3):
            _, made = init(bank, NotificationURL=url)
            bank.pay(made["PaymentId"], PLAIN)
        started = time.monotonic()
        bank.pay(create(bank, shop)["id"], PLAIN)
        shop.wait(1)
        assert time.monotonic() - started < 3


def test_every_card_is_right_and_says_what_it_does():
    assert len(BY_NUMBER) == len(CARDS)
    for one in CARDS:
        digits = [int(c) for c in reversed(one.number)]
        doubled = [sum(divmod(2 * d, 10)) for d in digits[1::2]]
        assert (sum(digits[::2]) + sum(doubled)) % 10 == 0
        assert len(one.number) == 16
        assert one.words
    assert len({one.words for one in CARDS}) == len(CARDS)
