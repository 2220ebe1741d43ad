"""What the pages weigh, how long they take and how many taps, beside the budgets.

`python -m bench.weights` on a fresh demo; `--times` adds the throttled times and writes
everything into docs/bench.md.
"""

import argparse
import contextlib
import gzip
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page

from bench.browser import KB, Figure, Wire, chromium, open_page, sign_in
from bench.journeys import SEND, TAKEN, taps, usual_reading
from bench.measure import machine, write
from bench.portal import demo
from cabinet.web import statics

PAGES = (
    "/",
    "/readings",
    "/history",
    "/statement",
    "/bills",
    "/bills/2026-10",
    "/tariffs",
    "/profile",
)
#: Latency in ms, bytes a second, slow-down of the processor.
SLOW_3G = (400, 400_000 / 8, 6)
EDGE = (800, 120_000 / 8, 6)
ROUNDS = 5
#: Rows of the office's list: a whole page of its queue.
QUEUE = 25


def main() -> None:
    """Measure and print; ends with 1 when a budget is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", action="store_true", help="also the throttled times")
    arguments = parser.parse_args()
    with demo(), portal() as url, chromium() as browser:
        figures = weights(browser, url) + taps(browser, url)
        if arguments.times:
            figures += times(browser, url)
    rows = "\n".join(figure.row() for figure in figures)
    table = f"| budget | what | measured | at most |\n|---|---|---|---|\n{rows}\n"
    if arguments.times:
        write("weights", f"{machine()}\n\n{table}")
    else:
        print(table)
    sys.exit(any(not figure.is_kept for figure in figures))


@contextlib.contextmanager
def portal(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve the demo of the environment as `cabinet serve` does; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [
        str(Path(sys.executable).parent / "cabinet"),
        "serve",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, env=environment)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                _fetch(f"{url}/healthz")
                break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def weights(browser: Browser, url: str) -> list[Figure]:
    """Return W1 to W12 of the demo's main customer."""
    files = _files(url)
    ours = statics.own_script().encode()
    return [
        Figure("W1", "style, gzip", len(files["css"]), 4.0 * KB),
        Figure("W2", "script, gzip", len(files["js"]), 20 * KB),
        Figure("W2", "our part of the script", len(gzip.compress(ours, 9)), 1.5 * KB),
        *_first_visit(browser, url),
        *_pages(browser, url),
        *_journey(browser, url),
    ]


def times(browser: Browser, url: str) -> list[Figure]:
    """Return T1 to T5: medians of five, throttled."""
    rounds = [_timed(browser, url, SLOW_3G) for _ in range(ROUNDS)]
    slow = {name: median(r[name] for r in rounds) for name in rounds[0]}
    rounds = [_timed(browser, url, EDGE) for _ in range(ROUNDS)]
    edge = {name: median(r[name] for r in rounds) for name in rounds[0]}
    return [
        Figure("T1", "slow 3G, first visit: first paint", slow["paint"], 1800, "ms"),
        Figure("T1", "slow 3G, first visit: interactive", slow["ready"], 2000, "ms"),
        Figure("T2", "slow 3G, next page: first paint", slow["next"], 1300, "ms"),
        Figure("T3", "slow 3G, tap to focus", slow["tap"], 1500, "ms"),
        Figure("T4", "EDGE, first visit: first paint", edge["paint"], 3000, "ms"),
        Figure("T4", "EDGE, first visit: interactive", edge["ready"], 4000, "ms"),
        Figure("T4", "EDGE, tap to focus", edge["tap"], 2000, "ms"),
        Figure(
            "T5", "script at load, processor 6 times slower", slow["script"], 150, "ms"
        ),
        Figure("T5", "longest task of a journey", slow["longest"], 200, "ms"),
        Figure("T5", "layout shift", slow["shift"], 0, ""),
    ]


def _fetch(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with opener.open(request, timeout=5) as answer:
        return bytes(answer.read())


def _files(url: str) -> dict[str, bytes]:
    page = gzip.decompress(_fetch(f"{url}/login")).decode()
    names = [part.split('"')[0] for part in page.split('"/s/')[1:]]
    return {name.rpartition(".")[2]: _fetch(f"{url}/s/{name}") for name in names}


def _first_visit(browser: Browser, url: str) -> list[Figure]:
    with open_page(browser, url) as page:
        wire = Wire(page)
        page.goto("/login", wait_until="networkidle")
        critical = wire.of("Document", "Stylesheet")
        figures = [
            Figure("W5", "first visit", wire.bytes, 28 * KB),
            Figure("W5", "requests of it", wire.requests, 4, ""),
            Figure("W7", "what the first paint waits for", critical, 10 * KB),
        ]
        foreign = len(wire.hosts) - 1
        pictures = wire.of("Font", "Media")
    with open_page(browser, url, js=False) as page:
        wire = Wire(page)
        page.goto("/login", wait_until="networkidle")
        return [
            *figures,
            Figure("W6", "first visit without JavaScript", wire.bytes, 9 * KB),
            Figure("W6", "requests of it", wire.requests, 3, ""),
            Figure("W11", "fonts and media", pictures, 0),
            Figure("W11", "other hosts", foreign, 0, ""),
        ]


def _pages(browser: Browser, url: str) -> list[Figure]:
    figures = []
    with open_page(browser, url) as page:
        wire = Wire(page)
        wire.session.send("Performance.enable")
        sign_in(page)
        for path in PAGES:
            wire.forget()
            answer = page.goto(path, wait_until="networkidle")
            body = answer.body() if answer else b""
            size = len(gzip.compress(body, 6))
            # A receipt carries its payment code, a drawing of up to 3 KB.
            most = 7 * KB if path.startswith("/bills/") else 4 * KB
            figures += [
                Figure("W3", f"HTML of {path}, gzip", size, most),
                Figure("W8", f"next page {path}", wire.bytes, most),
                Figure("W8", f"requests of {path}", wire.requests, 1, ""),
                Figure("W12", f"nodes of {path}", _nodes(page), 600, ""),
            ]
        wire.session.send("HeapProfiler.collectGarbage")
        heap = _metric(wire.session, "JSHeapUsedSize")
        figures.append(Figure("W12", "JavaScript heap", heap, 3000 * KB))
    with open_page(browser, url) as page:
        sign_in(page, "operator@example.org")
        answer = page.goto("/staff")
        rows = page.locator("li[id^=review-row]").count()
        if rows != QUEUE:
            message = f"the queue shows {rows} rows, its budget is for {QUEUE}"
            raise RuntimeError(message)
        size = len(gzip.compress(answer.body() if answer else b"", 6))
        figures.append(Figure("W4", "HTML of the office's list, gzip", size, 7.5 * KB))
    return figures


def _journey(browser: Browser, url: str) -> list[Figure]:
    with open_page(browser, url) as page:
        wire = Wire(page)
        page.goto("/login", wait_until="networkidle")
        sign_in(page)
        journey = wire.bytes
        wire.forget()
        page.fill("#t1", usual_reading(page))
        page.click(SEND)
        page.wait_for_selector(TAKEN)
        page.wait_for_load_state("networkidle")
        figures = [
            Figure("W9", "fragment: a reading taken", wire.bytes, 2.5 * KB),
            Figure("W9", "requests of it", wire.requests, 1, ""),
            Figure("W10", "sign-in to reading taken", journey + wire.bytes, 32 * KB),
        ]
        page.goto("/history", wait_until="networkidle")
        wire.forget()
        page.click("#period button")
        page.wait_for_load_state("networkidle")
        figures.append(Figure("W9", "fragment: a year's history", wire.bytes, 3 * KB))
    with open_page(browser, url, js=False) as page:
        wire = Wire(page)
        page.goto("/login", wait_until="networkidle")
        sign_in(page, "debt@example.org")
        page.fill("#t1", usual_reading(page))
        page.click(SEND)
        page.wait_for_selector(TAKEN)
        plain = Figure("W10", "the same without JavaScript", wire.bytes, 15 * KB)
    return [*figures, plain]


def _nodes(page: Page) -> int:
    return int(page.evaluate("document.querySelectorAll('*').length"))


def _metric(session: Any, name: str) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == name))


def _timed(
    browser: Browser, url: str, network: tuple[int, float, int]
) -> dict[str, float]:
    latency, speed, slower = network
    with open_page(browser, url) as page:
        wire = Wire(page)
        wire.session.send("Performance.enable")
        wire.session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        wire.session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": latency,
                "downloadThroughput": speed,
                "uploadThroughput": speed,
            },
        )
        page.goto("/login")
        found = page.evaluate(FIRST)
        found["script"] = _metric(wire.session, "ScriptDuration") * 1000
        sign_in(page, "debt@example.org")
        page.goto("/readings")
        following = page.evaluate(FIRST)
        found["next"] = following["paint"]
        page.fill("#t1", "abc")
        began = time.monotonic()
        page.click(SEND)
        page.wait_for_selector(".box.alert:focus")
        found["tap"] = round((time.monotonic() - began) * 1000)
        tapped = page.evaluate(FIRST)
        found["longest"] = max(each["longest"] for each in (found, following, tapped))
        return dict(found)


FIRST = """() => new Promise((done) => {
  let shift = 0, longest = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((e) => { longest = Math.max(longest, e.duration); }))
    .observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => list.getEntries().forEach((e) => { shift += e.value; }))
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done({
    paint: Math.round(performance.getEntriesByName('first-contentful-paint')[0].startTime),
    ready: Math.round(performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd),
    shift,
    longest,
  }), 200);
})"""


if __name__ == "__main__":
    main()
