"""A dated row by hand: through the door of imports, told of what is wrong, taken back."""

from datetime import date

import pytest

from cabinet.domain.energy import Energy
from cabinet.models import (
    AuditEntry,
    Bill,
    DueRule,
    ImportBatch,
    KeyRate,
    OtherRule,
    Range,
    Rate,
    VatRate,
)
from cabinet.services import dated_rules, prices, rule_rows
from cabinet.services.audit import Actor
from cabinet.services.importing.undoing import StandsOnError
from cabinet.services.rule_tables import TABLES, RuleFaultyError
from tests import factories

DAYS = {"starts": "01.01.2027", "ends": "", "source": "приказ № 1"}
TYPED = {
    "price": {
        "region": "Курская область",
        "category": "city_gas",
        "plan": "one",
        "zone": "single",
        "range_number": "1",
        "price": "6,91",
        "document": "",
        **DAYS,
    },
    "range": {
        "kind": "range_limit",
        "region": "",
        "number": "1",
        "limit": "4000",
        **DAYS,
    },
    "norm": {
        "region": "Курская область",
        "rooms": "7",
        "residents": "7",
        "stove": "gas",
        "premises": "apartment",
        "water_heater": "",
        "energy": "55,5",
        "source": "приказ № 1",
    },
    "key_rate": {"rate": "13,25", "starts": "01.01.2027", "source": "решение Банка"},
    "vat": {"rate": "23", **DAYS},
    "due": {"kind": "household", "day": "20", **DAYS},
    "other": {"rule": "penalty_share", "key": "day 91+", "value": "1/200", **DAYS},
}


def add(name, now, *, closes=True, **changed):
    rule_rows.add(
        name,
        {**TYPED[name], **changed},
        title="проба",
        closes=closes,
        actor=Actor(),
        now=now,
    )


def told(name):
    return [TABLES[name].told(row) for row in rule_rows.rows_of(TABLES[name])]


@pytest.mark.parametrize("name", TYPED)
def test_a_row_is_added_once_and_taken_back_as_it_was(dated, db, now, name):
    before = told(name)
    wrong = dated_rules.check()
    add(name, now)
    add(name, now)
    added = told(name)
    assert len(added) == len(before) + 1
    # One cell of a table of prices leaves holes in all others.
    assert name == "price" or dated_rules.check() == wrong
    (made,) = rule_rows.by_hand(name)
    assert (made.title, made.is_in) == ("проба", True)
    assert rule_rows.take_back(made.public_id, actor=Actor(), now=now) == name
    assert rule_rows.take_back(made.public_id, actor=Actor(), now=now) == name
    assert sorted(map(str, told(name))) == sorted(map(str, before))
    assert not rule_rows.by_hand(name)[0].is_in
    assert AuditEntry.select().where(AuditEntry.action == "import.undone").count() == 1
    # What was taken back may come again.
    add(name, now)
    assert len(told(name)) == len(before) + 1


def test_the_row_before_ends_the_day_before(dated, db, now):
    add("vat", now)
    rows = VatRate.select().order_by(VatRate.starts)
    last, new = list(rows)[-2:]
    assert (last.ends, new.starts, new.ends) == (
        date(2027, 1, 1),
        date(2027, 1, 1),
        None,
    )
    assert (new.rate, new.source) == (23_00, "приказ № 1")


def test_a_price_of_days_ends_as_people_say_it(dated, db, now):
    add("price", now, ends="30.06.2027")
    new = Rate.get(Rate.starts == date(2027, 1, 1), Rate.range_number == 1)
    assert new.ends == date(2027, 7, 1)
    (line,) = (
        one
        for one in rule_rows.lines("price", day=date(2027, 1, 1))
        if one.starts == date(2027, 1, 1)
    )
    assert (line.last_day, line.is_now) == (date(2027, 6, 30), True)


@pytest.mark.parametrize(
    ("name", "changed", "field", "words"),
    [
        ("vat", {"source": ""}, "source", "пусто"),
        ("vat", {"rate": "120"}, "rate", "не процент"),
        ("vat", {"rate": ""}, "rate", "пусто"),
        ("vat", {"starts": "завтра"}, "starts", "не дата"),
        ("vat", {"ends": "01.12.2026"}, "ends", "раньше первого дня"),
        ("vat", {"starts": "01.01.2026"}, "starts", "с этого дня строка уже есть"),
        ("vat", {"starts": "01.01.2018"}, "ends", "с 01.01.2019 уже действует"),
        ("due", {"day": "31"}, "day", "не от 1 до 28"),
        ("price", {"zone": "peak"}, "zone", "такой зоны в этом плане нет"),
        ("price", {"price": "0"}, "price", "цена должна быть больше нуля"),
        ("range", {"limit": "много"}, "limit", "не число"),
        ("other", {"value": "половина"}, "value", "здесь пишут иначе: 1/300"),
        ("other", {"rule": "другое"}, "rule", "неизвестное слово"),
        ("other", {"key": "=1+1"}, "key", ""),
        ("norm", {"stove": "дровяная"}, "stove", "неизвестное слово"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    dated, db, now, name, changed, field, words
):
    before = told(name)
    with pytest.raises(RuleFaultyError) as refused:
        add(name, now, **changed)
    assert [one for one in refused.value.faults if one[0] == field and words in one[1]]
    assert told(name) == before
    assert not ImportBatch.select().where(ImportBatch.file_name.startswith("Вручную"))


@pytest.mark.parametrize(
    ("rule", "typed", "kept"),
    [
        ("penalty_days", "Не начисляются", "excluded"),
        ("penalty_rate_cap", "без предела", "none"),
        ("penalty_rate_cap", "9,75", "9.75"),
        ("due_shift", "на рабочий день", "next_working_day"),
    ],
)
def test_a_value_is_typed_in_words_and_kept_as_rules_read_it(
    dated, db, now, rule, typed, kept
):
    add("other", now, rule=rule, key="household", value=typed)
    row = OtherRule.get(OtherRule.rule == rule, OtherRule.starts == date(2027, 1, 1))
    assert row.value == kept


def test_a_day_gets_no_second_row(dated, db, now):
    with pytest.raises(RuleFaultyError, match="отметьте, что она кончается накануне"):
        add("vat", now, closes=False)


def test_a_row_that_bills_stand_on_stays(dated, db, now):
    add("vat", now)
    (made,) = rule_rows.by_hand("vat")
    account = factories.make_account(branch=factories.make_branch())
    bill = factories.make_bill(account, "2026-10")
    run = factories.make_bill_run(account, "published", now)
    Bill.update(run=run, published_at=now).where(Bill.id == bill.id).execute()
    with pytest.raises(StandsOnError, match="выставлена квитанция"):
        rule_rows.take_back(made.public_id, actor=Actor(), now=now)
    assert rule_rows.by_hand("vat")[0].is_in
    assert VatRate.select().where(VatRate.rate == 23_00).exists()


def test_what_is_missing_and_what_ends_is_told(dated, db):
    day = date(2026, 11, 22)
    found = rule_rows.state(day=day)
    assert not found.missing
    assert ("other", "penalty_rate_cap", date(2026, 12, 31)) in found.ending
    VatRate.update(ends=date(2026, 11, 1)).where(VatRate.ends.is_null()).execute()
    KeyRate.delete().where(KeyRate.starts < date(2025, 1, 1)).execute()
    factories.make_branch("omsk", region="Омская область")
    found = rule_rows.state(day=day)
    assert set(found.missing) == {("price", "Омская область"), ("vat", "")}
    assert found.over == (("vat", "", date(2026, 10, 31)),)
    assert not found.empty


@pytest.mark.parametrize(
    ("model", "where", "whose"),
    [
        (
            OtherRule,
            OtherRule.rule == "penalty_rate_cap",
            ("other", "penalty_rate_cap"),
        ),
        (OtherRule, OtherRule.rule == "penalty_days", ("other", "penalty_days")),
        (OtherRule, OtherRule.rule == "penalty_share", ("other", "penalty_share")),
        (DueRule, DueRule.kind == "household", ("due", "household")),
        (Range, Range.kind == "range_limit", ("range", "range_limit")),
        (KeyRate, KeyRate.id > 0, ("key_rate", "")),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, tuple) else "",
)
def test_what_no_month_is_billed_without_is_missing_when_it_is_over(
    dated, db, model, where, whose
):
    day = date(2026, 11, 22)
    is_last = model.ends.is_null() | (model.ends > day)
    model.update(ends=day).where(where & is_last).execute()
    found = rule_rows.state(day=day)
    assert found.missing == (whose,)
    assert found.over == ((*whose, date(2026, 11, 21)),)


def test_a_region_s_own_ranges_are_missing_though_its_heated_ones_hold(dated, db):
    day = date(2026, 11, 22)
    for kind, ends in (("range_limit", day), (prices.HEATING, None)):
        Range.create(
            kind=kind,
            region="Тверская область",
            number=1,
            limit=Energy.from_kwh(3000),
            starts=date(2025, 1, 1),
            ends=ends,
        )
    assert rule_rows.state(day=day).missing == (("range", "Тверская область"),)


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ("penalty_days", "Тверская область"),
        ("penalty_share", "day 61+"),
        ("due_shift", "household"),
    ],
)
def test_what_may_be_no_more_is_not_missing(dated, db, rule, key):
    day = date(2026, 11, 22)
    OtherRule.create(
        rule=rule, key=key, value="1/200", starts=date(2025, 1, 1), ends=day
    )
    found = rule_rows.state(day=day)
    assert (found.missing, found.over) == ((), ())


def test_tables_without_a_row_are_empty(db):
    found = rule_rows.state(day=date(2026, 11, 22))
    assert set(found.missing) == {("key_rate", ""), ("vat", ""), ("due", "")}
    assert not found.over
    assert found.empty >= {"price", "key_rate", "vat", "due", "other", "range"}


def test_a_hole_that_a_row_leaves_is_found(dated, db, now):
    add("vat", now, starts="01.02.2027", ends="28.02.2027")
    add("vat", now, starts="01.04.2027")
    (finding,) = (one for one in dated_rules.check() if one.table == "vat")
    assert (finding.flaw, finding.days.starts, finding.days.ends) == (
        "hole",
        date(2027, 3, 1),
        date(2027, 4, 1),
    )
