"""The second factor of staff: one-time codes of an application, and codes to recover.

A code works once: the step of the last one taken is kept, and only a later step is
taken, by one statement. The secret lies in the database encrypted with a key that does
not; where the settings' secret changed, factors are to be reset (`cabinet staff`).
"""

import base64
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hmac import compare_digest
from zoneinfo import ZoneInfo

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from peewee import IntegrityError

from cabinet.models import RecoveryCode, SecondFactor, User
from cabinet.models.base import database, lock, reading, writing
from cabinet.services import audit, limits, outbox, sessions
from cabinet.services.audit import Actor
from cabinet.services.sessions import SignedIn

log = logging.getLogger(__name__)

STEP_SECONDS = 30
CODE_DIGITS = 6
SECRET_BYTES = 20
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
MAIL = "factor_changed"


class WrongCodeError(Exception):
    """The code does not fit."""


class CodeUsedError(WrongCodeError):
    """The code is right and was taken before; the next one comes in half a minute."""


class FactorExistsError(Exception):
    """The person has a second factor already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A secret to be put into an application: as text and as an address for a code."""

    secret: str
    uri: str

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the secret in groups of four, to be typed."""
        return _groups(self.secret)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proved:
    """The new cookie of a session that showed its factor, and codes made with it."""

    sid: str
    recovery_codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a letter about the factor says besides the event: where to turn, the zone."""

    link: str
    zone: ZoneInfo


def is_enrolled(user_id: int) -> bool:
    """Tell whether the person has a second factor."""
    return bool(
        SecondFactor.select()
        .where(SecondFactor.user == user_id, SecondFactor.confirmed_at.is_null(False))
        .exists()
    )


def codes_left(user_id: int) -> int:
    """Return how many recovery codes the person has not used."""
    return int(
        RecoveryCode.select()
        .where(RecoveryCode.user == user_id, RecoveryCode.used_at.is_null())
        .count()
    )


def offer(signed_in: SignedIn, sid: str, *, issuer: str, pepper: str) -> Offer:
    """Return the secret for this browser's session; nothing is written.

    It is made of the cookie, so looking again shows the same one, and what lies in the
    database is not enough to make it.
    """
    text = f"factor-secret:{signed_in.user_id}:{sid}".encode()
    raw = hmac.new(pepper.encode(), text, hashlib.sha256).digest()[:SECRET_BYTES]
    secret = base64.b32encode(raw).decode()
    uri = pyotp.TOTP(secret).provisioning_uri(name=signed_in.email, issuer_name=issuer)
    return Offer(secret=secret, uri=uri)


def enrol(
    signed_in: SignedIn,
    offered: Offer,
    code: str,
    *,
    may_replace: bool,
    actor: Actor,
    told: Told,
    network: str,
    pepper: str,
    now: datetime,
) -> Proved:
    """Take the offered secret, if a code of it is shown, and make recovery codes.

    Raises WrongCodeError, FactorExistsError unless it may be replaced, or
    limits.TooManyAttemptsError.
    """
    _count(signed_in, network, actor, pepper=pepper, now=now)
    step = _step_of(offered.secret, code, now)
    if step is None:
        _refuse(signed_in, actor, now)
    with writing():
        _give_back(signed_in.user_id, network, pepper=pepper, now=now)
        if may_replace:
            _forget(signed_in.user_id)
        _keep(signed_in.user_id, offered.secret, step or 0, pepper=pepper, now=now)
        codes = _make_codes(signed_in.user_id, pepper=pepper, now=now)
        sid = sessions.prove(signed_in, now=now)
        _note(signed_in, "enrolled", actor=actor, told=told, now=now)
    return Proved(sid=sid, recovery_codes=codes)


def show_code(
    signed_in: SignedIn,
    code: str,
    *,
    actor: Actor,
    network: str,
    pepper: str,
    now: datetime,
) -> Proved:
    """Open the session with a code of the application.

    Raises WrongCodeError, CodeUsedError or limits.TooManyAttemptsError.
    """
    _count(signed_in, network, actor, pepper=pepper, now=now)
    step = _step_of(_secret_of(signed_in.user_id, pepper), code, now)
    if step is None:
        _refuse(signed_in, actor, now)
    with writing():
        taken = (
            SecondFactor.update(last_step=step)
            .where(
                SecondFactor.user == signed_in.user_id,
                SecondFactor.last_step < step,
            )
            .execute()
        )
        if taken:
            _give_back(signed_in.user_id, network, pepper=pepper, now=now)
            sid = sessions.prove(signed_in, now=now)
            _record(signed_in, "factor.shown", actor=actor, now=now)
        else:
            _record(signed_in, "factor.replayed", actor=actor, now=now)
    if not taken:
        raise CodeUsedError
    return Proved(sid=sid)


def show_recovery(
    signed_in: SignedIn,
    code: str,
    *,
    actor: Actor,
    told: Told,
    network: str,
    pepper: str,
    now: datetime,
) -> Proved:
    """Open the session with a recovery code, which is used up; a letter tells.

    Raises WrongCodeError or limits.TooManyAttemptsError.
    """
    _count(signed_in, network, actor, pepper=pepper, now=now)
    with writing():
        used = (
            RecoveryCode.update(used_at=now)
            .where(
                RecoveryCode.user == signed_in.user_id,
                RecoveryCode.code_hash == _hash_of(code, pepper),
                RecoveryCode.used_at.is_null(),
            )
            .execute()
        )
        if used:
            _give_back(signed_in.user_id, network, pepper=pepper, now=now)
            sid = sessions.prove(signed_in, now=now)
            _note(signed_in, "recovered", actor=actor, told=told, now=now)
    if not used:
        _refuse(signed_in, actor, now)
    return Proved(sid=sid)


def renew_codes(
    signed_in: SignedIn, *, actor: Actor, told: Told, pepper: str, now: datetime
) -> tuple[str, ...]:
    """Make ten recovery codes in place of the old ones and return them; one set is good."""
    with writing():
        lock(User.select(User.id).where(User.id == signed_in.user_id)).get()
        RecoveryCode.delete().where(RecoveryCode.user == signed_in.user_id).execute()
        codes = _make_codes(signed_in.user_id, pepper=pepper, now=now)
        _note(signed_in, "codes_renewed", actor=actor, told=told, now=now)
    return codes


def reset(user_id: int, *, actor: Actor, reason: str, now: datetime) -> None:
    """Take a lost factor away: the person enrols another at the next sign-in.

    Their sessions end. The letter has no link: they turn to a colleague.
    """
    with writing():
        _forget(user_id)
        sessions.end_all(user_id, now=now)
        audit.record(
            actor, "factor.reset", now=now, subject=f"user:{user_id}", reason=reason
        )
        email = User.select(User.email).where(User.id == user_id).scalar()
        if email:
            told = Told(link="", zone=ZoneInfo("UTC"))
            _put(user_id, email, "reset", told=told, now=now)


def add(user_id: int, secret: str, *, pepper: str, now: datetime) -> None:
    """Keep a secret for the person inside the open transaction."""
    _keep(user_id, secret, 0, pepper=pepper, now=now)


def code_at(secret: str, moment: datetime) -> str:
    """Return the code that an application shows at the moment."""
    return pyotp.HOTP(secret, digits=CODE_DIGITS).at(step_at(moment))


def _count(
    signed_in: SignedIn, network: str, actor: Actor, *, pepper: str, now: datetime
) -> None:
    """Count a try; once a limit is used up, tell its owner that somebody guesses.

    Whoever gets so far knows the password.
    """
    # Counted before the check, or many tries at once would all slip under the limit.
    try:
        with writing():
            for limit in limits.FACTORS:
                limits.count(limit, str(signed_in.user_id), pepper=pepper, now=now)
            limits.count(limits.FACTOR_ADDRESS, network, pepper=pepper, now=now)
    except limits.TooManyAttemptsError as error:
        with writing():
            if limits.is_first(error, pepper=pepper, now=now):
                told = Told(link="", zone=ZoneInfo("UTC"))
                _note(signed_in, "guessed", actor=actor, told=told, now=now)
        raise


def _give_back(user_id: int, network: str, *, pepper: str, now: datetime) -> None:
    for limit in limits.FACTORS:
        limits.give_back(limit, str(user_id), pepper=pepper, now=now)
    limits.give_back(limits.FACTOR_ADDRESS, network, pepper=pepper, now=now)


def _refuse(signed_in: SignedIn, actor: Actor, now: datetime) -> None:
    with writing():
        _record(signed_in, "factor.refused", actor=actor, now=now)
    raise WrongCodeError


def _record(signed_in: SignedIn, action: str, *, actor: Actor, now: datetime) -> None:
    audit.record(
        audit.acting_as(signed_in.user_id, actor),
        action,
        now=now,
        subject=f"user:{signed_in.user_id}",
    )


def _note(
    signed_in: SignedIn, event: str, *, actor: Actor, told: Told, now: datetime
) -> None:
    _record(signed_in, f"factor.{event}", actor=actor, now=now)
    _put(signed_in.user_id, signed_in.email, event, told=told, now=now)


def _put(user_id: int, email: str, event: str, *, told: Told, now: datetime) -> None:
    outbox.put(
        MAIL,
        key=f"{MAIL}:{user_id}:{secrets.token_hex(8)}",
        recipient=email,
        context={
            "at": now.isoformat(),
            "zone": str(told.zone),
            "event": event,
            "link": told.link,
        },
        user_id=user_id,
        now=now,
    )


def step_at(moment: datetime) -> int:
    """Return the number of the span of time that a code is of."""
    return int(moment.timestamp()) // STEP_SECONDS


def _step_of(secret: str | None, code: str, now: datetime) -> int | None:
    """Return the step the code belongs to: this one or its neighbours."""
    typed = "".join(character for character in code if character.isalnum())
    made = pyotp.HOTP(secret or base64.b32encode(bytes(SECRET_BYTES)).decode())
    steps = [step_at(now) + shift for shift in (0, -1, 1)]
    fits = [
        step
        for step in steps
        if compare_digest(made.at(step).encode(), typed.encode()) and secret
    ]
    return fits[0] if fits else None


def _secret_of(user_id: int, pepper: str) -> str | None:
    with reading():
        kept = (
            SecondFactor.select(SecondFactor.secret)
            .where(
                SecondFactor.user == user_id, SecondFactor.confirmed_at.is_null(False)
            )
            .scalar()
        )
    if kept is None:
        return None
    try:
        return _cipher(pepper).decrypt(kept.encode()).decode()
    except InvalidToken:
        log.exception("a factor is encrypted with another key: reset it")
        return None


def _keep(user_id: int, secret: str, step: int, *, pepper: str, now: datetime) -> None:
    try:
        with database.savepoint():
            SecondFactor.create(
                user=user_id,
                secret=_cipher(pepper).encrypt(secret.encode()).decode(),
                last_step=step,
                created_at=now,
                confirmed_at=now,
            )
    except IntegrityError as error:
        raise FactorExistsError(user_id) from error


def _forget(user_id: int) -> None:
    SecondFactor.delete().where(SecondFactor.user == user_id).execute()
    RecoveryCode.delete().where(RecoveryCode.user == user_id).execute()


def _make_codes(user_id: int, *, pepper: str, now: datetime) -> tuple[str, ...]:
    codes = tuple(
        base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()
        for _ in range(RECOVERY_CODES)
    )
    for code in codes:
        RecoveryCode.create(
            user=user_id, code_hash=_hash_of(code, pepper), created_at=now
        )
    return tuple("-".join(_groups(code)) for code in codes)


def _hash_of(code: str, pepper: str) -> str:
    typed = "".join(character for character in code.upper() if character.isalnum())
    text = f"recovery:{typed}".encode()
    return hmac.new(pepper.encode(), text, hashlib.sha256).hexdigest()


def _groups(text: str) -> tuple[str, ...]:
    return tuple(text[start : start + 4] for start in range(0, len(text), 4))


@cache
def _cipher(pepper: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"cabinet second factor")
    return Fernet(base64.urlsafe_b64encode(key.derive(pepper.encode())))
