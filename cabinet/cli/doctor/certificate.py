"""The certificate of the public address: its days, its chain, and who knows its root."""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509

from cabinet.cli.doctor import roots
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word

TIMEOUT = 10
#: A certificate is renewed long before that by whatever renews it.
DAYS_LEFT = 14
_PEM = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_ASK = "спросите центр о корне, который есть в старых телефонах: docs/ru/установка.md"

#: What OpenSSL's numbers mean (X509_V_ERR_…, `man openssl-verification-options`).
_NOT_YET, _EXPIRED, _SELF_SIGNED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 18, 62, 64
_NO_ISSUER = frozenset({2, 19, 20, 21})
REFUSALS = {
    _NOT_YET: ("ещё не действует", "верны ли часы этой машины: timedatectl"),
    _EXPIRED: (
        "просрочен, свой или промежуточный",
        "certbot renew; потом systemctl reload веб-серверу впереди",
    ),
    _SELF_SIGNED: (
        "подписан сам собой",
        "возьмите его у удостоверяющего центра, например certbot",
    ),
    **dict.fromkeys(
        (_OTHER_NAME, _OTHER_ADDRESS),
        (
            "выдан на другое имя",
            "закажите на имя из CABINET_PUBLIC_URL или исправьте его",
        ),
    ),
}


def certificate(host: str, port: int, now: datetime) -> Iterator[Word]:
    """Tell of an https address what a browser would, and what an old telephone would.

    Says nothing where nobody answers: whoever opens the page will.
    """
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), timeout=TIMEOUT) as plain,
            context.wrap_socket(plain, server_hostname=host) as tls,
        ):
            told = tls.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        yield _refused(host, port, error)
        return
    except ssl.SSLError as error:
        yield Word(
            FAULT,
            f"{host}:{port} не говорит по TLS: {error.reason or error}",
            "сертификат и ключ веб-сервера впереди: nginx -t, его журнал",
        )
        return
    except OSError:
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
    left = (ends - now).days
    if left < DAYS_LEFT:
        yield Word(
            WARNING,
            f"сертификат кончается через {left} дн.",
            "продлите: certbot renew; включён ли certbot.timer",
        )
    yield _of_root(host, port, roots.parse(context.get_ca_certs(binary_form=True)))


def _refused(host: str, port: int, error: ssl.SSLCertVerificationError) -> Word:
    if error.verify_code in REFUSALS:
        words, remedy = REFUSALS[error.verify_code]
        return Word(FAULT, f"сертификат {host} {words}", remedy)
    sent = sent_by(host, port)
    if error.verify_code in _NO_ISSUER and sent:
        verdict = roots.judge(sent, [])
        if verdict is not None:
            return _national(verdict.root)
        return _broken(host, sent)
    return Word(
        FAULT,
        f"сертификат {host} не подходит: {error.verify_message}",
        "отдавайте всю цепочку (fullchain) и продлевайте её",
    )


def _broken(host: str, sent: list[x509.Certificate]) -> Word:
    signer = roots.last_signer(sent)
    if len(sent) == 1:
        return Word(
            FAULT,
            f"цепочка {host} обрывается: нет промежуточного сертификата «{signer}»",
            "отдавайте всю цепочку: fullchain.pem вместо cert.pem",
        )
    return Word(
        FAULT,
        f"цепочка {host} кончается на «{signer}», которого эта машина не знает",
        "отдавайте всю цепочку (fullchain.pem); если это корень, возьмите сертификат"
        " у центра из списка Mozilla",
    )


def _of_root(host: str, port: int, anchors: list[x509.Certificate]) -> Word:
    sent = sent_by(host, port)
    verdict = roots.judge(sent, anchors)
    if verdict is None:
        return Word(
            WARNING,
            "чем кончается цепочка, посмотреть не удалось",
            "apt install openssl; затем ещё раз cabinet doctor",
        )
    match verdict.known:
        case roots.Known.BY_RUSSIAN_BROWSERS:
            return _national(verdict.root)
        case roots.Known.BY_NOBODY:
            return Word(
                FAULT,
                f"корень «{verdict.root}» знает эта машина, но не браузеры клиентов",
                "возьмите сертификат у центра из списка Mozilla, например certbot",
            )
        case roots.Known.NOT_BY_OLD:
            return Word(
                WARNING,
                f"корень цепочки «{verdict.root}»: Android 7.0 и старше его не знает",
                _ASK,
            )
    return Word(WELL, f"цепочка до «{verdict.root}», её знают и старые телефоны")


def _national(root: str) -> Word:
    return Word(
        FAULT,
        f"корень Минцифры «{root}»: его знают Яндекс Браузер и кто поставил корень сам;"
        " Chrome, Safari и телефоны покажут предупреждение",
        "возьмите сертификат у центра из списка Mozilla; если нельзя — скажите клиентам,"
        " каким браузером входить",
    )


def sent_by(host: str, port: int) -> list[x509.Certificate]:
    """Return the chain as the server sends it, empty where nobody can tell."""
    program = shutil.which("openssl")
    if program is None:
        return []
    there = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    done = subprocess.run(  # noqa: S603 - a program of the system, our own words
        [
            *(program, "s_client", "-connect", there),
            *("-servername", host, "-showcerts"),
        ],
        input="",
        capture_output=True,
        text=True,
        timeout=2 * TIMEOUT,
        check=False,
    )
    pieces = _PEM.findall(done.stdout)
    # Without -showcerts' own mark the first is told twice by some versions.
    ders = dict.fromkeys(ssl.PEM_cert_to_DER_cert(piece) for piece in pieces)
    return roots.parse(ders)
