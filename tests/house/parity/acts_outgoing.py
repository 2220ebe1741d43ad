"""Files for other systems: asked for, and the shapes of their tables."""

from cabinet.models import OutProfile
from tests.house.parity.house import Act, Route, at

SHAPE = "/staff/outgoing/shapes/kursk/readings"
NO_SHAPE = "/staff/outgoing/shapes/nowhere/readings"


def ask(house):
    house.sign_in_staff()
    return Act(
        page="/staff/outgoing",
        form="#out-form",
        fields={"branch": "kursk", "what": "debts:sberbank", "month": "2026-10"},
        is_swapped=False,
    )


def save_shape(house):
    house.sign_in_staff("supervisor")
    return Act(
        page=SHAPE,
        form="#shape-form",
        fields={"columns": "account\nt1 = Показание", "encoding": "cp1251"},
        is_swapped=False,
    )


def usual_shape(house):
    OutProfile.create(
        branch=house.account.branch,
        kind="readings",
        columns="account",
        encoding="cp1251",
        delimiter=";",
    )
    house.sign_in_staff("supervisor")
    return Act(page=SHAPE, form="form[action$='/usual']", is_swapped=False)


ROUTES = {
    "staff_outgoing.ask": Route(ask, {422: {"what": "debts:csv"}}),
    "staff_outgoing.save_shape": Route(
        save_shape, {422: {"columns": "price"}, 404: at(save_shape, action=NO_SHAPE)}
    ),
    "staff_outgoing.usual_shape": Route(
        usual_shape, {404: at(usual_shape, action=f"{NO_SHAPE}/usual")}
    ),
}
