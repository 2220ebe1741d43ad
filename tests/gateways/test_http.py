"""One call: bounded in time and size, over the right roots, silent about secrets."""

import datetime as dt
import ipaddress
import logging
import socket
import ssl
import threading
import time
from functools import partial

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cabinet.gateways import open_gateway
from cabinet.gateways.base import UnclearError
from cabinet.gateways.http import MOST_BYTES, BadAnswerError, Transport
from tests.gateways import test_tbank, test_yookassa
from tests.gateways.provider import (
    answer,
    hang,
    order,
    shop,
    took,
    trickle,
    trickle_body,
)


def one_call(url, **values):
    return took(lambda: Transport(shop("tbank", url, **values)).get("x"))


@pytest.mark.parametrize("reply", [hang, trickle, trickle_body])
def test_a_call_ends_in_time_whatever_is_sent(provider, reply):
    provider.replies = [reply]
    before = threading.active_count()
    error, seconds = one_call(provider.url, total_seconds=1.0)
    assert isinstance(error, UnclearError)
    assert isinstance(error.__cause__, TimeoutError | httpx.ReadTimeout)
    assert 0.9 < seconds < 1.3
    provider.close()
    deadline = time.monotonic() + 2
    while threading.active_count() >= before and time.monotonic() < deadline:
        time.sleep(0.01)
    # The provider's own two threads ended too; the call's is not left behind.
    assert threading.active_count() < before


def test_the_thread_of_an_abandoned_call_ends_though_the_provider_goes_on(provider):
    provider.replies = [trickle]
    one_call(provider.url, total_seconds=0.5)
    deadline = time.monotonic() + 2
    while any("_run" in one.name for one in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_long_look_up_of_a_name_is_counted_too(monkeypatch):
    is_over = threading.Event()

    def slow(*_args, **_kwargs):
        is_over.wait(5)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    error, seconds = one_call("http://bank.example/", total_seconds=0.5)
    is_over.set()
    assert isinstance(error, UnclearError)
    assert seconds < 0.8


def test_connecting_has_less_time_than_the_whole():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        # A queue of connections that nobody takes: the next waits for its turn.
        taken = []
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(full.getsockname())
            taken.append(one)
        url = f"http://127.0.0.1:{full.getsockname()[1]}/"
        error, seconds = one_call(url, connect_seconds=0.4, total_seconds=4.0)
        for one in taken:
            one.close()
    assert isinstance(error, UnclearError)
    assert isinstance(error.__cause__, httpx.ConnectTimeout)
    assert seconds < 1.0


def test_an_answer_may_be_a_mebibyte_and_not_a_byte_more(provider):
    provider.replies = [answer(b"a" * MOST_BYTES), answer(b"a" * (MOST_BYTES + 1))]
    transport = Transport(shop("tbank", provider.url))
    assert len(transport.get("x").body) == MOST_BYTES
    with pytest.raises(UnclearError) as unclear:
        transport.get("x")
    assert isinstance(unclear.value.__cause__, BadAnswerError)


def test_a_redirect_is_not_followed(provider):
    provider.replies = [answer({}, 307, Location=f"{provider.url}elsewhere")]
    error, _ = one_call(provider.url)
    assert isinstance(error, UnclearError)
    assert [one.path for one in provider.asked] == ["/api/x"]


def test_no_cookie_and_no_proxy_of_the_environment_is_used(provider, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")
    provider.replies = [answer({}, Set_Cookie="a=b"), answer({})]
    transport = Transport(shop("tbank", provider.url))
    transport.get("x")
    transport.get("x")
    for asked in provider.asked:
        assert "Cookie" not in asked.headers
        assert asked.headers["Connection"] == "close"
        assert asked.headers["Accept-Encoding"] == "identity"


def test_neither_secret_nor_body_is_logged_nor_told_by_an_error(provider, caplog):
    caplog.set_level(logging.DEBUG)
    provider.replies = [
        answer(test_yookassa.PENDING),
        answer({**test_yookassa.PENDING, "status": "anna@example.ru"}),
        answer(test_tbank.STARTED),
        answer({"password": "p&ss"}, 500),
    ]
    opened = [
        open_gateway(shop(name, provider.url))
        for name in ("yookassa", "yookassa", "tbank", "sberbank")
    ]
    errors = [took(partial(gateway.start, order()))[0] for gateway in opened]
    told = caplog.text + "".join(repr((e, e and e.__cause__)) for e in errors)
    assert "httpx" in told
    for secret in (
        "test_secret-Key",
        "11111111111111",
        "p&ss",
        "Basic ",
        "anna@example.ru",
        "460000123456",
        "6f1e7a5c",
    ):
        assert secret not in told
    for name in ("yookassa", "tbank"):
        assert shop(name, provider.url).password not in repr(shop(name, provider.url))


@pytest.fixture
def tls(tmp_path):
    """A provider over TLS whose root nobody knows; the root is in a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank.example")])
    starts = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    address = ipaddress.ip_address("127.0.0.1")
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + dt.timedelta(days=10))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(address)]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    root, secret = tmp_path / "root.pem", tmp_path / "key.pem"
    root.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(root, secret)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as one:
                    one.recv(65536)
                    one.sendall(answer({"is": "reached"}))
            except OSError:
                plain.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}/", root
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_bank_of_its_own_root_is_reached_by_the_file_only(tls):
    url, root = tls
    error, _ = one_call(url, certificates=root)
    assert error is None
    error, _ = one_call(url)
    assert isinstance(error, UnclearError)
    assert "CERTIFICATE_VERIFY_FAILED" in str(error.__cause__)


def test_a_hang_over_tls_ends_in_time(tls):
    _, root = tls
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        error, seconds = one_call(url, certificates=root, total_seconds=0.6)
    assert isinstance(error, UnclearError)
    assert seconds < 1.0
