"""Certificates of authorities that are nobody's, and a web server that shows them."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cabinet.web.security import HEADERS

HOST = "127.0.0.1"
LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
PEM = serialization.Encoding.PEM
HSTS = {"Strict-Transport-Security": "max-age=63072000"}


def now():
    """Return the moment by which TLS itself judges."""
    return datetime.now(UTC)


def named(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Signs others; itself signed by `signer`, or by nobody."""

    def __init__(self, name, *, signer=None, since=LONG_AGO, key=None):
        self.name, self.signer, self.since = named(name), signer, since
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.certificate = _signed(self, signer or self, since, days=365 * 40)

    def again_by(self, signer):
        """Return the same authority as another one knows it (cross-signed)."""
        (name,) = self.name
        return Authority(name.value, signer=signer, since=self.since, key=self.key)

    def chain(self):
        """Return its certificate and those above it, without the root."""
        if self.signer is None:
            return []
        return [self.certificate, *self.signer.chain()]


class Site:
    """What an authority signed for a host."""

    def __init__(self, signer, *, days=90, host=HOST, since=None):
        self.name, self.host = named(host), host
        self.key = ec.generate_private_key(ec.SECP256R1())
        begun = since or now() - timedelta(days=100)
        ends = now() + timedelta(days=days, hours=1)
        self.signer = signer or self
        self.certificate = _signed(self, self.signer, begun, ends=ends)

    def write(self, path, chain):
        """Write key and certificates into a file, as a web server has them."""
        key = self.key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        sent = [self.certificate, *chain]
        path.write_bytes(key + b"".join(one.public_bytes(PEM) for one in sent))
        return path


def _signed(subject, signer, since, *, days=0, ends=None):
    is_authority = isinstance(subject, Authority)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject.name)
        .issuer_name(signer.name)
        .public_key(subject.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(ends or since + timedelta(days=days))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(subject.key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()),
            critical=False,
        )
        .add_extension(_usage(is_authority=is_authority), critical=True)
    )
    if not is_authority:
        name = x509.IPAddress(ip_address(subject.host))
        made = made.add_extension(x509.SubjectAlternativeName([name]), critical=False)
    return made.sign(signer.key, hashes.SHA256())


def _usage(*, is_authority):
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


class Front(BaseHTTPRequestHandler):
    """A web server in front of the portal; `sent` is what it adds to each answer.

    `asked` are the paths it was asked for.
    """

    sent, status, asked = {**HEADERS, **HSTS}, 200, []

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(self.status)
        for name, value in self.sent.items():
            self.send_header(name, value)
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the name of the library

    def log_message(self, *_):
        """Say nothing."""


class Served:
    """A server while it is needed; `url` is where. With `pem` it speaks TLS."""

    def __init__(self, handler=Front, *, pem=None, host=HOST):
        self._server = ThreadingHTTPServer((HOST, 0), handler)
        self._server.handle_error = lambda *_: None
        if pem is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(pem)
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if pem is None else "https"
        self.url = f"{scheme}://{host}:{self._server.server_port}"
        # Looks so often whether it is over.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
