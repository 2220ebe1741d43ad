"""What the doctor says of the certificate of the public address, over a real https."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509

from cabinet.cli.context import Context
from cabinet.cli.doctor import certificate, outside, roots
from cabinet.cli.doctor.words import FAULT, WARNING, WELL
from cabinet.config import Clock, Mode
from tests import certificates
from tests.certificates import PEM, Authority, Front, Served, Site

NEW = datetime(2021, 3, 22, tzinfo=UTC)


@pytest.fixture
def trust(tmp_path, monkeypatch):
    """Make this machine know the roots given, and browsers those that are public."""

    def trust(*known, public=()):
        path = tmp_path / "roots.pem"
        path.write_bytes(b"".join(one.certificate.public_bytes(PEM) for one in known))
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        names = frozenset(one.name.public_bytes() for one in public)
        monkeypatch.setattr(roots, "of_browsers", lambda: names)

    return trust


@pytest.fixture
def said(settings, tmp_path):
    """Serve a site with a chain, and return what the doctor says of its address."""

    def said(site, chain, handler=Front):
        pem = site.write(tmp_path / "site.pem", chain)
        with Served(handler, pem=pem) as served:
            safe = replace(settings, mode=Mode.PRODUCTION, public_url=served.url)
            words = list(outside.address(Context(safe, Clock())))
        assert all(word.remedy for word in words if word.level != WELL)
        return [(word.level, word.text) for word in words]

    return said


def test_a_whole_chain_to_an_old_root_is_well(said, trust):
    root = Authority("Old Root")
    trust(root, public=[root])
    middle = Authority("Middle", signer=root)
    words = said(Site(middle), middle.chain())
    assert [level for level, _ in words] == [WELL, WELL]
    assert "цепочка до «Old Root»" in words[0][1]
    assert "открывается, заголовки на месте" in words[1][1]


@pytest.mark.parametrize(("days", "count"), [(5, 1), (13, 1), (14, 0)])
def test_the_last_days_are_told(said, trust, days, count):
    root = Authority("Old Root")
    trust(root, public=[root])
    soon = (WARNING, f"сертификат кончается через {days} дн.")
    assert said(Site(root, days=days), []).count(soon) == count


def test_an_expired_one_is_told_once(said, trust):
    root = Authority("Old Root")
    trust(root, public=[root])
    words = said(Site(root, days=-3), [])
    assert words == [(FAULT, "сертификат 127.0.0.1 просрочен, свой или промежуточный")]


def test_one_of_tomorrow_asks_for_the_clock(said, trust):
    root = Authority("Old Root")
    trust(root, public=[root])
    tomorrow = certificates.now() + timedelta(days=1)
    words = said(Site(root, since=tomorrow), [])
    assert words == [(FAULT, "сертификат 127.0.0.1 ещё не действует")]


def test_another_name_and_a_signature_of_its_own_are_told(said, trust):
    root = Authority("Old Root")
    trust(root, public=[root])
    words = said(Site(root, host="192.0.2.7"), [])
    assert words == [(FAULT, "сертификат 127.0.0.1 выдан на другое имя")]
    words = said(Site(None), [])
    assert words == [(FAULT, "сертификат 127.0.0.1 подписан сам собой")]


def test_a_chain_that_breaks_off_is_told_with_what_it_lacks(said, trust):
    root = Authority("Old Root")
    trust(root, public=[root])
    one = Authority("First", signer=root)
    two = Authority("Second", signer=one)
    ((level, text),) = said(Site(two), [])
    assert (level, "обрывается: нет промежуточного" in text) == (FAULT, True)
    assert "«Second»" in text
    ((level, text),) = said(Site(two), [two.certificate])
    assert (level, "кончается на «First»" in text) == (FAULT, True)
    assert said(Site(two), two.chain())[0][0] == WELL


def test_a_root_old_telephones_lack_is_told(said, trust):
    root = Authority("New Root", since=NEW)
    trust(root, public=[root])
    words = said(Site(root), [])
    assert words[0] == (
        WARNING,
        "корень цепочки «New Root»: Android 7.0 и старше его не знает",
    )
    assert words[1][0] == WELL


def test_a_new_root_that_an_old_one_signed_is_known_to_all(said, trust):
    old = Authority("Old Root")
    new = Authority("New Root", since=NEW)
    trust(old, new, public=[old, new])
    middle = Authority("Middle", signer=new)
    crossed = new.again_by(old).certificate
    assert said(Site(middle), [middle.certificate, crossed])[0][0] == WELL
    # Who leaves the last of them out has a chain that only new telephones end.
    assert said(Site(middle), [middle.certificate])[0][0] == WARNING


def test_the_root_of_the_ministry_is_known_to_few(said, trust):
    old = Authority("Old Root")
    root = Authority("Russian Trusted Root CA", since=datetime(2022, 3, 1, tzinfo=UTC))
    middle = Authority("Russian Trusted Sub CA", signer=root)
    for known in (root, old):
        # Banks ask for it: an office's machine may know it, its customers do not.
        trust(known, public=[old])
        words = said(Site(middle), middle.chain())
        assert words[0][0] == FAULT
        assert "корень Минцифры «Russian Trusted Root CA»" in words[0][1]


def test_a_root_of_the_office_itself_is_nobodys(said, trust):
    own = Authority("Own Root")
    trust(own)
    words = said(Site(own), [])
    assert words[0][0] == FAULT
    assert "«Own Root» знает эта машина, но не браузеры клиентов" in words[0][1]


def test_where_openssl_is_lacking_that_is_told(said, trust, monkeypatch):
    root = Authority("Old Root")
    trust(root, public=[root])
    monkeypatch.setattr(certificate.shutil, "which", lambda _: None)
    assert said(Site(root), [])[0] == (
        WARNING,
        "чем кончается цепочка, посмотреть не удалось",
    )


def test_headers_are_looked_at_over_https_too(said, trust):
    root = Authority("Old Root")
    trust(root, public=[root])
    bare = type("bare", (Front,), {"sent": {}})
    words = said(Site(root), [], handler=bare)
    assert (words[1][0], "Strict-Transport-Security" in words[1][1]) == (FAULT, True)


def of_mozilla():
    text = Path(certifi.where()).read_text("utf-8")
    end = "-----END CERTIFICATE-----"
    pieces = (piece.partition("-----BEGIN")[2] for piece in text.split(end))
    pems = (f"-----BEGIN{piece}{end}" for piece in pieces if piece)
    return roots.parse(map(ssl.PEM_cert_to_DER_cert, pems))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("ISRG Root X1", roots.Known.NOT_BY_OLD),
        ("ISRG Root X2", roots.Known.NOT_BY_OLD),
        ("GTS Root R1", roots.Known.NOT_BY_OLD),
        ("GTS Root R4", roots.Known.NOT_BY_OLD),
        ("Sectigo Public Server Authentication Root R46", roots.Known.NOT_BY_OLD),
        ("Sectigo Public Server Authentication Root E46", roots.Known.NOT_BY_OLD),
        ("USERTrust RSA Certification Authority", roots.Known.BY_ALL),
        ("USERTrust ECC Certification Authority", roots.Known.BY_ALL),
        ("DigiCert Global Root G2", roots.Known.BY_ALL),
        ("Starfield Root Certificate Authority - G2", roots.Known.BY_ALL),
    ],
)
def test_roots_that_are_really_there(name, known):
    """By the certificates themselves, as Mozilla's list has them."""
    anchors = of_mozilla()
    (root,) = [one for one in anchors if name in one.subject.rfc4514_string()]
    signer = Authority(name)
    signer.name = root.subject
    verdict = roots.judge([Site(signer).certificate], anchors)
    assert verdict == roots.Verdict(known, name)


def test_every_root_of_mozillas_list_is_read():
    anchors = of_mozilla()
    assert len(anchors) > 100
    assert {one.subject.public_bytes() for one in anchors} == roots.of_browsers()
    assert isinstance(anchors[0], x509.Certificate)
    assert roots.parse([b"no certificate"]) == []
