"""The worker's turns at loads: they go on by themselves until it is told to stop."""

import io

from cabinet.domain.loads import LoadState
from cabinet.domain.people import Role
from cabinet.jobs import worker
from cabinet.models import ImportBatch
from cabinet.services.audit import Actor
from cabinet.services.importing import loads
from cabinet.services.staff import Member
from tests import factories
from tests.bringing import NOW

REGISTRY = "Дата;Код операции;ЛС;Сумма\n14.03.2026;1;460000000001;10,50\n"


class Standing:
    @staticmethod
    def now():
        return NOW


def test_the_worker_checks_a_load(app, db):
    factories.make_account()
    member = Member(factories.make_staff().id, Role.OPERATOR)
    actor = Actor(member.user_id)
    upload = loads.Upload(
        name="p.csv",
        stream=io.BytesIO(REGISTRY.encode()),
        branch="kursk",
        key="0" * 32,
    )
    load = loads.receive(member, upload, actor=actor, now=NOW)
    found = loads.look(member, load, actor=actor, now=NOW)
    layout = {**found.shape.as_data(), "columns": found.columns}
    loads.choose(member, load, "payments", layout, actor=actor, now=NOW)
    left = [True, True]

    class Stop:
        @staticmethod
        def is_set():
            return not left

        @staticmethod
        def wait(_seconds):
            left.pop()

    worker._work_on_loads(app, Standing, Stop())
    row = ImportBatch.get()
    assert (row.state, row.counts) == (LoadState.CHECKED, {"new": 1})
