"""How soon a notice of the bank is kept and answered.

`python -m bench.notices`: beside the same row written by hand in a bare Flask view, and
from eight senders at once beside the 200 ms that are allowed.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from bench.measure import HEADER, machine, write
from bench.portal import Request, demo, portal
from bench.stage import Stage, fresh_copy, note_each, served
from cabinet.emulator.shops import MERCHANTS, demo_shops
from cabinet.gateways.tbank.token import token

ROUNDS = 9
EACH = 8
#: One for each act: the floor is measured twice a round, and both warm up first.
NOTICES = EACH * (2 * ROUNDS + 2)
SENDERS = 8
AT_ONCE = 400
AT_MOST = 0.200
SHOP = next(one for one in MERCHANTS if one.provider == "tbank")


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    with demo() as home:
        # The shops of the practice bank; nobody asks it anything here.
        app = portal(*demo_shops("http://127.0.0.1:9"))
        stage = Stage(app, fresh_copy(home), rounds=ROUNDS)
        requests = [_notice(number) for number in range(NOTICES)]
        noted = note_each(app, requests)
        pair = stage.measure("notice, gunicorn", requests, noted, EACH, served)
        seconds = sorted(_crowd(app))
    write(
        "notices",
        f"{machine()}\n\n{HEADER}\n{pair.row()}\n\n"
        f"{AT_ONCE} notices from {SENDERS} senders at once, two workers: median"
        f" {_ms(seconds, 0.5)} ms, p99 {_ms(seconds, 0.99)} ms, worst"
        f" {_ms(seconds, 1)} ms; allowed are {AT_MOST * 1000:.0f} ms. A signed notice of"
        " T-Bank, kept with a commit that reaches the disk; SQLite, WAL,"
        " `synchronous=FULL`, a new connection for each.",
    )
    if _part(seconds, 0.99) > AT_MOST:
        raise SystemExit("a notice is answered too late")


def _notice(number: int) -> Request:
    """Return a notice as the bank sends it, of a payment of its own."""
    values = {
        "TerminalKey": SHOP.login,
        "OrderId": f"{number}-bench-1",
        "Success": True,
        "Status": "CONFIRMED",
        "PaymentId": str(10_000_000 + number),
        "ErrorCode": "0",
        "Amount": 31240,
    }
    values["Token"] = token(values, SHOP.password)
    return Request(
        f"/webhooks/{SHOP.name}", cookie="", data=json.dumps(values).encode()
    )


def _crowd(app: Flask) -> list[float]:
    """Return the seconds of each notice when many come at once."""
    with served(app, workers=2) as send:

        def timed(number: int) -> float:
            request = _notice(NOTICES + number)
            began = time.perf_counter()
            status = send(request)
            if status != 200:
                message = f"answered {status}"
                raise SystemExit(message)
            return time.perf_counter() - began

        with ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(timed, range(-2 * SENDERS, 0)))
            return list(pool.map(timed, range(AT_ONCE)))


def _ms(seconds: list[float], part: float) -> str:
    return f"{_part(seconds, part) * 1000:.1f}"


def _part(seconds: list[float], part: float) -> float:
    return seconds[int(part * (len(seconds) - 1))]


if __name__ == "__main__":
    main()
