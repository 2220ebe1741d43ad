"""Looking, by those who see the most: every page there is, on what there is.

The rules for all routes ask for what is not there, as a customer; here everything is
there, and staff look as well.
"""

import re

import pytest

from cabinet.models import AuditEntry
from cabinet.models.base import database
from tests.house.policy import ROUTES
from tests.house.rows import digest
from tests.house.test_matrix import asked, rule_of, url_of
from tests.house.world import HER_MARKS, HER_MONEY, World

LOOKERS = ("alice", "operator", "admin")
#: What differs from one answer to the next.
VOLATILE = re.compile(r'name="(?:csrf_token|key)" value="[^"]*"')
#: What looking may write: who looked, how often, that the session or the key is in use.
NOTED = re.compile(
    r'^(?:INSERT INTO "?(?:audit_entry|attempt)"?\b'
    r'|UPDATE "?session"?\b|UPDATE "?personal_key"? SET "last_used_at" = \S+ WHERE)'
)
WRITES = re.compile(r"^(?:INSERT|UPDATE|DELETE|REPLACE|MERGE)\b", re.IGNORECASE)


@pytest.fixture
def world(app, now):
    return World(app, now)


def addresses(app, world, actor):
    """Return what the actor may look at: the key of the policy and the address."""
    found = {}
    for key, line in ROUTES.items():
        method, _, address = key.partition("?")[0].partition(" ")
        if method != "GET" or line.rule.key or actor not in line.rule.opens:
            continue
        rule = rule_of(app, method, address)
        values = asked(line, world, actor)
        rest = {k: v for k, v in values.items() if k not in rule.arguments}
        found[key] = (url_of(rule, values), rest)
    return found


@pytest.mark.parametrize("actor", LOOKERS)
def test_looking_writes_nothing(app, world, actor):
    pages = addresses(app, world, actor)
    client = world.client(actor)
    written = []

    def note(event):
        if WRITES.match(event.sql.lstrip()) and not NOTED.match(event.sql.lstrip()):
            written.append(f"{key}: {event.sql}")

    before = digest()
    database.obj.query_hooks.append(note)
    for key, (url, query) in pages.items():
        assert client.get(url, query_string=query).status_code < 500, key
    database.obj.query_hooks.remove(note)
    assert written == []
    assert digest() == before


@pytest.mark.parametrize(
    ("actor", "least"), [("alice", 20), ("operator", 10), ("admin", 10)]
)
def test_every_fragment_is_a_part_of_its_page(app, world, actor, least, monkeypatch):
    # The password a page proposes is another each time.
    monkeypatch.setattr("cabinet.services.passwords.secrets.choice", max)
    client = world.client(actor)
    seen = set()
    for key, (url, query) in addresses(app, world, actor).items():
        headers = {"HX-Request": "true"}
        fragment = client.get(url, query_string=query, headers=headers)
        part = fragment.get_data()
        if fragment.mimetype != "text/html" or not part or b"<html" in part:
            continue
        page = client.get(url, query_string=query)
        title, _, rest = part.decode().partition("\n")
        assert title.startswith("<title>"), key
        assert steady(rest.strip()) in steady(page.get_data(as_text=True)), key
        seen.add(key)
    assert len(seen) >= least, sorted(seen)


def steady(html):
    return VOLATILE.sub("", html)


@pytest.mark.parametrize("actor", ["operator", "admin"])
def test_staff_see_no_customer_without_a_trace(app, world, actor):
    """A page that shows whose account it is leaves an entry that names the account."""
    client = world.client(actor)
    seen, untold = set(), []
    for key, (url, query) in addresses(app, world, actor).items():
        before = AuditEntry.select().count()
        answer = client.get(url, query_string=query)
        if not key.startswith("GET /staff") or answer.mimetype != "text/html":
            continue
        text = answer.get_data(as_text=True)
        if not any(mark in text for mark in (*HER_MARKS, *HER_MONEY)):
            continue
        seen.add(key)
        made = AuditEntry.select().order_by(AuditEntry.id).offset(before)
        if not any(row.account_id == world.account.id for row in made):
            untold.append((key, [row.action for row in made]))
    assert not untold, untold
    assert {"GET /staff/payments", "GET /staff/payments/<uuid:public_id>"} <= seen, seen
