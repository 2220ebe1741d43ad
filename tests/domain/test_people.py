"""Roles: who belongs to the back office."""

import pytest

from cabinet.domain.people import Role


@pytest.mark.parametrize("role", list(Role))
def test_everybody_but_a_customer_is_staff(role):
    assert role.is_staff is (role is not Role.CUSTOMER)
