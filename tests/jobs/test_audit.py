import logging
from datetime import timedelta

from cabinet.jobs import audit
from cabinet.models import OutboxMessage
from cabinet.models.base import writing
from cabinet.services import audit as log
from cabinet.services import audit_chain, audit_heads
from tests import factories


def test_it_seals_a_turn_s_worth_and_tells_the_head(db, now, caplog):
    with writing():
        for _ in range(5):
            log.record(log.SYSTEM, "act", now=now)
    caplog.set_level(logging.INFO, "cabinet")
    assert audit.seal_due(secret="s", now=now, most=3) == 3
    assert audit_chain.find_head() in caplog.text
    assert audit.seal_due(secret="s", now=now) == 2
    caplog.clear()
    assert audit.seal_due(secret="s", now=now) == 0
    assert not caplog.records
    assert audit_chain.verify(secret="s").count == 5


def sealed(now):
    with writing():
        log.record(log.SYSTEM, "act", now=now)
    audit.seal_due(secret="s", now=now)


def test_a_line_a_day_is_kept_outside_the_database(db, now, tmp_path):
    home = tmp_path / "home"
    assert audit.keep_head(home, now=now) == 0  # nothing is sealed yet
    sealed(now)
    assert audit.keep_head(home, now=now) == 1
    sealed(now)
    assert audit.keep_head(home, now=now + timedelta(hours=14)) == 0
    tomorrow = now + timedelta(days=1)
    path = home / audit_heads.NAME
    path.write_bytes(path.read_bytes() + b"cut by a full di")
    assert audit.keep_head(home, now=tomorrow) == 1
    heads = audit_heads.read(path)
    assert [head.at for head in heads] == [now, tomorrow]
    chains = [head.chain for head in heads]
    assert chains[-1] == audit_chain.find_head() != chains[0]
    assert audit_chain.verify(secret="s", heads=chains).damage is None
    assert path.stat().st_mode & 0o777 == 0o600


def test_on_mondays_the_administrators_get_it(db, now, tmp_path):
    factories.make_staff("admin@example.org", role="admin", branches=())
    factories.make_staff("operator@example.org")
    sealed(now)
    for day in range(9):  # from a Sunday
        audit.keep_head(tmp_path, now=now + timedelta(days=day))
    letters = list(OutboxMessage.select().order_by(OutboxMessage.id))
    assert {letter.recipient for letter in letters} == {"admin@example.org"}
    assert [letter.context["day"] for letter in letters] == ["2026-11-23", "2026-11-30"]
    assert letters[0].context["chain"] == audit_chain.find_head()
