"""What people really type leads to whom they mean, on both databases."""

from functools import cache

import pytest

from cabinet.domain.people import Role
from cabinet.domain.searching import Ask, Rank, rank, ranking, read
from cabinet.models import Account
from cabinet.models.base import reading
from cabinet.services import finding
from cabinet.services.searching import candidates, index
from cabinet.services.searching.facts import known
from cabinet.services.staff import Member
from tests.services.searching import peopling
from tests.services.searching.typed import TYPED, number_of
from tests.sharing import database_from, opened

MANY = 2_000
#: Questions of accounts one by one and accounts counted: all that are there, a sample, each
#: group read, those read of which there are few.
WAYS = [(10**6, 10**6), (40, 0), (0, 0), *((0, few) for few in (10, 40, 150))]
WHOEVER = Member(0, Role.ADMIN)


def hits(typed, *, limit=25, member=WHOEVER):
    with reading():
        return finding.look(member, read(typed), limit)


@pytest.fixture(scope="module")
def peopled(template_database, tmp_path_factory):
    """Return the address of the town, made once for the tests that only ask."""
    folder = tmp_path_factory.mktemp("town")
    with database_from(template_database, folder) as url:
        with opened(url):
            peopling.make(MANY)
        yield url


@pytest.fixture
def peopled_town(peopled):
    with opened(peopled):
        yield


def everybody():
    """Return all accounts there are with what they are found by."""
    ids = [account_id for (account_id,) in Account.select(Account.id).tuples()]
    return known(ids, with_emails=True)


def ranked(typed, people):
    """Return what fits, by looking at everybody: numbers by rank, errors for want."""
    for query in read(typed):
        found = [(rank(query, one.facts), one.facts.number) for one in people]
        fits = sorted((how, number) for how, number in found if how is not None)
        if fits and _is_of_parts(query):
            # What begins so is looked for where nothing is so.
            best = max(fits[0][0], Rank.WORDS)
            return [one for one in fits if one[0] <= best]
        sure = [one for one in fits if one[0] is not Rank.TYPO]
        if fits:
            return sure or fits
    return []


def _is_of_parts(query):
    parts = (*query.words, *query.initials, *query.numbers, *query.codes)
    return query.ask is Ask.WORDS and len(parts) > 1


def test_a_hundred_queries_find_whom_they_mean(peopled_town):
    wrong = []
    assert len(TYPED) >= 100
    for typed, who in TYPED:
        asked = typed.format(number_of(who))
        found = hits(asked).hits
        if not found or found[0].number != number_of(who):
            said = [(hit.rank.name, hit.holder, hit.address) for hit in found[:3]]
            wrong.append((asked, who, said))
    assert not wrong


@pytest.mark.parametrize(("questions", "counted"), [(0, 0), (60, 0), (0, 40)])
def test_common_words_are_read_at_once_and_find_the_same(
    peopled_town, monkeypatch, questions, counted
):
    monkeypatch.setattr(index, "QUESTIONS", questions)
    monkeypatch.setattr(index, "COUNTED", counted)
    test_a_hundred_queries_find_whom_they_mean(None)


@pytest.mark.parametrize("branches", [None, [1], [2, 1], [2]])
def test_one_by_one_and_at_once_are_one_answer(peopled_town, monkeypatch, branches):
    asked = [
        [["aленина"], ["nелена"]],
        [["nиван", "nелена"], ["sиванова"], ["aкурск", "aльгов"]],
        [["sиванова", "sиванов"], ["g0000", "g0001", "t0000", "t0001"]],
        [["aкурск"], ["aльгов"]],
    ]
    for groups in asked:
        for most in (1, 26, 2_000):
            found = []
            for questions, counted in WAYS:
                monkeypatch.setattr(index, "QUESTIONS", questions)
                monkeypatch.setattr(index, "COUNTED", counted)
                with reading():
                    index.plan_for_values()
                    found.append(index.holding(groups, branches, most))
            assert found == [found[0]] * len(WAYS)
            assert bool(found[0]) == (branches != [2] and groups is not asked[-1])


def test_common_words_are_not_asked_of_each_account(peopled_town, monkeypatch):
    """What none has together, or few have, is not looked for in all who have one."""
    monkeypatch.setattr(index, "QUESTIONS", 100)
    monkeypatch.setattr(index, "COUNTED", 100)
    monkeypatch.setattr(index, "_at_once", lambda *asked: told.append(asked) or [])
    told = []
    with reading():
        # Rare and common; common ones that many have; common ones that nobody has.
        assert index.holding([["aкурск"], ["aвишневая"]], None, 26)
        assert index.holding([["aкурск"], ["aленина"]], None, 1)
        assert not told
        assert not index.holding([["aкурск"], ["aльгов"]], None, 3)
    assert len(told) == 1


def test_a_common_word_is_asked_of_those_who_have_the_rare_ones(
    peopled_town, monkeypatch
):
    """The whole address: of a town everybody is, a house and a flat are few."""
    read = []
    real = index._at_once

    def at_once(groups, *words, having=()):
        read.append((list(groups), list(having)))
        return real(groups, *words, having=having)

    monkeypatch.setattr(index, "_at_once", at_once)
    monkeypatch.setattr(index, "QUESTIONS", 0)
    groups = [["aкурск"], ["aленина"], ["sиванова"]]
    with reading():
        index.plan_for_values()
        *_, most = sorted(index.sizes(groups, None))
        monkeypatch.setattr(index, "COUNTED", most - 1)
        found = index.holding(groups, None, 26)
        ((rare, common),) = read
        assert (len(rare), len(common)) == (2, 1)
        assert index.sizes(common, None) == [most]
        assert found == real(groups, None, 26)
        assert found


def test_who_has_all_of_a_part_is_found_among_many_with_its_pieces(
    peopled_town, monkeypatch
):
    mine = [
        one.facts.number
        for one in everybody()
        if one.facts.holder.startswith("Иванова ")
    ]
    # Of numbers 46.......... the fifth to the ninth: many have the first four of them.
    others, number = next(
        (before, one)
        for place, one in enumerate(mine)
        if (before := [other for other in mine[:place] if other[4:8] == one[4:8]])
        and all(one[4:9] not in other for other in mine[:place])
    )
    assert others
    monkeypatch.setattr(candidates, "MOST_BY_PIECES", len(others))
    found = [hit.number for hit in hits(f"Иванова {number[4:9]}").hits]
    assert number in found


def test_the_index_finds_what_looking_at_everybody_finds(peopled_town, monkeypatch):
    """Whatever may be typed of anybody: the same accounts, the same ranks."""
    monkeypatch.setattr(ranking, "words_of", cache(ranking.words_of))
    people = everybody()
    typed = [text.format(number_of(who)) for text, who in TYPED]
    for one in people[::200]:
        facts = one.facts
        surname, first, *_ = (*facts.holder.split(), "")
        typed += [
            facts.number[-5:],
            facts.number[4:9],
            facts.serials[0][2:8],
            facts.phone[-7:] or "12",
            f"{surname} {first}",
            f"{surname[:-1]}ъ",
            surname[:5],
            f"{surname} {facts.number[5:10]}",
            facts.address,
            facts.address.split(",", 2)[2],
        ]
    compared = 0
    for text in typed:
        expected = ranked(text, people)
        if len(expected) > 25:
            continue
        found = [(hit.rank, hit.number) for hit in hits(text).hits]
        # A whole number is not looked for in others.
        whole = [one for one in expected if one[0].is_whole]
        assert found == (whole or expected), text
        compared += 1
    assert compared > 150


def test_the_first_are_shown_and_it_is_said_that_there_are_more(peopled_town):
    found = hits("Ленина")
    assert len(found.hits) == 25
    assert found.is_cut
    assert found.only is None
    fewer = hits("Вишнёвая", limit=2)
    assert (len(fewer.hits), fewer.is_cut) == (2, True)
    exactly = hits("Вишнёвая", limit=3)
    assert (len(exactly.hits), exactly.is_cut) == (3, False)


@pytest.mark.parametrize(
    ("typed", "who"),
    [
        (number_of("tsoi"), "tsoi"),
        ("09274415", "ivanova"),
        ("+7 910 123-45-67", "ivanov"),
        ("v.tsoi62@mail.example", "tsoi"),
        ("Безбородько", "bezborodko"),
        ("Вишневая 5 12", "ivanov"),
        ("Вишневая 5", None),
        ("Безбородько Ленина", None),
        ("Безбородк", None),
        ("Безбородка", None),
        (number_of("tsoi")[-6:], None),
    ],
)
def test_the_very_one_is_told_from_what_is_like_it(peopled_town, typed, who):
    only = hits(typed).only
    assert (only and only.number) == (who and number_of(who))


def test_what_begins_so_comes_after_what_is_so(peopled_town):
    found = [(hit.rank, hit.holder.split()[0]) for hit in hits("Ивановск").hits]
    assert found == [(Rank.PREFIX, "Ивановский")]
    order = [hit.rank for hit in hits("Орлов").hits]
    assert order == sorted(order)
    assert order[0] is Rank.SURNAME


def test_nothing_is_found_by_what_nobody_has(peopled_town):
    found = hits("ктулху 99")
    assert (found.hits, found.is_cut, found.query, found.only) == (
        (),
        False,
        None,
        None,
    )
    assert [query.text for query in found.tried] == ["ктулху 99"]


def test_nobody_of_other_branches_is_found(peopled_town):
    stranger = Member(0, Role.OPERATOR)
    for typed, who in TYPED:
        assert not hits(typed.format(number_of(who)), member=stranger).hits
