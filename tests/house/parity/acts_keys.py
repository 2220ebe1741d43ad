"""The calendar's address and keys of programs: made and revoked."""

from cabinet.domain.keys import KeyScope
from cabinet.services import personal_keys
from cabinet.services.audit import SYSTEM
from tests.house.parity.house import Act, Route, at


def make_calendar(house):
    house.sign_in()
    return Act(page="/profile/calendar", form="form[action='/profile/calendar']")


def make_key(house):
    house.sign_in()
    return Act(
        page="/profile/keys",
        form="#key-form",
        fields={"name": "Дом", "scope": "submit"},
    )


def revoke_calendar(house):
    make(house, KeyScope.CALENDAR)
    house.sign_in()
    return Act(page="/profile/calendar", form="#calendar form[action$='/revoke']")


def revoke_key(house):
    make(house, KeyScope.READ)
    house.sign_in()
    return Act(page="/profile/keys", form="#programs form[action$='/revoke']")


def make(house, scope):
    personal_keys.make(
        house.alice.id,
        scope,
        "Дом",
        form_key="0" * 32,
        link_of=str,
        zone="Europe/Moscow",
        actor=SYSTEM,
        now=house.now,
    )


ROUTES = {
    "keys.make_calendar": Route(make_calendar, {}, done=200),
    "keys.make_key": Route(make_key, {422: {"name": " "}}, done=200),
    "keys.revoke_calendar": Route(
        revoke_calendar,
        {404: at(revoke_calendar, action="/profile/calendar/999/revoke")},
    ),
    "keys.revoke_key": Route(
        revoke_key, {404: at(revoke_key, action="/profile/keys/999/revoke")}
    ),
}
