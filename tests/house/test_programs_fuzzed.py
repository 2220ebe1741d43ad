"""The door for programs, asked by what its own document allows and does not allow.

Every answer must be one the document tells of, in the shape it tells, and none a fault
of ours.
"""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cabinet.models import Account, Meter, Reading
from cabinet.services import limits
from tests.conftest import SERVER
from tests.house.world import World

#: That an answer is one the document tells of. It is asked with a key that is right.
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
#: Questions of each address; the document has nine of them. Many are over 5 000 in all on
#: the database that is stricter about what it is asked.
FEW, MANY = 25, 160 if SERVER == "sqlite" else 640


@pytest.fixture
def world(app, now):
    return World(app, now)


@pytest.fixture
def answers(app):
    """How often each status was answered."""
    found = {}

    @app.after_request
    def count(response):
        found[response.status_code] = found.get(response.status_code, 0) + 1
        return response

    return found


@pytest.mark.parametrize("most", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_no_question_is_answered_by_a_fault(app, world, answers, monkeypatch, most):
    for name in ("PROGRAM_HOUR", "READING_DAY"):
        limit = getattr(limits, name)
        free = limits.Limit(limit.name, 10**9, limit.seconds)
        monkeypatch.setattr(limits, name, free)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    key = {"Authorization": f"Bearer {world.key_of('alice', 'submit')}"}
    hers = {"account": world.slug_of_hers("alice"), "meter": str(world.meter.public_id)}
    before = {model: model.select().count() for model in (Account, Meter)}
    for operation in (found.ok() for found in schema.get_all_operations()):
        for modes in ([GenerationMode.POSITIVE], [GenerationMode.NEGATIVE]):
            _ask(operation, modes, key, hers, most // 2)
    assert not [status for status in answers if status >= 500]
    assert {200, 201, 422} <= set(answers)
    assert sum(answers.values()) >= most * 8
    assert Reading.select().where(Reading.source == "program").exists()
    assert before == {model: model.select().count() for model in (Account, Meter)}


def _ask(operation, modes, key, hers, most):
    """Ask an address so often, for Alice's own and for what is not there."""

    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=modes[0]))
    def asked(case):
        if case.path_parameters and len(str(case.body)) % 4:
            case.path_parameters |= {
                name: hers[name] for name in case.path_parameters if name in hers
            }
        # Registers and a month that fit are drawn too seldom.
        if isinstance(case.body, dict) and len(str(case.body)) % 3 == 0:
            case.path_parameters |= hers
            case.body |= {"registers": {"t1": 4731}, "month": "2026-11"}
        response = case.call(headers=key)
        case.validate_response(response, checks=list(CHECKS))

    asked()
