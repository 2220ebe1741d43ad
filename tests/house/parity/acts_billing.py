"""What specialists do about the bills of a month, and about recalculations by order."""

from cabinet.models import BillRun, Branch
from tests import factories
from tests.house.parity.house import Act, Route, at

LIST = "/staff/bills"
MISSING = f"{LIST}/{10**9}"
ORDERS = "/staff/recalculations"


def run_in(house, state, **values):
    """Make a run with a draft; a supervisor looks at it."""
    run = factories.make_bill_run(house.account, state, house.now, **values)
    house.sign_in_staff("supervisor")
    return f"{LIST}/{run.id}"


def act_of(name, state, **values):
    """Return the act of the button of that name on a run's page."""

    def act(house):
        page = run_in(house, state, **values)
        return Act(page=page, form=f"form[action$='/{name}']", is_swapped=False)

    return act


def moved(name, state, after):
    """Return a refusal: somebody has moved the run since the page was opened."""
    act = act_of(name, state)

    def refusal(house):
        found = act(house)
        BillRun.update(state=after).execute()
        Branch.update(own_billing=True).execute()
        # The button is gone: what it sent goes there from another form.
        return Act(
            page=LIST,
            form="#ask-form",
            action=f"{found.page}/{name}",
            is_swapped=False,
        )

    return refusal


def ask(house):
    house.sign_in_staff("supervisor")
    Branch.update(own_billing=True).execute()
    return Act(
        page=LIST,
        form="#ask-form",
        fields={"branch": "kursk", "month": "2026-10"},
        is_swapped=False,
    )


def hold_back(house):
    page = run_in(house, "issued")
    return Act(
        page=f"{page}/odd",
        form="form[action*='/hold']",
        fields={"why": "так"},
        is_swapped=False,
    )


def order_of(house, **values):
    """Make an order that somebody else asked for; a specialist looks at it."""
    other = factories.make_staff("igor@example.org")
    order = factories.make_order(
        house.account, other, house.now, document="17", **values
    )
    house.sign_in_staff()
    return f"{ORDERS}/{order.public_id}"


def order(house):
    """Confirm a recalculation, the next bill seen."""
    Branch.update(own_billing=True).execute()
    factories.make_bill(house.account, "2026-10")
    house.sign_in_staff()
    return Act(
        page=f"{ORDERS}/accounts/{house.account.number}",
        form="#order-form",
        fields={
            "reason": "court",
            "document": "17",
            "document_on": "05.11.2026",
            "first": "2026-10",
            "last": "2026-10",
            "direction": "less",
            "amount": "10",
            "seen": "court | 2026-10 | 2026-10 | less | 0 | 0 | 0 | 1000 | 17 | 2026-11-05 | ",
        },
        is_swapped=False,
    )


def agree(house):
    return Act(page=order_of(house), form="#agree-form", is_swapped=False)


def late(house):
    """Refused: it was withdrawn since the page was opened."""
    page = order_of(house, withdrawn_at=house.now)
    open_ = factories.make_order(
        house.account, factories.make_staff("oleg@example.org"), house.now
    )
    return Act(
        page=f"{ORDERS}/{open_.public_id}",
        form="#agree-form",
        action=f"{page}/agree",
        is_swapped=False,
    )


def withdraw(house):
    return Act(
        page=order_of(house),
        form="form[action$='/withdraw']",
        fields={"why": "так"},
        is_swapped=False,
    )


issue = act_of("issue", "prepared")
publish = act_of("publish", "issued")
cancel = act_of("cancel", "issued")
resume = act_of("resume", "issuing", fault="OSError")

ROUTES = {
    "staff_bills.ask": Route(ask, {422: {"month": ""}}),
    "staff_bills.cancel": Route(cancel, {409: moved("cancel", "issued", "published")}),
    "staff_bills.hold_back": Route(hold_back, {422: {"why": ""}}),
    "staff_bills.issue": Route(issue, {409: moved("issue", "prepared", "cancelled")}),
    "staff_bills.publish": Route(
        publish, {409: moved("publish", "issued", "cancelled")}
    ),
    "staff_bills.resume": Route(resume, {404: at(resume, action=f"{MISSING}/resume")}),
    "staff_recalculations.agree": Route(agree, {409: late}),
    "staff_recalculations.ask": Route(order, {422: {"document": ""}}),
    "staff_recalculations.withdraw": Route(withdraw, {422: {"why": ""}}),
}
