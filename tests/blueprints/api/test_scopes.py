"""Every address for programs by every kind of key: none of them reaches further."""

import pytest

from cabinet.domain.keys import KeyScope
from cabinet.models import AccountAccess, Reading
from cabinet.services import personal_keys
from tests import factories
from tests.blueprints.api.test_api import Program, key_of

#: What a key answers at what reads, and at what sends.
REACH = {
    "none": (401, 401),
    "wrong": (401, 401),
    "of a calendar": (401, 401),
    "to read": (200, 403),
    "to submit": (200, 201),
    "revoked": (401, 401),
    "of a delegate": (200, 201),
    "of a stranger": (404, 404),
}
#: What who only sends readings does not see.
MONEY = {"readings", "balance", "bills", "payments"}


@pytest.fixture
def programs(app, alice, bob, charlie, account, meter, now):
    """A program with each kind of key; all speak of one account by its name."""
    AccountAccess.update(slug="home").where(
        AccountAccess.user.in_([alice.id, bob.id])
    ).execute()
    keys = {
        "none": "",
        "wrong": "x" * 43,
        "of a calendar": key_of(alice, KeyScope.CALENDAR, now),
        "to read": key_of(alice, KeyScope.READ, now),
        "to submit": key_of(alice, KeyScope.SUBMIT, now),
        "of a delegate": key_of(bob, KeyScope.SUBMIT, now),
        "of a stranger": key_of(charlie, KeyScope.SUBMIT, now),
    }
    other = factories.make_customer("other@example.org")
    factories.give_access(other, account, slug="other")
    keys["revoked"] = key_of(other, KeyScope.SUBMIT, now)
    personal_keys.revoke_all(other.id, now=now)
    return {name: Program(app, key) for name, key in keys.items()}


def addresses(app, meter):
    """Yield the method and the address of everything but the document."""
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("api.") or not rule.rule.startswith("/api/v1"):
            continue
        for method in rule.methods & {"GET", "POST"}:
            path = rule.rule.replace("<string:slug>", "home")
            yield method, path.replace("<uuid:meter_id>", str(meter.public_id))


@pytest.mark.parametrize("kind", REACH)
def test_a_key_reaches_as_far_as_it_says(app, programs, meter, kind):
    program, (reads, sends) = programs[kind], REACH[kind]
    known = [one for one in addresses(app, meter) if "openapi" not in one[1]]
    assert len(known) == 9
    for method, path in known:
        last = path.rpartition("/")[2]
        if method == "POST":
            answer = program.post(path, {"registers": {"t1": 4150}})
            assert answer.status_code == sends, path
            continue
        wanted = reads
        if kind == "of a stranger" and last == "accounts":
            wanted = 200
        if kind == "of a delegate" and last in MONEY:
            wanted = 404
        assert program.get(path).status_code == wanted, path
    assert Reading.select().exists() == (sends == 201)


def test_every_scope_is_tried():
    told = {"of a calendar", "to read", "to submit"}
    assert len(told) == len(KeyScope)
    assert told < REACH.keys()
