"""Requests for work on a meter: of both sides."""

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
}
