"""The programs whose files lie in deploy/, and where they stand."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

DEPLOY = Path(__file__).parents[2] / "deploy"
SITE = "lk.example.ru"

#: Beside those of the environment: Debian keeps servers where users do not look.
PLACES = f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture(scope="session")
def ask():
    """Run a program; return how it ended and all that it said."""

    def run(name, *words, **environ):
        program = shutil.which(name, path=PLACES)
        assert program, f"{name} is missing: script/test installs it"
        done = subprocess.run(
            [program, *map(str, words)],
            env={"PATH": PLACES, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"} | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout

    return run


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate of the site for this hour, its key, and both in one file."""
    folder = tmp_path_factory.mktemp("certificate")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SITE)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(SITE)]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    chain = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "chain.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(private)
    (folder / "both.pem").write_bytes(chain + private)
    return folder
