"""The states of a request to register: every pair is decided."""

import itertools

import pytest

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.registration import MOVES, RegistrationState, move

ALLOWED = {
    ("draft", "waiting"),
    ("draft", "expired"),
    ("waiting", "opened"),
    ("waiting", "refused"),
    ("waiting", "expired"),
    ("waiting", "withdrawn"),
    # A specialist's undo.
    ("opened", "waiting"),
    ("refused", "waiting"),
}


@pytest.mark.parametrize(
    ("before", "after"), list(itertools.product(RegistrationState, repeat=2))
)
def test_every_move_is_decided(before, after):
    assert set(MOVES) == set(RegistrationState)
    if (before, after) in ALLOWED:
        assert move(before, after) is after
        return
    with pytest.raises(IllegalMoveError) as refused:
        move(before, after)
    assert (refused.value.before, refused.value.after) == (before, after)
