"""Readings that a specialist enters for somebody, and what takes them back."""

from tests.house.parity.house import NO_ID, Act, Route, at

HOME = "/staff/entering"


def enter(house):
    house.sign_in_staff()
    return Act(
        page=f"{HOME}?account={house.account.number}",
        form="#entering-form",
        fields={"t1": "4772"},
    )


def undo(house):
    entered = enter(house)
    browser = house.browser
    browser.submit(browser.get(entered.page), entered.form, **entered.fields)
    return Act(page=HOME, form="#entering-log form")


ROUTES = {
    "staff_entering.enter": Route(
        enter, {422: {"t1": "много"}, 409: {"t1": "9000"}, 404: {"account": "1"}}
    ),
    "staff_entering.undo": Route(undo, {404: at(undo, action=f"{HOME}/{NO_ID}/undo")}),
}
