import logging

from cabinet.jobs import audit
from cabinet.models.base import writing
from cabinet.services import audit as log
from cabinet.services import audit_chain


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
