"""A worker that makes as many turns as a test tells it."""

import pytest

from cabinet.jobs import worker


@pytest.fixture
def turns(monkeypatch, clock):
    """Let the worker make some turns; each takes as long as it is told."""

    def turns(*pauses):
        left = list(pauses)

        class Stop:
            def set(self):
                left.clear()

            def is_set(self):
                return not left

            def wait(self, _seconds):
                clock.set(clock.get() + left.pop(0))

        monkeypatch.setattr(worker, "Event", Stop)
        monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
        # They have threads and a pace of their own, and would take turns away.
        for name in (
            "_send_mail",
            "_work_long",
            "_work_on_bills",
            "_work_on_loads",
            "_work_on_words",
            "_count_for_others",
            "_check_at_night",
            "_follow_payments",
            "_read_mailbox",
        ):
            monkeypatch.setattr(worker, name, lambda *_: None)

    return turns


class Standing:
    def __init__(self, clock):
        self.now = clock.get
