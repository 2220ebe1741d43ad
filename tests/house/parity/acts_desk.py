"""What specialists do about payments and about what a bank told differently."""

import uuid

from cabinet.domain.money import Money
from cabinet.domain.payments.difference import Difference
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.models import (
    AccessRemoval,
    LedgerEntry,
    Payment,
    PaymentAttempt,
    Reconciliation,
    ReconciliationItem,
    Refund,
)
from tests import factories
from tests.house.parity.house import NO_ID, Act, Route, at

PAYMENT = f"/staff/payments/{NO_ID}"
RUN = f"/staff/reconciliations/{NO_ID}"


def paid(house, **values):
    """Make a payment that the bank knows; a specialist looks at it."""
    bank = house.app.extensions["cabinet.shops"].named("kursk-card").gateway
    bank.by_id["bank-9"] = SeenPayment(
        provider_id="bank-9",
        order="9-abcdef-1",
        state=Seen.SUCCEEDED,
        amount=Money(500_00),
        currency="RUB",
    )
    payment = factories.make_payment(
        house.account, "500", house.now, provider_id="bank-9", **values
    )
    number = PaymentAttempt.get(PaymentAttempt.payment == payment).number
    bank.decide("bank-9", order=number)
    house.sign_in_staff()
    return payment


def act(payment, form, **fields):
    return Act(
        page=f"/staff/payments/{payment.public_id}",
        form=form,
        fields=fields,
        is_swapped=False,
    )


def enter_act(house):
    """Confirm the act of a check, its recalculation seen."""
    house.sign_in_staff()
    page = f"/staff/accounts/{house.account.number}/control-act"
    return Act(
        page=page,
        form="#act-form",
        fields={
            "act": "17",
            "meter": house.meter.serial,
            "day": "20.11.2026",
            "t1": "4700",
            "seen": f"{house.meter.serial} | 2026-11-20 | 4700 |  |  | 17",
        },
        is_swapped=False,
    )


def end_access(house):
    house.sign_in_staff()
    access = factories.give_access(
        factories.make_customer("tenant@example.org"), house.account
    )
    return Act(
        page=f"/staff/accounts/{house.account.number}/people/{access.id}",
        form="#access-form",
        fields={"reason": "asked-for"},
        is_swapped=False,
    )


def undo_access(house):
    ended = end_access(house)
    page = house.browser.get(ended.page)
    house.browser.submit(page, ended.form, status=303, **ended.fields)
    return Act(
        page=f"/staff/accounts/{house.account.number}",
        form="form[action$='/undo']",
        is_swapped=False,
    )


def undo_too_late(house):
    """Undo what the same person got anew meanwhile."""
    undone = undo_access(house)
    row = AccessRemoval.get().access
    factories.give_access(row.user, house.account)
    return undone


def allocate(house):
    payment = paid(house)
    entry = LedgerEntry.get(
        LedgerEntry.cause.startswith(f"payment:{payment.public_id}")
    )
    return Act(
        page=f"/staff/allocations/{entry.id}",
        form="#allocation-form",
        fields={"month": "2026-11", "reason": "так"},
        is_swapped=False,
    )


def give_back(house):
    return act(paid(house), "#refund-form", amount="10", why="так")


def waiting(house):
    """Make a refund that somebody else has asked for; return its payment."""
    payment = paid(house)
    Refund.create(
        public_id=uuid.uuid4(),
        nonce=uuid.uuid4(),
        key=uuid.uuid4(),
        payment=payment,
        account=house.account,
        amount=Money(10_00),
        why="так",
        requested_by=factories.make_staff("igor@example.org"),
        created_at=house.now,
    )
    return payment


def approve(house):
    return act(waiting(house), "form[action$='/approve']")


def reject(house):
    return act(waiting(house), "form[action$='/reject']", why="так")


def mark(house):
    return act(paid(house), "#dispute-form", mark="dispute", why="так")


def ask(house):
    return act(paid(house), "form[action$='/ask']")


def trust(house):
    payment = paid(house, is_suspicious=True)
    return act(payment, "form[action$='/trust']", why="так")


def leave(house):
    payment = paid(house, is_suspicious=True)
    return act(payment, "form[action$='/leave']", why="так")


def compared(house, kind=Difference.MISSING_HERE, **values):
    """Make a run with a difference; the bank knows of the money."""
    payment = paid(house)
    if kind is Difference.MISSING_HERE:
        Payment.update(provider_id=None).where(Payment.id == payment.id).execute()
    run = Reconciliation.create(
        public_id=uuid.uuid4(),
        shop="kursk-card",
        day=house.now.date(),
        source="register",
        made_at=house.now,
        matched=0,
        differences=1,
    )
    ReconciliationItem.create(
        reconciliation=run,
        kind=kind,
        provider_id="bank-9",
        theirs=Money(500_00),
        accounts=house.account.number,
        **values,
    )
    return payment, f"/staff/reconciliations/{run.public_id}"


def attach(house):
    _payment, page = compared(house, their_state="succeeded")
    return Act(page=page, form="form[action$='/attach']", is_swapped=False)


def close(house):
    _payment, page = compared(house, their_state="succeeded")
    return Act(
        page=page,
        form="form[action$='/close']",
        fields={"why": "так"},
        is_swapped=False,
    )


def note_return(house):
    payment, page = compared(house, Difference.STATE, their_state="refunded")
    ReconciliationItem.update(payment=payment).execute()
    bank = house.app.extensions["cabinet.shops"].named("kursk-card").gateway
    bank.decide("bank-9", refunded=Money(10_00))
    return Act(page=page, form="form[action$='/return']", is_swapped=False)


def take_file(house):
    paid(house)
    return Act(
        page="/staff/reconciliations",
        form="#register-form",
        fields={
            "day": house.now.date().isoformat(),
            "register": (
                "Номер заказа;Сумма;Статус\n1;1,00;Оплачен\n".encode(),
                "реестр.csv",
            ),
        },
        is_swapped=False,
    )


ROUTES = {
    "staff_accounts.end_access": Route(
        end_access,
        {
            404: at(end_access, action="/staff/accounts/460000000001/people/999999"),
            422: {"reason": ""},
        },
    ),
    "staff_accounts.undo_access": Route(
        undo_access,
        {
            404: at(
                undo_access, action="/staff/accounts/460000000001/people/999999/undo"
            ),
            409: undo_too_late,
        },
    ),
    "staff_accounts.enter_act": Route(
        enter_act,
        {
            404: at(enter_act, action="/staff/accounts/460000000000/control-act"),
            422: {"act": ""},
        },
    ),
    "staff_allocations.say": Route(
        allocate,
        {
            404: at(allocate, action=f"/staff/allocations/{10**9}"),
            422: {"reason": ""},
        },
    ),
    "staff_payments.approve": Route(
        approve, {404: at(approve, action=f"{PAYMENT}/refunds/{NO_ID}/approve")}
    ),
    "staff_payments.ask": Route(ask, {404: at(ask, action=f"{PAYMENT}/ask")}),
    "staff_payments.give_back": Route(give_back, {422: {"amount": "много"}}),
    "staff_payments.leave": Route(leave, {422: {"why": ""}}),
    "staff_payments.mark": Route(
        mark, {409: {"mark": "dispute_won"}, 422: {"mark": ""}}
    ),
    "staff_payments.reject": Route(reject, {422: {"why": ""}}),
    "staff_payments.trust": Route(trust, {422: {"why": ""}}),
    "staff_reconciliations.attach": Route(attach, {422: {"account": ""}}),
    "staff_reconciliations.close": Route(close, {422: {"why": ""}}),
    "staff_reconciliations.note_return": Route(note_return, {422: {"account": ""}}),
    "staff_reconciliations.take_file": Route(take_file, {422: {"day": ""}}),
}
