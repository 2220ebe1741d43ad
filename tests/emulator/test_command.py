"""The process: one line, a clean stop, nothing lost by kill -9, never in production."""

import contextlib
import http.client
import os
import secrets
import subprocess
import sys
import threading
import uuid
from configparser import ConfigParser
from pathlib import Path

import pytest

from cabinet.cli.context import open_installation
from tests.emulator.test_yookassa import PLAIN, create, read, refund
from tests.ports import free_port

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


def _pay_until(stop, bank, answered):
    """Pay, and note what was answered, through every breakdown of the bank."""
    broken = (OSError, AssertionError, ValueError, http.client.HTTPException)
    while not stop.is_set():
        with contextlib.suppress(*broken):
            made = create(bank)
            answered[made["id"]] = ""
            bank.pay(made["id"], PLAIN)
            answered[made["id"]] = "paid"


@pytest.mark.long
def test_what_was_answered_outlives_kills_at_any_moment(own_bank):
    answered = {}
    stop = threading.Event()
    arguments = (stop, own_bank, answered)
    threads = [threading.Thread(target=_pay_until, args=arguments) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(6):
            stop.wait(0.2 + secrets.randbelow(400) / 1000)
            own_bank.kill()
            own_bank.start()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert list(answered.values()).count("paid") >= 20
    rows = {row["id"]: row for row in own_bank.state()["payments"]}
    assert set(answered) <= set(rows)
    for payment_id, paid in answered.items():
        row = rows[payment_id]
        assert row["captured"] == {"succeeded": 31240, "pending": 0}[row["state"]]
        assert row["state"] == "succeeded" or not paid


def test_the_demo_has_a_shop_of_each_provider(db, database_url, tmp_path, monkeypatch):
    values = {
        "CABINET_MODE": "demo",
        "CABINET_HOME": str(tmp_path),
        "CABINET_DATABASE_URL": database_url,
        "CABINET_EMULATOR": "http://127.0.0.1:8010",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    shops = open_installation().settings.shops
    assert {shop.provider for shop in shops} == {"yookassa", "sberbank", "tbank"}
    for shop in shops:
        assert shop.base_url.startswith("http://127.0.0.1:8010/")
        assert shop.page_origins == ("http://127.0.0.1:8010",)


def test_the_pages_and_the_style_are_part_of_the_package():
    root = Path(__file__).parents[2]
    settings = ConfigParser()
    settings.read(root / "setup.cfg", encoding="utf-8")
    patterns = settings["options.package_data"]["cabinet"].split()
    packed = {path for one in patterns for path in (root / "cabinet").glob(one)}
    for kind in ("templates", "static"):
        files = set((root / "cabinet" / "emulator" / kind).iterdir())
        assert files
        assert files <= packed
