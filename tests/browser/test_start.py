import socket
import urllib.request
from urllib.parse import urlsplit


def test_signing_in_shows_the_home_page(open_page, sign_in, house):
    page = sign_in(open_page(), house())
    assert page.title().startswith("Главная")
    assert page.faults == []


def test_connections_that_say_nothing_stop_nobody(server):
    address = urlsplit(server.url)
    silent = [
        socket.create_connection((address.hostname, address.port)) for _ in range(6)
    ]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{server.url}/healthz", timeout=2) as answer:
        assert answer.status == 200
    for connection in silent:
        connection.close()
