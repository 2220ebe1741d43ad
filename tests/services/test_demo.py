"""The demonstration: whole, the same every time, nothing typed by hand."""

import hashlib
from datetime import UTC, date, datetime

import pytest

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.loads import RowQueue
from cabinet.domain.metering import MeterStatus
from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel, Role
from cabinet.domain.period import Month
from cabinet.domain.requests import RequestState
from cabinet.exchange.gost_qr import Payee, payment_text
from cabinet.models import (
    MODELS,
    Account,
    Bill,
    Branch,
    Crew,
    ImportBatch,
    LedgerEntry,
    Meter,
    Reading,
    ServiceRequest,
    StaffBranch,
    User,
)
from cabinet.models.base import database, writing
from cabinet.services import (
    accounts,
    announcements,
    credentials,
    demo,
    factors,
    offices,
)
from cabinet.services.access import accounts_of
from cabinet.services.audit import SYSTEM, Actor
from cabinet.services.billing import issuing
from cabinet.services.bills.snapshot import unpack
from cabinet.services.demo import doubts, registries, works
from cabinet.services.demo.people import ACCOUNTS, FIRST_BILL, LAST_MONTH
from cabinet.services.importing import quarantine
from cabinet.services.ledger_check import check_ledger
from cabinet.services.reports import debts, headlines, usability, window
from cabinet.services.reviews import review_queue
from cabinet.services.staff import Member
from tests.factories import SECRET_KEY
from tests.sharing import database_from, opened

#: Accounts of the sample registry and of the folder of papers.
REGISTRY, ORGANISATIONS = 400, 1

pytestmark = pytest.mark.slow

#: Noon in Moscow, the demonstration's first moment.
FIRST = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo_database(template_database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    with database_from(template_database, folder) as url:
        with opened(url):
            list(demo.load_demo(pepper=SECRET_KEY, now=FIRST))
        yield url


def test_every_branch_has_an_office_and_one_of_them_moves(loaded):
    found = offices.contacts(now=FIRST)
    assert [branch.name for branch in found if branch.places] == [
        "Курск",
        "Мурманск",
        "Смоленск",
        "Тверь",
    ]
    (moving,) = (place for branch in found for place in branch.coming)
    assert moving.starts == date(2026, 12, 15)
    told = announcements.shown_to(None, day=FIRST.date())
    assert all(one.whom and one.papers and one.law for one in told)
    assert len(told) == 3


@pytest.fixture
def loaded(demo_database):
    """The demonstration; its database is shared, only look."""
    with opened(demo_database):
        yield


def test_the_books_of_the_demo_have_no_finding(loaded):
    assert LedgerEntry.select().count() > 1000
    assert [finding.line for finding in check_ledger()] == []


def digest():
    return hashlib.sha256(
        repr(
            [
                list(model.select().order_by(*model._meta.get_primary_keys()).tuples())
                for model in MODELS
            ]
        ).encode()
    ).hexdigest()


def account(number):
    return Account.get(Account.number == number)


def bill(number, month):
    return Bill.get(Bill.account == account(number), Bill.month == Month.parse(month))


def cards(email):
    return accounts_of(User.get(User.email == email).id, now=FIRST)


def test_payments_that_nobody_recognises_wait_for_the_operator(loaded):
    staff = User.get(User.email == "operator@example.org")
    found = quarantine.waiting(
        Member(staff.id, staff.role), RowQueue.MONEY, actor=SYSTEM, now=FIRST
    )
    assert found.total == len(found.rows) == 2
    for row in found.rows:
        cells = dict(row.cells)
        assert Account.get_or_none(Account.number == cells["ЛС"]) is None
        assert Account.get(Account.holder == cells["ФИО"])


def test_the_demonstration_is_all_there(loaded):
    assert Account.select().count() == REGISTRY + ORGANISATIONS + len(ACCOUNTS)
    assert {batch.state for batch in ImportBatch.select()} == {"committed"}
    assert [branch.code for branch in Branch.select().order_by(Branch.code)] == [
        "kursk",
        "murmansk",
        "smolensk",
        "tver",
    ]
    windows = {(one.window_first, one.window_last) for one in Branch.select()}
    assert windows == {(20, 25)}
    staff = User.get(User.email == "operator@example.org")
    assert StaffBranch.select().where(StaffBranch.user == staff).count() == 4
    admin = User.get(User.email == "admin@example.org")
    assert admin.role is Role.ADMIN


def test_every_report_has_something_to_tell(loaded):
    operator = User.get(User.email == "operator@example.org")
    member, actor = Member(operator.id, operator.role), Actor(operator.id)
    found = headlines.headlines_of(member, now=FIRST)
    assert 0 < found.silent < found.meters
    assert found.paid.count
    assert found.owing
    assert found.answers.waits
    assert found.shares.is_reached
    told = usability.usability_of(member, "", None, actor=actor, now=FIRST)
    assert told.words
    assert told.quarters[1].shares.best < told.quarters[0].shares.best
    aged = debts.debts_of(member, "", now=FIRST)
    assert sum(each.accounts > 0 for each in aged.ages) > 3
    progress = window.progress_of(member, "", None, None, now=FIRST)
    assert progress.sent
    assert progress.before


def test_a_second_load_changes_nothing(loaded):
    before = digest()
    assert list(demo.load_demo(pepper=SECRET_KEY, now=FIRST)) == []
    assert digest() == before


def test_an_interrupted_load_goes_on_where_it_stopped(db):
    steps = demo.load_demo(pepper=SECRET_KEY, now=FIRST)
    for _ in range(6):
        next(steps)
    steps.close()
    assert not database.in_transaction()
    told = list(demo.load_demo(pepper=SECRET_KEY, now=FIRST))
    assert told[-1] == f"{len(demo.PEOPLE)} people"
    assert Account.select().count() == REGISTRY + ORGANISATIONS + len(ACCOUNTS)


def test_everybody_signs_in_with_the_password_that_is_told(loaded):
    hashes = {user.password_hash for user in User.select()}
    assert len(hashes) == 1
    assert credentials.matches(hashes.pop(), demo.PASSWORD)
    assert {user.email for user in User.select()} == {
        person.email for person in demo.PEOPLE
    }


def test_staff_have_the_second_factor_that_is_told(loaded):
    staff = User.select().where(User.role != "customer")
    assert all(factors.is_enrolled(user.id) for user in staff)
    assert {user.email for user in staff} == set(demo.staff_codes(now=FIRST))


def test_nothing_is_dated_after_the_first_moment(loaded):
    today = date(2026, 11, 22)
    assert max(reading.taken_on for reading in Reading.select()) <= today
    assert max(reading.received_at for reading in Reading.select()) < FIRST
    assert max(entry.effective_at for entry in LedgerEntry.select()) < FIRST
    assert max(one.published_at for one in Bill.select()) < FIRST
    assert max(meter.opening_on for meter in Meter.select()) < today


def test_the_balances_are_the_sums_of_the_ledger(loaded):
    sums = {}
    for account_id, amount in LedgerEntry.select(
        LedgerEntry.account, LedgerEntry.amount
    ).tuples():
        sums[account_id] = sums.get(account_id, Money(0)) + amount
    for each in Account.select():
        assert each.balance == sums.get(each.id, Money(0))


def test_the_bills_of_named_customers_are_their_lines_added_up(loaded):
    numbers = [each.number for each in ACCOUNTS]
    bills = list(Bill.select().join(Account).where(Account.number.in_(numbers)))
    assert len(bills) == 60
    for one in bills:
        lines = unpack(one.lines, recalculated=one.recalculated).lines
        assert lines
        assert Money.total(line.amount for line in lines) == one.charged


def test_the_client_holds_three_accounts_and_has_sent_nothing_this_month(loaded):
    held = cards("client@example.org")
    assert [card.label for card in held] == ["Квартира", "Дача", "Дом у озера"]
    meters = [Meter.get(Meter.account == card.account_id) for card in held]
    assert [meter.zones for meter in meters] == [1, 2, 3]
    assert all(card.window.is_open(date(2026, 11, 22)) for card in held)
    sent = Reading.select().where(Reading.meter.in_(meters))
    periods = [reading.period for reading in sent]
    assert max(periods) == LAST_MONTH
    overview = accounts.overview(
        User.get(User.email == "client@example.org").id, held[0].account_id, now=FIRST
    )
    assert overview.balance > Money(0)


def test_there_is_a_year_before_to_compare_with(loaded):
    for number in ("990100000017", "990100000025", "990300000031"):
        periods = {
            period
            for (period,) in Reading.select(Reading.period)
            .join(Meter)
            .where(Meter.account == account(number))
            .tuples()
        }
        assert {Month(2025, n) for n in range(1, 13)} <= periods
        first = Bill.select().where(Bill.account == account(number))
        assert min(one.month for one in first) == FIRST_BILL


def test_the_meter_of_the_house_by_the_lake_is_about_to_roll_over(loaded):
    meter = Meter.get(Meter.account == account("990300000031"))
    last = (
        Reading.select()
        .where(Reading.meter == meter)
        .order_by(Reading.taken_on.desc())
        .first()
    )
    left = 10**meter.digits - int(last.t1.kwh)
    assert 0 < left < 118


def test_the_debtor_owes_the_bills_since_may(loaded):
    owed = [
        one.charged + one.recalculated
        for one in Bill.select().where(
            Bill.account == account("990200000043"), Bill.month >= Month(2026, 5)
        )
    ]
    assert len(owed) == 6
    assert account("990200000043").balance == Money.total(owed)


def test_the_replaced_meter_shares_its_month_with_the_new_one(loaded):
    meters = list(
        Meter.select()
        .where(Meter.account == account("990400000059"))
        .order_by(Meter.opening_on)
    )
    assert [meter.status for meter in meters] == [
        MeterStatus.REMOVED,
        MeterStatus.ACTIVE,
    ]
    july = bill("990400000059", "2026-07")
    told = unpack(july.lines, recalculated=july.recalculated)
    assert [register.is_removed for register in told.registers] == [True, False]


def test_two_silent_months_are_charged_by_the_average(loaded):
    september, october = (
        bill("990300000064", month) for month in ("2026-09", "2026-10")
    )
    assert september.basis is october.basis is ChargeBasis.AVERAGE
    told = unpack(october.lines, recalculated=october.recalculated)
    assert (told.silent, told.mean_of, told.next_norm) == (2, 6, False)


def test_the_newcomer_has_an_empty_history(loaded):
    newcomer = account("990100000078")
    assert not Bill.select().where(Bill.account == newcomer).exists()
    assert not Reading.select().join(Meter).where(Meter.account == newcomer).exists()


def test_the_helper_only_sends_readings(loaded):
    assert {card.level for card in cards("helper@example.org")} == {
        AccessLevel.READINGS
    }


def test_requisites_of_the_branches_have_right_check_digits(loaded):
    for branch in Branch.select():
        digits = [int(digit) for digit in branch.inn]
        weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
        check = sum(a * b for a, b in zip(weights, digits, strict=False)) % 11 % 10
        assert check == digits[9]
        assert _key_fits(branch.bic[-3:] + branch.settlement_account)
        assert _key_fits("0" + branch.bic[4:6] + branch.correspondent_account)
        assert payment_text(
            Payee(
                name=branch.company,
                account=branch.settlement_account,
                bank=branch.bank,
                bic=branch.bic,
                corr_account=branch.correspondent_account,
                inn=branch.inn,
                kpp=branch.kpp,
            ),
            account="990100000017",
            purpose="Электроэнергия",
            month=Month(2026, 10),
            amount=Money(100),
        )


def _key_fits(digits):
    weights = (7, 1, 3) * 8
    products = (int(a) * b for a, b in zip(digits, weights, strict=False))
    return len(digits) == 23 and sum(products) % 10 == 0


def test_a_branch_has_a_month_to_bill_by_itself(loaded):
    (tver,) = Branch.select().where(Branch.own_billing)
    preview = issuing.prepare(tver, LAST_MONTH)
    assert tver.code == registries.OWN_BILLING
    assert not preview.missing
    # Closed and new accounts aside, nearly all of its hundred.
    assert preview.bills > REGISTRY / 5
    assert preview.charged > Money(10_000_00)


def test_an_operator_has_a_queue_of_readings_to_check(loaded):
    operator = User.get(User.email == "operator@example.org")
    member = Member(operator.id, operator.role)
    queue = review_queue(member, actor=SYSTEM, now=FIRST)
    assert queue.waiting == doubts.COUNT > len(queue.rows)
    assert {row.reason for row in queue.rows} == {row[1] for row in doubts._DOUBTS}
    causes = {row.likely.cause for row in queue.rows if row.likely}
    assert len(causes) >= 5, causes
    assert sum(row.obstacle is None for row in queue.rows) > len(queue.rows) / 3


def test_there_is_a_request_for_work_on_a_meter_in_each_state(loaded):
    states = {row.state for row in ServiceRequest.select()}
    assert states == set(RequestState)
    assert {crew.branch.code for crew in Crew.select()} == {"tver", "kursk"}
    with writing():
        works.add_works(FIRST)
    assert ServiceRequest.select().count() == len(works.WORKS)
