"""Servers of deploy/ on ports of this machine, and a portal that says what it has seen."""

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.deploy.conftest import DEPLOY, PLACES, SITE
from tests.ports import free_port

WAIT_SECONDS = 15
VERSIONS = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2}


class _Teller(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _tell(self):
        length, left = 0, int(self.headers.get("Content-Length", 0))
        while left:
            got = len(self.rfile.read(min(left, 1 << 20)))
            if not got:
                return  # whoever is in front has heard enough
            length, left = length + got, left - got
        seen = {name.lower(): self.headers.get_all(name) for name in self.headers}
        body = json.dumps(seen | {"length": length}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Strict-Transport-Security", "max-age=63072000")
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(body)

    do_GET = do_POST = _tell  # noqa: N815 - the names the library calls

    def log_message(self, *words):
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        self.opened = []
        super().__init__(("127.0.0.1", 0), _Teller)

    def get_request(self):
        made = super().get_request()
        self.opened.append(made[0])
        return made

    def handle_error(self, *_):
        """Say nothing: it was stopped in the middle of a word."""


class Portal:
    """Answers every request with what it was."""

    def __enter__(self):
        self._server = _Server()
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()
        self._is_up = True
        return self

    def stop(self):
        if self._is_up:
            self._is_up = False
            self._server.shutdown()
            self._server.server_close()
            for connection in self._server.opened:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._thread.join()

    def __exit__(self, *_):
        self.stop()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def seen(self):
        """What the portal has seen, None where it was not asked."""
        is_portals = self.headers.get_content_type() == "application/json"
        return json.loads(self.text) if is_portals else None


class Site:
    """The site as a browser opens it."""

    def __init__(self, plain, secure, certificate):
        self.plain, self.secure, self._certificate = plain, secure, certificate

    def get(self, path, *, tls="", suite="", **headers):
        context = ssl.create_default_context(cafile=self._certificate / "chain.pem")
        if tls:
            context.set_ciphers(suite or "ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = VERSIONS[tls]
        return self._ask(context, "GET", path, b"", headers)

    def post(self, path, length):
        context = ssl.create_default_context(cafile=self._certificate / "chain.pem")
        return self._ask(context, "POST", path, bytes(length), {})

    def get_plain(self, path):
        made = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=30)
        with closing(made) as connection:
            connection.request("GET", path, headers={"Host": SITE})
            return self._answer(connection)

    def wait_for(self, ask, statuses):
        """Ask again until one of the statuses is answered."""
        ends = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                answer = ask()
            except OSError:
                if time.monotonic() > ends:
                    raise
            else:
                if answer.status in statuses or time.monotonic() > ends:
                    assert answer.status in statuses
                    return answer
            time.sleep(0.1)

    def _ask(self, context, method, path, body, headers):
        plain = socket.create_connection(("127.0.0.1", self.secure), timeout=30)
        made = http.client.HTTPConnection(SITE)
        with closing(made) as connection, closing(plain):
            connection.sock = context.wrap_socket(plain, server_hostname=SITE)
            # Who has heard enough answers and hangs up.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body=body or None, headers=headers)
            return self._answer(connection)

    @staticmethod
    def _answer(connection):
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())


@contextmanager
def started(name, text, portal, certificate, tmp_path):
    """Run the server with its file of deploy/, moved to ports and folders of the test."""
    plain, secure = free_port(), free_port()
    make = {"nginx": _nginx, "caddy": _caddy, "haproxy": _haproxy}[name]
    words, environ = make(text, portal, certificate, tmp_path, (plain, secure))
    (tmp_path / "log").mkdir(exist_ok=True)
    with (tmp_path / "log" / name).open("wb") as log:
        process = subprocess.Popen(
            [shutil.which(name, path=PLACES), *map(str, words)],
            env={"PATH": PLACES, "HOME": str(tmp_path), **environ},
            stdout=log,
            stderr=log,
        )
        try:
            site = Site(plain, secure, certificate)
            site.wait_for(lambda: site.get("/"), {200})
            yield site
        finally:
            process.terminate()
            process.wait(10)


def nginx_file(text, tmp_path, certificate, ports=None, portal=8000):
    """Write the file of the site and one around it; return the path of the latter."""
    live = "/etc/letsencrypt/live/cabinet"
    text = text.replace(f"{live}/fullchain.pem", str(certificate / "chain.pem"))
    text = text.replace(f"{live}/privkey.pem", str(certificate / "key.pem"))
    text = text.replace("/var/log/nginx", str(tmp_path))
    text = text.replace("/usr/share/cabinet", str(DEPLOY / "pages"))
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{portal}")
    if ports:
        text = re.sub(r"(?m)^ *listen \[::\].*\n", "", text)
        text = text.replace("listen 80;", f"listen 127.0.0.1:{ports[0]};")
        text = text.replace("listen 443 ", f"listen 127.0.0.1:{ports[1]} ")
    (tmp_path / "site.conf").write_text(text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
    path = tmp_path / "nginx.conf"
    path.write_text(
        f"worker_processes auto;\npid {tmp_path}/nginx.pid;\nerror_log stderr;\n"
        f"events {{}}\nhttp {{\n{places}"
        f"types {{ text/html html; }}\ncharset utf-8;\n"
        f"include {tmp_path}/site.conf;\n}}\n"
    )
    return path


def _nginx(text, portal, certificate, tmp_path, ports):
    path = nginx_file(text, tmp_path, certificate, ports, portal.port)
    return ("-c", path, "-g", "daemon off; user root;"), {}


def _caddy(text, portal, certificate, tmp_path, ports):
    ours = f"\thttp_port {ports[0]}\n\thttps_port {ports[1]}\n\tadmin off\n"
    text = text.replace("{\n", "{\n" + ours, 1)
    keys = f"{certificate / 'chain.pem'} {certificate / 'key.pem'}"
    text = text.replace("\ttls {", f"\ttls {keys} {{")
    path = tmp_path / "Caddyfile"
    path.write_text(text)
    environ = {"PORTAL": f"127.0.0.1:{portal.port}", "PAGES": str(DEPLOY / "pages")}
    return ("run", "--adapter", "caddyfile", "--config", path), environ


def _haproxy(text, portal, certificate, tmp_path, ports):
    text = text.replace("/run/haproxy/admin.sock", str(tmp_path / "admin.sock"))
    text = text.replace("/dev/log local0", "stdout format raw local0")
    path = tmp_path / "haproxy.cfg"
    path.write_text(text)
    return ("-f", path), {
        "HTTP": f"127.0.0.1:{ports[0]}",
        "HTTPS": f"127.0.0.1:{ports[1]}",
        "APP1": f"127.0.0.1:{portal.port}",
        "APP2": "127.0.0.1:1",
        "CERTIFICATE": str(certificate / "both.pem"),
        "PAGES": str(DEPLOY / "pages"),
    }
