"""What stands in front of the portal: nginx, Caddy or HAProxy, as deploy/ shows them."""

import re

import pytest
from flask import Flask

from cabinet.app import MAX_BODY
from cabinet.cli.server import GRACE_SECONDS, TIMEOUT_SECONDS, Server
from cabinet.web.security import HEADERS, MAX_REGISTRY
from tests.deploy import proxies
from tests.deploy.conftest import DEPLOY, SITE

NGINX = (DEPLOY / "nginx" / "cabinet.conf").read_text("utf-8")
CADDY = (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8")
HAPROXY = (DEPLOY / "cluster" / "haproxy.cfg").read_text("utf-8")
ALL = {"nginx": NGINX, "caddy": CADDY, "haproxy": HAPROXY}

UNITS = {"ms": 0.001, "s": 1, "m": 60, "": 1}
SIZES = {"m": 1024**2, "MiB": 1024**2}

#: TLS 1.2 of telephones with Android 5 to 9, whose certificate is of RSA.
OLD_SUITE = "ECDHE-RSA-AES128-GCM-SHA256"


def seconds(text, name):
    """Return the span that stands after the name in a file of a server."""
    number, unit = re.search(rf"{name}\s+(\d+)(ms|s|m|)\b", text).groups()
    return int(number) * UNITS[unit]


def size(text):
    number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()
    return int(number) * SIZES[unit]


def bare(text):
    """Return the file without its comments."""
    return re.sub(r"(?m)^\s*#.*\n", "", text)


def test_nginx_takes_its_file(ask, certificate, tmp_path):
    path = proxies.nginx_file(NGINX, tmp_path, certificate)
    code, told = ask("nginx", "-t", "-c", path)
    assert code == 0, told
    assert "warn" not in told


def test_a_scanner_finds_no_hole_in_the_file_of_nginx(ask, certificate, tmp_path):
    path = proxies.nginx_file(NGINX, tmp_path, certificate)
    code, told = ask("gixy", path)
    assert code == 0, told
    path = proxies.nginx_file(
        NGINX.replace("https://lk.example.ru$request_uri", "https://$host$uri"),
        tmp_path,
        certificate,
    )
    code, told = ask("gixy", path)
    assert code != 0
    assert "http_splitting" in told


def test_caddy_takes_its_file_as_it_would_write_it(ask, tmp_path):
    path = DEPLOY / "caddy" / "Caddyfile"
    words = ("--adapter", "caddyfile", "--config", path)
    code, told = ask("caddy", "validate", *words, HOME=str(tmp_path))
    assert code == 0, told
    assert '"level":"warn"' not in told
    assert ask("caddy", "fmt", path) == (0, CADDY)


def test_a_body_may_be_as_large_as_the_portal_takes():
    sizes = [size(found) for found in re.findall(r"max_body_size (\w+);", NGINX)]
    assert sizes == [MAX_BODY, MAX_REGISTRY]
    assert "location = /staff/loads {\n        client_max_body_size 64m" in NGINX
    sizes = [size(found) for found in re.findall(r"max_size (\w+)", CADDY)]
    assert sizes == [MAX_REGISTRY, MAX_BODY]


def test_they_wait_longer_than_the_portal_works():
    longest = max(TIMEOUT_SECONDS, GRACE_SECONDS)
    assert seconds(NGINX, "proxy_read_timeout") > longest
    assert seconds(NGINX, "proxy_send_timeout") > longest
    assert seconds(CADDY, "response_header_timeout") > longest


def test_an_idle_connection_is_closed_before_the_portal_closes_it():
    kept = Server(Flask("portal"), host="127.0.0.1", port=0, workers=1).settings[
        "keepalive"
    ]
    (upstream,) = re.findall(r"upstream cabinet {(.*?)}", NGINX, re.DOTALL)
    assert seconds(upstream, "keepalive_timeout") < kept
    assert seconds(CADDY, "keepalive") < kept


@pytest.mark.parametrize("name", ALL)
def test_headers_of_security_are_the_portals_own(name):
    text = bare(ALL[name])
    assert "Strict-Transport-Security" not in text
    assert not [header for header in HEADERS if header in text]


@pytest.mark.parametrize("name", ALL)
def test_old_telephones_are_let_in_and_older_tls_is_not(name):
    text = bare(ALL[name])
    assert re.search(r"(?i)tls(v)?1\.2", text)
    assert not re.search(r"(?i)tlsv?1\.[01]\b|sslv3", text)
    if name != "caddy":  # its own list has it
        assert OLD_SUITE in text


@pytest.mark.parametrize("page", ["down", "too-large"])
def test_a_page_without_the_portal_is_whole_russian_and_asks_for_nothing(page):
    text = (DEPLOY / "pages" / f"{page}.html").read_text("utf-8")
    assert text.startswith('<!doctype html>\n<html lang="ru">')
    assert "<h1>" in text
    assert not re.search(r"<(script|style|link|img)|style=", text)
    for sentence in re.findall(r"<p>(.*?)</p>", text):
        assert all(len(part.split()) <= 15 for part in sentence.split(". "))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
@pytest.mark.parametrize("name", ALL)
def test_a_customer_is_led_through(name, certificate, tmp_path):
    """The server is started in front of a stand-in that tells what has reached it."""
    with (
        proxies.Portal() as portal,
        proxies.started(name, ALL[name], portal, certificate, tmp_path) as site,
    ):
        _what_a_customer_says_of_itself_is_not_believed(site)
        _what_is_for_this_machine_is_not_for_others(site)
        if name != "haproxy":  # there the portal itself looks at the length
            _what_is_too_large_is_told(site)
        assert site.get("/", tls="1.2", suite=OLD_SUITE).status == 200
        with pytest.raises(OSError, match=r"(?i)version|alert|eof|reset"):
            site.get("/", tls="1.1")
        led = site.get_plain("/login?next=/bills")
        assert led.status in {301, 308}
        assert led.headers["Location"].startswith(f"https://{SITE}")
        assert led.headers["Location"].endswith("/login?next=/bills")
        portal.stop()
        away = site.wait_for(lambda: site.get("/secret-link"), {502, 503})
        assert "Кабинет на обслуживании" in away.text
        assert away.headers.get_content_charset() == "utf-8"
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"secret-link" not in path.read_bytes(), path


def _what_a_customer_says_of_itself_is_not_believed(site):
    answer = site.get(
        "/secret-link",
        **{
            "X-Forwarded-For": "6.6.6.6",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": "evil.example.org",
            "Forwarded": "for=6.6.6.6",
        },
    )
    assert answer.status == 200
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=63072000"]
    seen = answer.seen
    assert seen["host"] == [SITE]
    assert seen["x-forwarded-for"] == ["127.0.0.1"]
    assert seen["x-forwarded-proto"] == ["https"]
    assert seen["x-forwarded-host"] == [SITE]
    assert "".join(seen.get("forwarded", [])) == ""


def _what_is_for_this_machine_is_not_for_others(site):
    answer = site.get("/metrics")
    assert answer.status == 404
    assert answer.seen is None


def _what_is_too_large_is_told(site):
    assert site.post("/questions/new", MAX_BODY).seen["length"] == MAX_BODY
    refused = site.post("/questions/new", MAX_BODY + 1)
    assert refused.status == 413
    assert "Файл слишком большой" in refused.text
    assert site.post("/staff/loads", MAX_BODY + 1).seen["length"] == MAX_BODY + 1
    assert site.post("/staff/loads", MAX_REGISTRY + 1).status == 413
