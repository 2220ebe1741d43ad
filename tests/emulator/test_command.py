"""The process: one line, a clean stop, nothing lost by kill -9, never in production."""

import os
import secrets
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from tests.emulator.running import free_port
from tests.emulator.test_yookassa import PLAIN, create, read, refund

COMMAND = [str(Path(sys.executable).parent / "cabinet"), "emulator"]


def test_it_says_one_line_and_stops_cleanly(own_bank):
    create(own_bank)
    code, rest = own_bank.stop()
    assert (code, rest) == (0, "")
    own_bank.start()


def test_production_refuses_it(tmp_path):
    done = subprocess.run(
        [*COMMAND, "--port", str(free_port())],
        env={
            **os.environ,
            "CABINET_MODE": "production",
            "CABINET_HOME": str(tmp_path),
            "CABINET_SECRET_KEY": secrets.token_hex(40),
            "CABINET_PUBLIC_URL": "https://portal.example",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "not for production" in done.stderr
    assert not (tmp_path / "emulator.sqlite3").exists()


def test_a_kill_between_calls_loses_nothing(own_bank, shop):
    key = str(uuid.uuid4())
    made = create(own_bank, shop, key=key)
    own_bank.kill()
    own_bank.start()
    assert create(own_bank, shop, key=key) == made
    shop.replies += [(500, b"")] * 3
    own_bank.pay(made["id"], PLAIN)
    own_bank.kill()
    own_bank.start()
    assert read(own_bank, made)["status"] == "succeeded"
    own_bank.control("state")
    back = refund(own_bank, made, "1.00", "r1").json
    own_bank.kill()
    own_bank.start()
    assert refund(own_bank, made, "1.00", "r1").json == back
    assert read(own_bank, made)["refunded_amount"]["value"] == "1.00"
    told = shop.wait(5)
    events = [one.json["event"] for one in told]
    assert {"payment.succeeded", "refund.succeeded"} == set(events)


def test_a_fault_and_a_late_success_outlive_a_kill(own_bank):
    made = create(own_bank)
    own_bank.plant(provider="yookassa", kind="success-after-cancel", seconds=1)
    own_bank.plant(provider="yookassa", call="list", kind="500-before")
    own_bank.control(f"pay/{made['id']}", {"leave": True})
    own_bank.kill()
    own_bank.start()
    assert own_bank.yookassa("payments").status == 500
    assert own_bank.yookassa("payments").status == 200
    for _ in range(200):
        if read(own_bank, made)["status"] == "succeeded":
            break
        threading.Event().wait(0.05)
    assert read(own_bank, made)["status"] == "succeeded"


@pytest.mark.slow
def test_what_was_answered_outlives_kills_at_any_moment(own_bank):
    answered = {}
    stop = threading.Event()

    def pay():
        while not stop.is_set():
            key = str(uuid.uuid4())
            try:
                made = create(own_bank, key=key)
                answered[key] = made
                own_bank.pay(made["id"], PLAIN)
                answered[key] = {**made, "paid": True}
            except (OSError, AssertionError, ValueError):
                continue
            except Exception as error:
                if type(error).__module__ not in {"http.client", "json.decoder"}:
                    raise

    threads = [threading.Thread(target=pay) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(8):
            stop.wait(0.2 + secrets.randbelow(400) / 1000)
            own_bank.kill()
            own_bank.start()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(answered) >= 20
    rows = {row["id"]: row for row in own_bank.state()["payments"]}
    for made in answered.values():
        row = rows[made["id"]]
        if made["paid"]:
            assert (row["state"], row["captured"]) == ("succeeded", 31240)
        else:
            assert row["state"] in {"pending", "succeeded"}
