"""What the Nu HTML checker says of every page that a customer or the office can reach.

`python -m bench.markup --jar PATH/vnu.jar` (npm: `vnu-jar`; it needs a Java runtime) walks
the demonstration as each of its people, by its fixed addresses and the links on them, sends
readings besides, and has all pages checked. Ends with 1 when there is an error.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from bench.measure import machine, write
from bench.portal import EMAIL, demo, signed_in
from bench.portal import portal as application
from cabinet.services.demo import PEOPLE

#: A walk of one person is over after so many addresses: receipts of a year are alike.
MOST = 100
#: Readings that are refused, asked about and taken; the last is made from the page.
READINGS = {"refused": "много", "asked about": "1", "taken": ""}


def main() -> None:
    """Walk, check, and write the section; ends with 1 when there are errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jar", type=Path, required=True, help="the checker's vnu.jar")
    arguments = parser.parse_args()
    with demo(), tempfile.TemporaryDirectory(prefix="cabinet-markup.") as folder:
        app = application()
        pages = dict(_pages(app))
        said = check(arguments.jar, pages, Path(folder))
    errors = [each for each in said if each["type"] != "info"]
    for each in errors:
        print(f"{each['page']}: {each['message']}\n    {each.get('extract', '')}")
    warned = Counter(each["message"] for each in said if each["type"] == "info")
    warnings = "".join(f"\n- {many} times: {said}" for said, many in warned.items())
    write(
        "markup",
        f"{machine()}\n\nThe Nu HTML checker on {len(pages)} pages of"
        f" {len(PEOPLE)} people and a visitor: {len(errors)} errors,"
        f" {warned.total()} warnings.\n{warnings}",
    )
    sys.exit(bool(errors))


def check(jar: Path, pages: dict[str, bytes], folder: Path) -> list[dict[str, Any]]:
    """Return what the checker says, each with its page."""
    names = {}
    for number, (name, body) in enumerate(pages.items()):
        path = folder / f"{number}.html"
        path.write_bytes(body)
        names[path.name] = name
    command = ["java", "-jar", str(jar), "--format", "json", "--exit-zero-always"]
    done = subprocess.run(
        [*command, str(folder)], capture_output=True, check=True, encoding="utf-8"
    )
    messages: list[dict[str, Any]] = json.loads(done.stderr)["messages"]
    for each in messages:
        each["page"] = names[each["url"].rpartition("/")[2]]
    return messages


def _pages(app: Flask) -> Iterator[tuple[str, bytes]]:
    visitor = app.test_client()
    yield from _walk(app, visitor, "visitor")
    yield "a page that is not there", visitor.get("/nowhere").data
    for number, person in enumerate(PEOPLE):
        yield from _walk(app, _client(app, person.email, number), person.email)
    client = _client(app, EMAIL, len(PEOPLE))
    for name, value in READINGS.items():
        form = html.fromstring(client.get("/readings").text)
        data = dict(form.get_element_by_id("reading-form").form_values())
        data["t1"] = value or _usual(form)
        answer = client.post("/readings", data=data, follow_redirects=True)
        yield f"a reading, {name}", answer.data


def _client(app: Flask, email: str, number: int) -> FlaskClient:
    client = app.test_client()
    sid = signed_in(app, email, address=f"10.2.0.{number}").removeprefix("sid=")
    client.set_cookie("sid", sid)
    return client


def _walk(app: Flask, client: FlaskClient, who: str) -> Iterator[tuple[str, bytes]]:
    """Yield the pages of every fixed address and of the links on them.

    Files and other hosts are left alone, and so is what the person may not open.
    """
    waiting = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    seen = set(waiting)
    shown = set()
    for path in waiting:
        answer = client.get(path, follow_redirects=True)
        is_page = answer.status_code == 200 and answer.mimetype == "text/html"
        if not is_page or answer.request.path in shown:
            continue
        shown.add(answer.request.path)
        yield f"{who} {answer.request.path}", answer.data
        for link in html.fromstring(answer.text).xpath("//a/@href"):
            address = urlsplit(urljoin(path, link))
            is_ours = not address.netloc and not address.scheme
            if is_ours and address.path not in seen and len(waiting) < MOST:
                seen.add(address.path)
                waiting.append(address.path)


def _usual(page: Any) -> str:
    """Return the last reading and some use, from the hint above the field."""
    hint = page.get_element_by_id("t1-h").text_content().partition("(")[0]
    return str(int(re.sub(r"\D", "", hint)) + 120)


if __name__ == "__main__":
    main()
