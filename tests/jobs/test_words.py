"""The worker makes the words that accounts are found by, by itself."""

from cabinet.jobs import worker
from cabinet.models import SearchDue, SearchWord
from cabinet.models.base import database
from cabinet.services import searching
from tests import factories
from tests.jobs.conftest import Standing


class Once:
    """Lets the loop make one turn."""

    def __init__(self):
        self.turns = 0

    def is_set(self):
        return self.turns > 0

    def wait(self, _seconds):
        self.turns += 1


def test_what_is_due_is_made(app, clock, db):
    factories.make_account()
    factories.make_account("460000000002")
    database.close()
    worker._work_on_words(app, Standing(clock), Once())
    assert not SearchDue.select().exists()
    assert SearchWord.select(SearchWord.account_id).distinct().count() == 2


def test_with_nothing_due_nobody_waits_for_it(app, db):
    database.close()
    asked = []
    database.obj.query_hooks.append(lambda event: asked.append(event.sql))
    assert searching.make_due() == 0
    database.obj.query_hooks.pop()
    assert [sql for sql in asked if "BEGIN" in sql or "DELETE" in sql] == []


def test_a_fault_is_told_and_the_next_turn_goes_on(app, clock, db, monkeypatch, caplog):
    factories.make_account()

    def fail(_ids):
        raise OSError

    monkeypatch.setattr("cabinet.services.searching.keeping._write", fail)
    database.close()
    worker._work_on_words(app, Standing(clock), Once())
    assert "job failed" in caplog.text
    assert SearchDue.select().count() == 1
    monkeypatch.undo()
    worker._work_on_words(app, Standing(clock), Once())
    assert not SearchDue.select().exists()
