"""How often each thing may be done: the table, line by line, and what holds to it."""

from datetime import timedelta

import pytest

from cabinet.models import StoredFile
from cabinet.services import files, limits
from cabinet.services.limits import TooManyAttemptsError
from cabinet.services.payments import start

MINUTES, HOURS, DAYS = 60, 3600, 24 * 3600

#: What is limited, for whom, and to how many in how long.
TABLE = {
    "sign-in, a name": [(limits.LOGIN_SHORT, 10, 5 * MINUTES)],
    "sign-in, an address": [(limits.LOGIN_ADDRESS, 600, 5 * MINUTES)],
    "second factor, a person": [
        (limits.FACTORS[0], 5, 5 * MINUTES),
        (limits.FACTORS[1], 20, HOURS),
        (limits.FACTORS[2], 50, DAYS),
    ],
    "second factor, an address": [(limits.FACTOR_ADDRESS, 50, HOURS)],
    "registration, an account": [
        (limits.REGISTRATION_ACCOUNT_DAY, 5, DAYS),
        (limits.REGISTRATION_ACCOUNT_MONTH, 20, 30 * DAYS),
    ],
    "registration, an e-mail": [(limits.REGISTRATION_MAIL_DAY, 3, DAYS)],
    "registration, an address": [(limits.REGISTRATION_ADDRESS, 100, HOURS)],
    "registration, everybody": [(limits.QUEUE, 5000, DAYS)],
    "reset, an e-mail": [
        (limits.RESET_SHORT, 3, 6 * HOURS),
        (limits.RESET_DAY, 5, DAYS),
    ],
    "reset, an address": [(limits.RESET_ADDRESS, 20, HOURS)],
    "payment, a person": [(limits.PAYMENT_HOUR, 10, HOURS)],
    "payment, an address": [(limits.PAYMENT_ADDRESS, 300, HOURS)],
    "reading, a meter": [(limits.READING_DAY, 20, DAYS)],
    "photograph, a person": [(limits.UPLOAD_DAY, 20, DAYS)],
    "document, a person": [(limits.PDF_HOUR, 30, HOURS)],
    "notice, a network": [(limits.NOTICE_FORGED, 10, MINUTES)],
}


@pytest.mark.parametrize("line", TABLE)
def test_the_figures_are_those_of_the_table(line):
    for limit, most, seconds in TABLE[line]:
        assert (limit.most, limit.seconds) == (most, seconds)


def test_three_payments_may_be_open_and_a_hundred_megabytes_kept():
    assert start.MOST_OPEN == 3
    assert limits.UPLOAD_BYTES == 100 * 1024 * 1024


def keep(owner, size, now, **values):
    return StoredFile.create(
        **{
            "public_id": f"00000000-0000-4000-8000-{size:012}",
            "purpose": "reading_photo",
            "media_type": "image/jpeg",
            "size": size,
            "sha256": "0" * 64,
            "owner": owner,
            "created_at": now,
            "expires_at": now + timedelta(days=365),
            **values,
        }
    )


def test_files_of_a_person_are_full_until_the_oldest_goes(alice, bob, now):
    most = limits.UPLOAD_BYTES
    keep(alice, most - 1, now)
    keep(bob, most, now)
    keep(alice, most + 1, now, purpose="export")
    keep(alice, most + 2, now, expires_at=None)
    assert files.full_until(alice.id, most) is None
    keep(alice, 1, now + timedelta(days=1), expires_at=now + timedelta(days=400))
    assert files.full_until(alice.id, most) == now + timedelta(days=365)


def test_one_too_many_tells_when_to_come_again(db, now):
    values = {"pepper": "p", "now": now}
    for _ in range(limits.PAYMENT_ADDRESS.most):
        limits.spend(limits.PAYMENT_ADDRESS, "192.0.2.1", **values)
    with pytest.raises(TooManyAttemptsError) as caught:
        limits.spend(limits.PAYMENT_ADDRESS, "192.0.2.1", **values)
    assert caught.value.again_at > now
