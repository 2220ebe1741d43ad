"""Who reads the reports."""

import pytest

from cabinet.domain.people import Role
from cabinet.services.staff import Member
from tests import factories


@pytest.fixture
def member(db):
    """A specialist of Kursk."""
    return Member(factories.make_staff().id, Role.OPERATOR)
