"""Makers of rows: plain functions with a default for everything."""

import secrets
import uuid
from datetime import UTC, date, datetime, timedelta
from functools import cache

from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money, Price
from cabinet.domain.payments.states import PAID, PaymentState
from cabinet.domain.people import LetterKind
from cabinet.domain.period import Month
from cabinet.domain.questions import Author, Topic
from cabinet.domain.registration import TokenPurpose
from cabinet.domain.requests import OPEN, RequestAct, RequestKind
from cabinet.domain.tariff import ZONES, Category, Plan
from cabinet.exchange.attachment import Attachment
from cabinet.models import (
    Account,
    AccountAccess,
    Announcement,
    Bill,
    BillDraft,
    BillRun,
    BillSlice,
    Branch,
    Crew,
    LedgerEntry,
    Meter,
    Office,
    Payment,
    PaymentShare,
    Question,
    QuestionMessage,
    Range,
    Rate,
    Reading,
    RecalculationOrder,
    RegistrationRequest,
    ServiceRequest,
    StaffBranch,
    Tariff,
    User,
)
from cabinet.models.base import writing
from cabinet.services import (
    credentials,
    documents,
    factors,
    files,
    home_notes,
    outbox,
    subscriptions,
    tokens,
)
from cabinet.services.audit import SYSTEM, Actor
from cabinet.services.payments import posting
from cabinet.services.payments import start as payments_start
from cabinet.services.questions import asking
from cabinet.services.requests import rows as request_rows

PASSWORD = "demo-svet-2026"
#: The key of the tests' settings, and the secret of the one-time codes of their staff.
SECRET_KEY = "a secret of the tests that is long enough to be one 0123"
FACTOR = "TESTSTAFF".ljust(32, "A")
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def password_hash():
    return credentials.hash_password(PASSWORD)


def make_branch(code="kursk", **values):
    found = Branch.get_or_none(Branch.code == code)
    return found or Branch.create(
        **{
            "code": code,
            "name": "Курск",
            "region": "Курская область",
            "time_zone": "Europe/Moscow",
            "company": "АО «Энергосбыт»",
            "inn": "7704228075",
            "kpp": "463202001",
            "bic": "044525225",
            "bank": "ПАО Сбербанк",
            "settlement_account": "40702810638000000001",
            "correspondent_account": "30101810400000000225",
            "address": "305000, Курск, ул. Ленина, 1",
            "phone": "8 800 000-00-00",
            "hours": "с 8:00 до 20:00",
            "email": "kursk@example.org",
            **values,
        }
    )


def make_customer(email=None, name="Мария Петрова", role="customer"):
    return User.create(
        email=email or f"{secrets.token_hex(6)}@example.org",
        name=name,
        role=role,
        password_hash=password_hash(),
        created_at=MADE_AT,
    )


def make_staff(email="operator@example.org", role="operator", branches=("kursk",)):
    """Staff have their second factor; `Browser.sign_in` shows it."""
    user = make_customer(email, name="Ольга Смирнова", role=role)
    for code in branches:
        StaffBranch.create(user=user, branch=make_branch(code))
    with writing():
        factors.add(user.id, FACTOR, pepper=SECRET_KEY, now=MADE_AT)
    return user


def make_account(number="460000000001", branch=None, **values):
    return Account.create(
        **{
            "number": number,
            "branch": branch or make_branch(),
            "holder": "Петрова Мария Петровна",
            "address": "Курская область, Курск, ул. Ленина, д. 14, кв. 23",
            "category": Category.CITY_GAS,
            "residents": 2,
            "norm": Energy.from_kwh(75),
            "opened_on": date(2020, 1, 1),
            **values,
        }
    )


def give_access(user, account, level="full", slug=None, **values):
    return AccountAccess.create(
        **{
            "user": user,
            "account": account,
            "level": level,
            "slug": slug or secrets.token_hex(4),
            "granted_at": MADE_AT,
            **values,
        }
    )


def make_request(account, now, **values):
    """Make a request to register that gave somebody the account."""
    user = make_customer()
    return RegistrationRequest.create(
        **{
            "public_id": uuid.uuid4(),
            "key": secrets.token_hex(8),
            "state": "opened",
            "branch": account.branch,
            "account_number": account.number,
            "account": account,
            "email": user.email,
            "user": user,
            "access": give_access(user, account),
            "created_at": now,
            "confirmed_at": now,
            "decided_at": now,
            **values,
        }
    )


def tell(user, kind, context, now, key="note"):
    """Tell the user something in the cabinet, if no letter reaches them."""
    with writing():
        return home_notes.put(kind, key=key, user_id=user.id, context=context, now=now)


def make_meter(account, zones=1, digits=5, opening=4000, **values):
    opening = opening if isinstance(opening, tuple) else (opening,) * zones
    registers = {
        f"opening_t{i}": Energy.from_kwh(value)
        for i, value in enumerate(opening, start=1)
    }
    return Meter.create(
        **{
            "public_id": uuid.uuid4(),
            "account": account,
            "serial": "10834547",
            "model": "Энергомера СЕ101",
            "zones": zones,
            "digits": digits,
            "installed_on": date(2015, 6, 1),
            "opening_on": date(2025, 12, 31),
            "verified_until": date(2031, 6, 1),
            **registers,
            **values,
        }
    )


def make_reading(meter, month="2026-10", values=(4500,), day=22, **fields):
    month = Month.parse(month)
    registers = {
        f"t{i}": Energy.from_kwh(value) for i, value in enumerate(values, start=1)
    }
    taken_on = month.starts.replace(day=day)
    return Reading.create(
        **{
            "public_id": uuid.uuid4(),
            "meter": meter,
            "period": month,
            "taken_on": taken_on,
            "received_at": datetime(taken_on.year, taken_on.month, day, 9, tzinfo=UTC),
            "source": ReadingSource.CABINET,
            "state": ReadingState.COUNTED,
            **registers,
            **fields,
        }
    )


def is_ordered(reading, made_at):
    """Tell whether the id of a reading begins with the moment it was made at."""
    made = reading.public_id
    return made.version == 7 and made.int >> 80 == int(made_at.timestamp() * 1000)


def make_rates(
    region="Курская область",
    category=Category.CITY_GAS,
    plan=Plan.ONE,
    prices=("5.87", "8.00", "12.00"),
    starts=date(2026, 1, 1),
    ends=None,
):
    """Rates of all zones of a plan: the same prices by range for each zone."""
    tariff, _ = Tariff.get_or_create(region=region, category=category, plan=plan)
    for zone in ZONES[plan]:
        for number, price in enumerate(prices, start=1):
            Rate.create(
                tariff=tariff,
                zone=zone,
                range_number=number,
                price=Price.parse(price),
                starts=starts,
                ends=ends,
                document="приказ № 1",
            )
    return tariff


def make_ranges(limits=(3900, 6000), starts=date(2025, 1, 1)):
    return [
        Range.create(
            kind="range_limit",
            number=number,
            limit=Energy.from_kwh(limit),
            starts=starts,
        )
        for number, limit in enumerate(limits, start=1)
    ]


def make_bill(account, month="2026-10", charged="812,40", charged_at=None, **values):
    month = Month.parse(month)
    bill = Bill.create(
        **{
            "account": account,
            "month": month,
            "number": f"{account.number}-{month}",
            "issued_on": month.ends,
            "due_on": month.ends.replace(day=15),
            "basis": ChargeBasis.ACTUAL,
            "volume": Energy.from_kwh(138),
            "charged": Money.parse(charged),
            "published_at": datetime(month.ends.year, month.ends.month, 1, tzinfo=UTC),
            **values,
        }
    )
    post(
        account,
        Money.parse(charged),
        kind=EntryKind.CHARGE,
        at=charged_at,
        bill=bill,
        month=month,
    )
    return bill


def make_bill_run(account, state, now, *, charged="0", **values):
    """Return a run of October 2026 in the state, with a draft of the account in it."""
    run = BillRun.create(
        branch=account.branch,
        month=Month(2026, 10),
        state=state,
        started_at=now,
        moved_at=now,
        counts={"accounts": 1, "bills": 1},
        **values,
    )
    BillSlice.create(
        run=run,
        first_id=account.id,
        last_id=account.id,
        prepared_to=account.id,
        issued_to=account.id,
        published_to=account.id - 1,
        issued=1,
    )
    nothing = Money(0)
    BillDraft.create(
        run=run,
        account=account,
        month=Month(2026, 10),
        number=f"{account.number}-202610",
        issued_on=date(2026, 11, 1),
        due_on=date(2026, 11, 15),
        basis=ChargeBasis.ACTUAL,
        volume=Energy(0),
        charged=Money.parse(charged),
        recalculated=nothing,
        penalty=nothing,
        benefit=nothing,
        opening=nothing,
        paid=nothing,
        closing=Money.parse(charged),
        oddities="given_back",
    )
    return run


def post(account, amount, kind=EntryKind.PAYMENT, at=None, **values):
    """One ledger row with its effect on the balance."""
    row = LedgerEntry.create(
        **{
            "account": account,
            "kind": kind,
            "amount": amount,
            "effective_at": at or datetime(2026, 11, 1, tzinfo=UTC),
            "posted_at": at or datetime(2026, 11, 1, tzinfo=UTC),
            "cause": secrets.token_hex(8),
            **values,
        }
    )
    Account.update(balance=Account.balance + amount).where(
        Account.id == account.id
    ).execute()
    return row


def make_payment(account, amount, at, *, state=PaymentState.SUCCEEDED, **values):
    """A payment of the account at the shop of Kursk; one that is paid is posted."""
    payment = Payment.create(
        **{
            "public_id": uuid.uuid4(),
            "nonce": uuid.uuid4(),
            "branch": account.branch,
            "shop": "kursk-card",
            "method": "card",
            "amount": Money.parse(amount),
            "state": state,
            "created_at": at,
            "paid_at": at if state in PAID else None,
            **values,
        }
    )
    PaymentShare.create(payment=payment, account=account, amount=payment.amount)
    payments_start.new_attempt(
        payment, origin="https://lk.example.org", now=at, signs=0
    )
    if state in PAID:
        with writing():
            posting.post(payment, now=at)
    return payment


def make_office(branch, now, **values):
    """An office, open from nine to six on every day of the week."""
    Branch.update(offices_version=Branch.offices_version + 1).execute()
    return Office.create(
        **{
            "public_id": uuid.uuid4(),
            "key": secrets.token_hex(16),
            "branch": branch,
            "name": "Офис на Ленина",
            "address": "305000, Курск, ул. Ленина, д. 1",
            "week": [[540, 1080]] * 7,
            "starts": date(2026, 11, 20),
            "changed_at": now,
            **values,
        }
    )


def load_documents():
    """The public documents of the package, in a company's words."""
    words = {"company": "АО «Энергосбыт»", "phone": "8 800 0", "hours": "с 8"}
    return list(documents.load(words, now=MADE_AT))


def subscribe(user, account, kind=LetterKind.REMINDER, *, now):
    """A letter about the account that its user asked for; twice is once."""
    with writing():
        subscriptions.begin(user.id, account.id, kind, actor=Actor(user.id), now=now)


def unsubscribe(user, account, kind=LetterKind.REMINDER, *, now):
    with writing():
        subscriptions.end(user.id, account.id, kind, actor=Actor(user.id), now=now)


def leave_ways_in(user, now):
    """A link to a new password, and two letters that wait: one of them has a secret."""
    with writing():
        tokens.issue(TokenPurpose.RESET_PASSWORD, user_id=user.id, now=now)
        for key, is_secret in (("plain", False), ("secret", True)):
            outbox.put(
                "password_changed",
                key=key,
                recipient=user.email,
                context={},
                is_secret=is_secret,
                now=now,
            )


def reminded_of(user):
    """The ids of the accounts whose readings the user is reminded of."""
    return {
        row.account_id
        for row in subscriptions.live_of(user.id)
        if row.kind == LetterKind.REMINDER
    }


def make_order(account, staff, now, **values):
    """Make a recalculation by a court's decision that waits for another person."""
    return RecalculationOrder.create(
        **{
            "public_id": uuid.uuid4(),
            "key": uuid.uuid4(),
            "account": account,
            "reason": "court",
            "document": secrets.token_hex(4),
            "document_on": date(2026, 11, 5),
            "first": Month(2026, 8),
            "last": Month(2026, 8),
            "amount": Money(-10_00),
            "asked_by": staff,
            "asked_at": now,
            **values,
        }
    )


def make_question(
    account, user, now, text="her question", body=b"\xff\xd8 her file", **values
):
    """A question of the account's with a file; a specialist's answer is still fresh."""
    question = Question.create(
        **{
            "public_id": uuid.uuid4(),
            "key": secrets.token_hex(16),
            "branch": account.branch,
            "account": account,
            "user": user,
            "email": user.email or "",
            "code_hash": asking.code_hash("12345678", SECRET_KEY),
            "topic": Topic.CHARGES,
            "created_at": now,
            "changed_at": now,
            "due_on": date(2026, 11, 25),
            **values,
        }
    )
    message = QuestionMessage.create(
        question=question,
        key=secrets.token_hex(16),
        author=Author.CUSTOMER,
        user=user,
        text=text,
        at=now,
        shown_at=now,
    )
    with writing():
        asking.keep_files(
            message,
            [Attachment("her file.jpg", body, "image/jpeg")],
            owner_id=user.id,
            now=now,
        )
    QuestionMessage.create(
        question=question,
        key=secrets.token_hex(16),
        author=Author.STAFF,
        text="an answer",
        at=now,
        shown_at=now + timedelta(minutes=10),
    )
    return question


def make_announcement(branch, now, **values):
    """What a branch tells everybody, from the 20th of November on."""
    return Announcement.create(
        **{
            "public_id": uuid.uuid4(),
            "key": secrets.token_hex(16),
            "kind": "news",
            "branch": branch,
            "title": "Отделение переехало",
            "text": "Теперь мы на улице Мира.",
            "starts": date(2026, 11, 20),
            "changed_at": now,
            **values,
        }
    )


def make_crew(branch=None, name="Бригада 1", visits=4, **values):
    """A crew of the branch that works since long ago."""
    return Crew.create(
        **{
            "branch": branch or make_branch(),
            "key": secrets.token_hex(16),
            "name": name,
            "starts": date(2026, 1, 12),
            "visits": visits,
            "created_at": MADE_AT,
            **values,
        }
    )


def make_meter_request(account, now, step=RequestAct.ASKED, body=None, **values):
    """A request of the account's, by default to replace its meter; `body` is a photo."""
    row = ServiceRequest(
        **{
            "public_id": uuid.uuid4(),
            "key": secrets.token_hex(16),
            "branch": account.branch,
            "account": account,
            "meter": Meter.get_or_none(Meter.account == account),
            "kind": RequestKind.REPLACEMENT,
            "created_at": now,
            "changed_at": now,
            "due_on": date(2026, 11, 25),
            **values,
        }
    )
    if body is not None:
        with writing():
            row.photo = files.store(
                Attachment("photo.jpg", body, "image/jpeg"),
                purpose="request",
                owner_id=row.asked_by_id,
                now=now,
            ).id
    row.slot = request_rows.slot_of(row) if row.state in OPEN else None
    row.save(force_insert=True)
    with writing():
        request_rows.step(
            row,
            step,
            user_id=row.asked_by_id or row.taken_by_id,
            actor=SYSTEM,
            now=now,
            before=request_rows.snapshot(row),
        )
    return row
