"""What the office tells everybody: written, changed, withdrawn and shown again."""

from tests import factories
from tests.house.parity.house import NO_ID, Act, Route, at

LIST = "/staff/announcements"
NOWHERE = f"{LIST}/{NO_ID}"


def add(house):
    house.sign_in_staff("supervisor")
    return Act(
        page=LIST,
        form="#announcement-form",
        fields={"branch": "kursk", "title": "Переезд", "text": "Теперь на Мира."},
        is_swapped=False,
    )


def made(house, **values):
    """Return what there is to be changed by a supervisor."""
    known = factories.make_announcement(house.account.branch, house.now, **values)
    house.sign_in_staff("supervisor")
    return known


def save(house):
    return Act(
        page=f"{LIST}/{made(house).public_id}",
        form="#announcement-form",
        fields={"title": "Переехали"},
        is_swapped=False,
    )


def withdraw(house):
    made(house)
    return Act(page=LIST, form="form[action$='/withdraw']", is_swapped=False)


def restore(house):
    made(house, withdrawn_at=house.now)
    return Act(page=LIST, form="form[action$='/restore']", is_swapped=False)


ROUTES = {
    "staff_announcements.add": Route(add, {422: {"title": ""}}),
    "staff_announcements.save": Route(
        save, {422: {"title": ""}, 409: {"version": "7"}, 404: at(save, action=NOWHERE)}
    ),
    "staff_announcements.withdraw": Route(
        withdraw, {404: at(withdraw, action=f"{NOWHERE}/withdraw")}
    ),
    "staff_announcements.restore": Route(
        restore, {404: at(restore, action=f"{NOWHERE}/restore")}
    ),
}
