"""A portal to measure: the demo in a folder of its own, and requests without a client."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask
from lxml.html import fromstring
from werkzeug.test import EnvironBuilder

from cabinet.app import create_app
from cabinet.config import load
from cabinet.config.acquirers import Shop

EMAIL = "client@example.org"
PASSWORD = "demo-svet-2026"


@contextmanager
def demo() -> Iterator[Path]:
    """Make a demo and give its folder; the environment points at it."""
    with tempfile.TemporaryDirectory(prefix="cabinet-bench.") as folder:
        for name in [name for name in os.environ if name.startswith("CABINET_")]:
            del os.environ[name]
        os.environ["CABINET_MODE"] = "demo"
        os.environ["CABINET_HOME"] = folder
        command = Path(sys.executable).parent / "cabinet"
        subprocess.run([command, "demo"], check=True, stdout=subprocess.DEVNULL)
        yield Path(folder)


def portal(*shops: Shop) -> Flask:
    """Return the application of the folder, with the shops of banks if any."""
    return create_app(replace(load(os.environ), shops=shops))


def signed_in(app: Flask, email: str = EMAIL, address: str = "127.0.0.1") -> str:
    """Sign in as a customer at the address does and return the cookie."""
    client = app.test_client()
    token = field(client.get("/login").text, "csrf_token")
    answer = client.post(
        "/login",
        data={"login": email, "password": PASSWORD, "csrf_token": token},
        environ_base={"REMOTE_ADDR": address},
    )
    if answer.status_code != 303:
        message = f"could not sign in: {answer.status_code}"
        raise SystemExit(message)
    cookie = client.get_cookie("sid")
    return f"sid={cookie.value}" if cookie else ""


def field(html: str, name: str) -> str:
    """Return the value of the first hidden field of the name."""
    found = fromstring(html).xpath("//input[@name=$name]/@value", name=name)
    return str(found[0]) if found else ""


class Request:
    """A request made ready once and sent to an application many times."""

    def __init__(
        self,
        path: str,
        *,
        cookie: str,
        data: Mapping[str, str] | bytes | None = None,
        htmx: bool = False,
    ) -> None:
        headers = {"Cookie": cookie} | ({"HX-Request": "true"} if htmx else {})
        builder = EnvironBuilder(
            path,
            method="GET" if data is None else "POST",
            data=dict(data) if isinstance(data, Mapping) else data,
            headers=list(headers.items()),
        )
        self.environ = builder.get_environ()
        self.path = path
        self.headers = headers
        self.body = self.environ["wsgi.input"].read()
        builder.close()

    def send(self, app: Any) -> tuple[int, bytes]:
        """Return the status and the body of the answer."""
        answered: list[str] = []

        def start(status: str, *_: object) -> None:
            answered.append(status)

        environ = self.environ | {"wsgi.input": BytesIO(self.body)}
        parts = app.wsgi_app(environ, start)
        body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        return int(answered[0][:3]), body
