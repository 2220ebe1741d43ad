"""Asking to register: the request, the code that proves the mailbox."""

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.money import Money
from cabinet.domain.period import local_day
from cabinet.domain.registration import RegistrationState, move
from cabinet.models import Branch, RegistrationRequest
from cabinet.models.base import reading, writing
from cabinet.models.keyed import keyed
from cabinet.services import audit, consents, documents, limits, outbox
from cabinet.services.audit import Actor
from cabinet.services.documents import DocumentText
from cabinet.services.registration import facts
from cabinet.services.registration.decide import open_by_facts
from cabinet.services.registration.letters import Links
from cabinet.services.registration.state import Asked, get_request, shown

CODE_LASTS = timedelta(minutes=30)
MOST_TRIES = 5
MAIL = "registration_code"


class BranchUnknownError(ValueError):
    """No branch has the code that was chosen."""


class WrongCodeError(ValueError):
    """The code does not fit; says how many tries are left, none asks for a new one."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


@dataclass(frozen=True, slots=True)
class BranchChoice:
    """A branch to choose from."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What the form needs: branches, and the texts to consent to."""

    branches: tuple[BranchChoice, ...]
    processing: DocumentText
    letters: DocumentText


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What was typed; `key` makes a form sent twice one request.

    `user_id` is of somebody who already has a cabinet: there is no code then.
    """

    key: str
    branch: str
    account_number: str
    amount: Money | None
    receipt_code: str
    email: str
    wants_letters: bool = False
    user_id: int | None = None


def offer(*, day: date) -> Offer | None:
    """Return what to choose from, None while the office has not made it ready."""
    with reading():
        branches = tuple(
            BranchChoice(code, name)
            for code, name in Branch.select(Branch.code, Branch.name)
            .order_by(Branch.name)
            .tuples()
        )
        try:
            processing = documents.find_document(documents.PROCESSING, day=day)
            letters = documents.find_document(documents.LETTERS, day=day)
        except documents.DocumentNotFoundError:
            return None
    if not branches:
        return None
    return Offer(branches=branches, processing=processing, letters=letters)


@keyed
def ask(
    wish: Wish,
    *,
    address: str,
    links: Links,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> Asked:
    """Write the request down and send the code; the same whether or not anything fits.

    Who has a cabinet needs no code: the request waits, or the account opens at once where
    the branch opens by facts alone. Over the limits of an account what was compared is not kept, over those of an address
    no mail leaves: the answer stays the same. Raises limits.TooManyAttemptsError for
    a network that asks too often, BranchUnknownError.
    """
    with writing():
        known = RegistrationRequest.get_or_none(RegistrationRequest.key == wish.key)
        if known is not None:
            return shown(known, now=now)
        limits.count(limits.REGISTRATION_ADDRESS, address, pepper=pepper, now=now)
        _check_queue(now)
        branch = Branch.get_or_none(Branch.code == wish.branch)
        if branch is None:
            raise BranchUnknownError(wish.branch)
        compared, is_compared = _compared(wish, pepper, now)
        row = RegistrationRequest.create(
            public_id=uuid.uuid4(),
            key=wish.key,
            branch=branch,
            account_number=wish.account_number,
            account=compared.account_id,
            amount=wish.amount,
            receipt_code_hash=(
                facts.hash_of(wish.receipt_code, pepper) if wish.receipt_code else None
            ),
            email=wish.email,
            user=wish.user_id,
            matched=sorted(compared.matched) if is_compared else [],
            is_compared=is_compared,
            created_at=now,
            address_hash=actor.address_hash,
        )
        audit.record(
            actor, "registration.asked", now=now, subject=f"registration:{row.id}"
        )
        if wish.user_id is not None:
            _wait(row, actor, now)
            open_by_facts(row, links=links, now=now)
        else:
            _consent(row, wish, branch, actor, now)
            _send_code(row, pepper, now)
        return shown(row, now=now)


def confirm(
    public_id: UUID,
    code: str,
    *,
    links: Links,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> Asked:
    """Take the code from the letter: now the request waits for a specialist.

    Where the branch opens by facts alone and two fit, the account opens at once. A
    second time changes nothing. Raises RequestNotFoundError, WrongCodeError.
    """
    tries_left = None
    with writing():
        row = get_request(public_id, locked=True)
        if row.state is RegistrationState.DRAFT:
            tries_left = _check(row, code, pepper, now)
            if tries_left is None:
                _wait(row, actor, now)
                open_by_facts(row, links=links, now=now)
        answer = shown(row, now=now)
    if tries_left is not None:
        raise WrongCodeError(tries_left)
    return answer


def send_code_again(
    public_id: UUID, *, actor: Actor, pepper: str, now: datetime
) -> Asked:
    """Send a new code, which voids the old one.

    Raises RequestNotFoundError, limits.TooManyAttemptsError.
    """
    with writing():
        row = get_request(public_id, locked=True)
        if row.state is RegistrationState.DRAFT:
            limits.count(
                limits.REGISTRATION_CODE_HOUR,
                f"request:{row.id}",
                pepper=pepper,
                now=now,
            )
            _send_code(row, pepper, now)
            audit.record(
                actor,
                "registration.code_again",
                now=now,
                subject=f"registration:{row.id}",
            )
        return shown(row, now=now)


def _check_queue(now: datetime) -> None:
    """Refuse while more wait than specialists can look through, whoever asks."""
    waiting = RegistrationRequest.select().where(
        RegistrationRequest.state == RegistrationState.WAITING
    )
    if waiting.count() >= limits.QUEUE.most:
        tomorrow = now + timedelta(seconds=limits.QUEUE.seconds)
        raise limits.TooManyAttemptsError(limits.QUEUE, "queue", tomorrow)


def _compared(wish: Wish, pepper: str, now: datetime) -> tuple[facts.Compared, bool]:
    """Return what was compared, and whether it may be told from the limits."""
    fitting = [
        limits.fits(limit, wish.account_number, pepper=pepper, now=now)
        for limit in (
            limits.REGISTRATION_ACCOUNT_DAY,
            limits.REGISTRATION_ACCOUNT_MONTH,
        )
    ]
    compared = facts.compare(
        wish.account_number,
        amount=wish.amount,
        receipt_code=wish.receipt_code,
        pepper=pepper,
        now=now,
    )
    return compared, all(fitting)


def _consent(
    row: RegistrationRequest, wish: Wish, branch: Branch, actor: Actor, now: datetime
) -> None:
    """Write each act of consent as a row of its own (152-FZ, article 9 part 1)."""
    day = local_day(now, ZoneInfo(branch.time_zone))
    given = [documents.PROCESSING]
    if wish.wants_letters:
        given.append(documents.LETTERS)
    for code in given:
        consents.give(
            code,
            registration_id=row.id,
            channel="registration",
            day=day,
            actor=actor,
            now=now,
        )


def _send_code(row: RegistrationRequest, pepper: str, now: datetime) -> None:
    code = f"{secrets.randbelow(10**6):06}"
    row.code_hash = _hash(row, code, pepper)
    row.code_tries = 0
    row.code_expires_at = now + CODE_LASTS
    row.version += 1
    row.save()
    if limits.fits(limits.REGISTRATION_MAIL_DAY, row.email, pepper=pepper, now=now):
        outbox.put(
            MAIL,
            key=f"registration-code:{row.id}:{row.version}",
            recipient=row.email,
            context={
                "number": row.id,
                "code": code,
                "minutes": int(CODE_LASTS.total_seconds()) // 60,
            },
            now=now,
            is_secret=True,
        )


def _check(
    row: RegistrationRequest, code: str, pepper: str, now: datetime
) -> int | None:
    """Count a try; return None where the code fits, else how many tries are left."""
    is_alive = row.code_tries < MOST_TRIES and (row.code_expires_at or now) > now
    row.code_tries += 1
    fits = hmac.compare_digest(row.code_hash, _hash(row, code, pepper))
    if is_alive and fits:
        return None
    row.save()
    return max(0, MOST_TRIES - row.code_tries) if is_alive else 0


def _wait(row: RegistrationRequest, actor: Actor, now: datetime) -> None:
    row.state = move(row.state, RegistrationState.WAITING)
    row.confirmed_at = now
    row.code_hash = ""
    row.version += 1
    row.save()
    audit.record(
        actor,
        "registration.confirmed",
        now=now,
        subject=f"registration:{row.id}",
        account_id=row.account_id,
    )


def _hash(row: RegistrationRequest, code: str, pepper: str) -> str:
    text = f"registration-code:{row.public_id}:{code}".encode()
    return hmac.new(pepper.encode(), text, hashlib.sha256).hexdigest()
