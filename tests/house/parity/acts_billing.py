"""What a supervisor does about the bills of a month."""

from cabinet.models import BillRun, Branch
from tests import factories
from tests.house.parity.house import Act, Route, at

LIST = "/staff/bills"
MISSING = f"{LIST}/{10**9}"


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
}
