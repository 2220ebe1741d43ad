"""Requests for work on a meter: of both sides."""

from dataclasses import replace
from datetime import date

from cabinet.models import User
from tests import factories
from tests.house.parity.house import NO_ID, Act, Route, at


def asked(house, **values):
    """Return a request of Alice's."""
    house.sign_in()
    return factories.make_meter_request(
        house.account, house.now, **{"asked_by": house.alice, **values}
    )


def ask(house):
    house.sign_in()
    return Act(
        page="/requests",
        form="#request-form",
        fields={
            "kind": "replacement",
            "first": "24.11.2026",
            "phone": "8 900 000-00-00",
            "words": "Домофон 38",
        },
    )


def ask_again(house):
    asked(house)
    return ask(house)


def change_days(house):
    page = f"/requests/{asked(house).public_id}"
    return Act(page=page, form="#days-form", fields={"first": "25.11.2026"})


def cancel(house):
    return Act(page=f"/requests/{asked(house).public_id}", form="#cancel-form")


def cancel_done(house):
    done = asked(house, state="done")
    still = asked(house, kind="sealing")
    return Act(
        page=f"/requests/{still.public_id}",
        form="#cancel-form",
        action=f"/requests/{done.public_id}/cancel",
    )


def change_done(house):
    done = asked(house, state="done")
    still = asked(house, kind="sealing")
    return Act(
        page=f"/requests/{still.public_id}",
        form="#days-form",
        fields={"first": "25.11.2026"},
        action=f"/requests/{done.public_id}/days",
    )


def desk(house, **values):
    """Return the page of a request where a specialist works on it."""
    crew = factories.make_crew(house.account.branch)
    if values.get("state") == "planned":
        day = house.now.date()
        values |= {"crew": crew, "planned_on": day, "planned_hours": "morning"}
    row = asked(house, **values)
    house.sign_in_staff()
    return f"/staff/requests/{row.public_id}"


def planned(house, **values):
    return desk(house, state="planned", **values)


def plan(house):
    return Act(page=desk(house), form="#plan-form", fields={"day": "24.11.2026"})


def refuse(house):
    return Act(page=desk(house), form="#refuse-form", fields={"reason": "not-needed"})


def could_not(house):
    return Act(page=planned(house), form="#miss-form", fields={"why": "nobody-home"})


def decided(house):
    """Return the page of a request on which the specialist has decided."""
    page = desk(house)
    browser = house.browser
    browser.submit(browser.get(page), "#plan-form", day="24.11.2026")
    return page


def undo(house):
    return Act(page=decided(house), form="#undo-form")


def undo_late(house):
    act = undo(house)
    other = asked(house, kind="sealing")
    house.sign_in(User.get(User.email == "operator@example.org"))
    return replace(act, action=f"/staff/requests/{other.public_id}/undo")


def take(house):
    house.sign_in_staff()
    return Act(
        page=f"/staff/requests/new?account={house.account.number}",
        form="#request-form",
        fields={"kind": "sealing", "phone": "8 900 000-00-00"},
        is_swapped=False,
    )


def take_again(house):
    asked(house, kind="sealing")
    return take(house)


def finish(house):
    return Act(
        page=f"{planned(house, kind='verification')}/finish",
        form="#finish-form",
        fields={"act": "17", "verified_until": "22.11.2042"},
        is_swapped=False,
    )


def add_crew(house):
    house.sign_in_staff("supervisor")
    return Act(
        page="/staff/requests/crews",
        form="#crew-form",
        fields={"name": "Северная", "starts": "01.12.2026", "visits": "4"},
        is_swapped=False,
    )


def end_crew(house):
    factories.make_crew(house.account.branch)
    house.sign_in_staff("supervisor")
    return Act(
        page="/staff/requests/crews", form="form[action$='/end']", is_swapped=False
    )


def resume_crew(house):
    factories.make_crew(house.account.branch, ends=house.now.date())
    house.sign_in_staff("supervisor")
    return Act(
        page="/staff/requests/crews", form="form[action$='/resume']", is_swapped=False
    )


def end_busy_crew(house):
    crew = factories.make_crew(house.account.branch)
    asked(
        house,
        state="planned",
        crew=crew,
        planned_on=date(2026, 12, 1),
        planned_hours="morning",
    )
    house.sign_in_staff("supervisor")
    return Act(
        page="/staff/requests/crews", form="form[action$='/end']", is_swapped=False
    )


NOWHERE = f"/requests/{NO_ID}"

ROUTES = {
    "requests.ask": Route(
        ask, {422: {"first": "завтра"}, 404: {"account": "nowhere0"}, 409: ask_again}
    ),
    "requests.change_days": Route(
        change_days,
        {
            422: {"first": "22.11.2026"},
            409: change_done,
            404: at(change_days, action=f"{NOWHERE}/days"),
        },
    ),
    "requests.cancel": Route(
        cancel, {409: cancel_done, 404: at(cancel, action=f"{NOWHERE}/cancel")}
    ),
    "staff_requests.plan": Route(
        plan,
        {
            422: {"day": "22.11.2020"},
            409: {"version": "7"},
            404: at(plan, action=f"/staff{NOWHERE}/plan"),
        },
    ),
    "staff_requests.refuse": Route(
        refuse, {422: {"reason": ""}, 409: {"version": "7"}}
    ),
    "staff_requests.could_not": Route(
        could_not, {422: {"why": "rain"}, 409: {"version": "7"}}
    ),
    "staff_requests.undo": Route(
        undo, {404: at(undo, action=f"/staff{NOWHERE}/undo"), 409: undo_late}
    ),
    "staff_requests.take": Route(
        take, {422: {"phone": ""}, 409: take_again, 404: {"account": "460000000099"}}
    ),
    "staff_requests.finish.finish": Route(
        finish,
        {
            422: {"act": ""},
            409: {"version": "7"},
            404: at(finish, action=f"/staff{NOWHERE}/finish"),
        },
    ),
    "staff_requests.days.add_crew": Route(add_crew, {422: {"visits": "0"}}),
    "staff_requests.days.end_crew": Route(
        end_crew,
        {
            404: at(end_crew, action="/staff/requests/crews/999/end"),
            409: end_busy_crew,
        },
    ),
    "staff_requests.days.resume_crew": Route(
        resume_crew,
        {404: at(resume_crew, action="/staff/requests/crews/999/resume")},
    ),
}
