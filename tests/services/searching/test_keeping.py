"""The words of accounts are those of what stands there, whoever wrote it and however."""

import io
from threading import Thread

import pytest

from cabinet.domain.people import Role
from cabinet.domain.searching import Rank, read, words_of
from cabinet.models import Account, Meter, SearchDue, SearchWord, User
from cabinet.models.base import database, on_sqlite, reading, writing
from cabinet.services import bulk, erasure, finding, searching
from cabinet.services.audit import Actor
from cabinet.services.erasure import Why
from cabinet.services.importing import import_file, undoing
from cabinet.services.searching import keeping
from cabinet.services.searching.facts import known
from cabinet.services.staff import Member
from tests import factories
from tests.bringing import NOW

WHOEVER = Member(0, Role.ADMIN)
ACCOUNTS = (
    "ЛС;Филиал;ФИО;Адрес;Категория;Проживает",
    (
        "460000000001;Курск;Ёлкина Мария Петровна;Курск, ул. Мира, д. 5, кв. 7;"
        "город, газовая плита;2"
    ),
    "460000000002;Курск;Соснин Пётр Ильич;Курск, ул. Мира, д. 9;город, газовая плита;1",
)
METERS = (
    (
        "ЛС;Заводской №;Модель;Зон;Разрядность;Ктр;Установлен;Снят;Поверка до;Дата сальдо;"
        "Сальдо Т1;Сальдо Т2;Сальдо Т3;Кон.Т1;Кон.Т2;Кон.Т3"
    ),
    "460000000001;11112222;СЕ101;1;6;1;01.06.2020;;01.06.2036;01.06.2020;100;;;;;",
)
HOLDERS = ("ЛС;ФИО;Владеет с", "460000000001;Берёзкин Олег Львович;01.11.2026")
REPLACED = (
    (
        "ЛС;Снятый счётчик;Дата замены;Кон.Т1;Кон.Т2;Кон.Т3;Новый счётчик;Модель;"
        "Разрядность;Ктр;Поверка до;Нач.Т1;Нач.Т2;Нач.Т3"
    ),
    "460000000001;11112222;14.10.2026;9000;;;33334444;Нева;6;1;14.10.2042;0;;",
)


def found(typed):
    with reading():
        hits = finding.look(WHOEVER, read(typed), 25).hits
    return [hit.number[-1] for hit in hits]


def kept():
    """Return the words the database keeps, account by account."""
    rows = SearchWord.select().order_by(SearchWord.word).tuples()
    return sorted(rows)


def made_anew():
    """Return the words that should be kept, of everything that stands there."""
    ids = [account_id for (account_id,) in Account.select(Account.id).tuples()]
    return sorted(
        (word, one.branch_id, one.account_id)
        for one in known(ids)
        for word in words_of(one.facts)
    )


def bring(lines, name="файл"):
    data = "\n".join([*lines, ""]).encode()
    report = import_file(f"{name}.csv", io.BytesIO(data), now=NOW)
    assert not report.faults, report.faults
    return report


def check():
    """Bring the words up to date; see that they are what a rebuild makes of everything."""
    searching.make_due()
    assert kept() == made_anew()
    assert not SearchDue.select().exists()


def test_whatever_an_import_writes_is_found_and_nothing_that_it_replaced(dated):
    accounts = bring(ACCOUNTS)
    check()
    assert (found("елкина"), found("Мира 9")) == (["1"], ["2"])
    meters = bring(METERS)
    check()
    assert found("11112222") == ["1"]
    holders = bring(HOLDERS)
    # Before anybody made the words anew.
    assert (found("елкина"), found("березкин")) == ([], ["1"])
    check()
    assert (found("елкина"), found("березкин")) == ([], ["1"])
    replaced = bring(REPLACED)
    check()
    assert found("33334444") == found("11112222") == ["1"]
    bring([ACCOUNTS[0], ACCOUNTS[2].replace("Мира, д. 9", "Садовая, д. 3")])
    check()
    assert (found("Мира 9"), found("Садовая 3")) == ([], ["2"])
    for report in (replaced, holders, meters, accounts):
        with writing():
            undoing.begin_undo(report.batch_id, "x", actor=Actor(None), now=NOW)
        undoing.undo(report.batch_id, now=NOW)
        check()
    assert kept() == []


@pytest.fixture
def household(db):
    account = factories.make_account(holder="Ёлкина Мария", phone="8 910 000-11-22")
    factories.make_meter(account)
    searching.make_due()
    return account


@pytest.mark.parametrize(
    ("values", "gone", "now_found"),
    [
        ({"holder": "Дубова Анна"}, "елкина", "дубова"),
        ({"address": "Льгов, ул. Мира, д. 1"}, "Ленина 14", "Мира 1"),
        ({"phone": "8 910 000-33-44"}, "0001122", "0003344"),
        ({"number": "460000009999"}, "460000000001", "460000009999"),
    ],
)
def test_what_is_changed_in_the_database_is_found_at_once(
    household, values, gone, now_found
):
    with writing():
        Account.update(values).where(Account.id == household.id).execute()
    assert not SearchWord.select().where(SearchWord.account_id == household.id).exists()
    for _ in range(2):
        assert found(gone) == []
        assert len(found(now_found)) == 1
        check()


def test_a_change_of_what_nobody_is_found_by_makes_no_work(household):
    Account.update(residents=9, holder=Account.holder).execute()
    Meter.update(place="x", serial=Meter.serial).execute()
    assert not SearchDue.select().exists()
    assert found("елкина") == ["1"]


def test_an_account_that_changes_its_branch_is_found_there_alone(household):
    other = factories.make_branch("far")
    operator = Member(factories.make_staff().id, Role.OPERATOR)
    Account.update(branch=other).execute()
    for _ in range(2):
        with reading():
            assert not finding.look(operator, read("елкина"), 25).hits
        check()
    assert found("елкина") == ["1"]


def test_a_meter_that_moves_or_goes_takes_its_number_along(household):
    other = factories.make_account("460000000002", holder="Дубов")
    Meter.update(account=other).execute()
    assert found("10834547") == ["2"]
    check()
    assert found("10834547") == ["2"]
    Meter.update(serial="777").execute()
    check()
    assert (found("10834547"), found("777")) == ([], ["2"])
    Meter.delete().execute()
    check()
    assert found("777") == []


def test_who_is_erased_is_found_by_their_address_no_more(household, tmp_path):
    user = factories.make_customer("elka@example.org")
    factories.give_access(user, household)
    assert found("elka@example.org") == found("elka") == ["1"]
    erasure.erase_user(user.id, why=Why.REQUEST, home=tmp_path, now=NOW)
    assert found("elka@example.org") == found("elka") == []


def test_who_may_see_the_account_no_more_does_not_lead_to_it(household):
    user = factories.make_customer("elka@example.org")
    factories.give_access(user, household, ended_at=NOW)
    assert found("elka@example.org") == []
    User.update(email="sosna@example.org").execute()
    factories.give_access(user, household)
    assert found("sosna@") == ["1"]


def test_what_waits_for_its_words_is_found_as_well_as_everybody(db):
    factories.make_account("460000000001", holder="Ивановский Лев")
    searching.make_due()
    factories.make_account("460000000002", holder="Иванов Лев")
    assert SearchDue.select().count() == 1
    assert found("Иванов") == ["2", "1"]
    assert found("Ивановск") == ["1"]
    assert found("Ивонов") == ["2"]
    with reading():
        assert not finding.look(WHOEVER, read("Иванов"), 25).is_building


def test_where_too_many_wait_it_is_said_and_numbers_are_found(db, monkeypatch):
    monkeypatch.setattr(finding, "MOST_DUE", 1)
    factories.make_account("460000000001", holder="Иванов Лев")
    factories.make_account("460000000002", holder="Иванов Лев")
    with reading():
        seen = finding.look(WHOEVER, read("Иванов"), 25)
        assert (seen.hits, seen.is_building) == ((), True)
        seen = finding.look(WHOEVER, read("460000000002"), 25)
    assert [(hit.number, hit.rank) for hit in seen.hits] == [
        ("460000000002", Rank.NUMBER)
    ]


def test_made_anew_they_are_the_same_and_a_stop_is_gone_on_from(db, monkeypatch):
    for number in range(1, 8):
        factories.make_account(f"46000000000{number}")
    check()
    before = kept()
    assert searching.start_anew() == 7
    assert kept() == before
    assert searching.make_words(at_once=3) == 3
    assert searching.kept().due == 4
    assert kept() == before
    monkeypatch.setattr(keeping, "AT_ONCE", 2)
    told = []
    assert searching.make_due(is_stopping=lambda: True) == 0
    assert searching.make_due(report=told.append) == 4
    assert told == [4]
    assert kept() == before
    assert searching.kept() == searching.Kept(accounts=7, due=0)


def test_words_that_were_damaged_are_made_anew(household):
    before = kept()
    SearchWord.delete().where(SearchWord.word.startswith("s")).execute()
    SearchWord.create(word="sчужой", branch_id=household.branch_id, account_id=1)
    searching.start_anew()
    searching.make_due()
    assert kept() == before


def test_signs_of_all_kinds_in_a_name_do_no_harm(db):
    factories.make_account(holder='\\N\t\\. "Ёлкин"\nO\'Neil ; -- \u0000'[:-1])
    check()
    assert found("елкин") == ["1"]


def test_who_changes_an_account_while_its_words_are_made_is_not_forgotten(household):
    """On Postgres both run at once: the change waits, and is made words of afterwards."""
    if on_sqlite():
        return
    searching.start_anew()
    seen = []
    with writing():
        ids = keeping._taken(10)
        assert ids == [household.id]
        keeping._forget(ids)
        keeping._write(ids)
        changing = Thread(target=_rename, args=(household.id, seen))
        changing.start()
        changing.join(0.3)
        assert changing.is_alive()
    changing.join(5)
    assert seen == [1]
    assert (found("елкина"), found("дубова")) == ([], ["1"])
    check()


def _rename(account_id, seen):
    with database.connection_context(), writing():
        query = Account.update(holder="Дубова Анна").where(Account.id == account_id)
        seen.append(query.execute())


def test_many_are_brought_in_at_once(db):
    branch = factories.make_branch()
    rows = [
        {
            "number": f"46{number:010}",
            "branch": branch.id,
            "holder": "Ёлкина Мария",
            "address": "Курск",
            "category": "city_gas",
        }
        for number in range(2_500)
    ]
    with writing():
        bulk.insert(Account, rows)
    assert SearchDue.select().count() == 2_500
    check()
    assert on_sqlite() or SearchWord.select().count() > 2_500
