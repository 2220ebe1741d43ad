"""Paying: of a customer, of a guest, and what a bank tells."""

from cabinet.domain.money import Money
from cabinet.domain.payments.states import PaymentState
from cabinet.models import Account
from tests import factories
from tests.house.parity.house import Act, Route, at


def pay(house):
    # Who owes less is asked about the advance first.
    Account.update(balance=Money(1000_00)).execute()
    house.sign_in()
    return Act(
        page="/pay",
        form="#pay-form",
        fields={"sum_home": "500"},
        button=("method", "card"),
    )


def pay_as_guest(_house):
    return Act(
        page="/guest/pay",
        form="#guest-pay-form",
        fields={"number": "460000000001", "amount": "500", "email": "a@example.org"},
    )


def tell(_house):
    return Act(
        page="/documents", action="/webhooks/kursk-card", fields={"object": "bank-1"}
    )


def among_many(act):
    """Return a refusal: three payments of the account are under way."""

    def refused(house):
        made = act(house)
        for kopecks in range(3):
            factories.make_payment(
                house.account, f"10{kopecks}", house.now, state=PaymentState.PENDING
            )
        return made

    return refused


ROUTES = {
    "payments.pay": Route(pay, {409: among_many(pay), 422: {"sum_home": "много"}}),
    "payments.guest.pay": Route(
        pay_as_guest,
        {409: among_many(pay_as_guest), 422: {"number": "460000000002"}},
    ),
    "payments.webhooks.take": Route(
        tell, {404: at(tell, action="/webhooks/nothing")}, done=200
    ),
}
