"""One-time links work once, for a while, for one purpose."""

import threading
from datetime import timedelta

import pytest

from cabinet.domain.registration import TokenPurpose
from cabinet.models import OneTimeToken
from cabinet.models.base import database, writing
from cabinet.services import tokens
from tests import factories

SET = TokenPurpose.SET_PASSWORD


@pytest.fixture
def user(db):
    return factories.make_customer()


def issue(user, now, purpose=SET, **values):
    with writing():
        return tokens.issue(purpose, user_id=user.id, now=now, **values)


def consume(secret, now, *purposes):
    with writing():
        return tokens.consume(secret, *(purposes or (SET,)), now=now)


def test_looking_does_not_use_a_link_up(user, now):
    secret = issue(user, now, context={"why": "test"})
    assert tokens.get_token(secret, SET, now=now).context == {"why": "test"}
    assert consume(secret, now).user_id == user.id


def test_a_link_works_once(user, now):
    secret = issue(user, now)
    consume(secret, now)
    with pytest.raises(tokens.TokenNotFoundError):
        consume(secret, now)


def test_only_the_hash_is_kept(user, now):
    secret = issue(user, now)
    row = OneTimeToken.get()
    assert secret not in str(row.__data__)


@pytest.mark.parametrize("purpose", list(TokenPurpose))
def test_a_link_ends_with_its_time(user, now, purpose):
    secret = issue(user, now, purpose)
    last = now + tokens.LASTS[purpose]
    assert tokens.get_token(secret, purpose, now=last - timedelta(seconds=1))
    with pytest.raises(tokens.TokenNotFoundError):
        tokens.get_token(secret, purpose, now=last)


def test_a_link_is_for_one_purpose(user, now):
    secret = issue(user, now)
    with pytest.raises(tokens.TokenNotFoundError):
        consume(secret, now, TokenPurpose.RESET_PASSWORD)
    assert consume(secret, now, TokenPurpose.RESET_PASSWORD, SET)


def test_a_newer_link_voids_the_older(user, now):
    older = issue(user, now)
    newer = issue(user, now)
    with pytest.raises(tokens.TokenNotFoundError):
        consume(older, now)
    assert consume(newer, now)


def test_links_of_other_people_and_purposes_stay(user, now):
    other = issue(factories.make_customer(), now)
    reset = issue(user, now, TokenPurpose.RESET_PASSWORD)
    issue(user, now)
    assert tokens.get_token(other, SET, now=now)
    assert tokens.get_token(reset, TokenPurpose.RESET_PASSWORD, now=now)


def test_all_links_of_a_person_can_be_void(user, now):
    secrets = {purpose: issue(user, now, purpose) for purpose in TokenPurpose}
    with writing():
        tokens.void(user.id, now=now)
    for purpose in tokens.KEPT:
        assert tokens.get_token(secrets[purpose], purpose, now=now)
    with writing():
        tokens.void(user.id, *tokens.KEPT, now=now)
    for secret in secrets.values():
        with pytest.raises(tokens.TokenNotFoundError):
            tokens.get_token(secret, *TokenPurpose, now=now)


def test_only_newer_links_of_the_purpose_can_be_void(user, now):
    undo = TokenPurpose.UNDO_EMAIL
    first, middle, last = (issue(user, now, undo, voids_older=False) for _ in range(3))
    other = issue(user, now)
    with writing():
        tokens.void_newer(tokens.get_token(middle, undo, now=now), now=now)
    for secret in (first, middle, other):
        assert tokens.get_token(secret, undo, SET, now=now)
    with pytest.raises(tokens.TokenNotFoundError):
        tokens.get_token(last, undo, now=now)


def test_a_link_says_for_a_while_that_it_was_used(user, now):
    secret = issue(user, now)
    assert not tokens.was_just_used(secret, SET, now=now)
    consume(secret, now)
    assert tokens.was_just_used(secret, SET, now=now)
    assert not tokens.was_just_used(secret, TokenPurpose.CARD, now=now)
    assert not tokens.was_just_used(secret, SET, now=now + tokens.JUST)


def test_of_a_hundred_uses_at_once_one_wins(user, now):
    secret = issue(user, now)
    won = []

    def use():
        try:
            consume(secret, now)
        except tokens.TokenNotFoundError:
            pass
        else:
            won.append(1)
        finally:
            database.close()

    threads = [threading.Thread(target=use) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
