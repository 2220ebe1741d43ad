"""Letting somebody else see an account, and being let in."""

from cabinet.domain.people import AccessLevel
from cabinet.services import delegation
from cabinet.services.audit import Actor
from tests import factories
from tests.house.parity.acts_people import of_stranger
from tests.house.parity.house import NOTHING, Act, Route, at

EMAIL = "ivan@example.org"


def invite(house):
    house.sign_in()
    return Act(
        page="/profile/accounts/home/invite",
        form="#invite-form",
        fields={"email": EMAIL, "last_day": "31.12.2026"},
    )


def end_access(house):
    friend = factories.make_customer("friend@example.org")
    factories.give_access(friend, house.account, granted_by=house.alice)
    house.sign_in()
    return Act(page="/profile/delegates", form="form[action$='/end']")


def revoke(house):
    invited(house)
    house.sign_in()
    return Act(page="/profile/delegates", form="form[action$='/revoke']")


# By the link ------------------------------------------------------------------------


def invited(house):
    """Return the address of the link of an invitation."""
    delegation.invite(
        house.alice.id,
        "home",
        EMAIL,
        level=AccessLevel.READINGS,
        last_day=None,
        key="key",
        link=lambda secret: f"http://localhost/invitations/{secret}",
        actor=Actor(house.alice.id),
        pepper="pepper",
        now=house.now,
    )
    return house.link("invitation")


def accept(house):
    address = invited(house)
    house.sign_in(factories.make_customer(EMAIL, name="Иван Орлов"))
    return Act(page=address, form="main form")


def accept_what_one_has(house):
    address = invited(house)
    house.sign_in()
    return Act(
        page="/", form="form[action='/logout']", action=address, is_swapped=False
    )


def open_cabinet(house):
    factories.load_documents()
    return Act(
        page=invited(house),
        form="form[action$='/cabinet']",
        fields={"processing": "y"},
        is_swapped=False,
    )


ROUTES = {
    "delegates.end": Route(
        end_access, {404: at(end_access, action="/profile/delegates/999999/end")}
    ),
    "delegates.invite": Route(
        invite, {422: {"email": "ivan"}, 404: of_stranger(invite, "/invite")}
    ),
    "delegates.revoke": Route(
        revoke,
        {404: at(revoke, action="/profile/delegates/invitations/999999/revoke")},
    ),
    "invitations.accept": Route(
        accept,
        {
            404: at(accept, action=f"/invitations/{NOTHING}"),
            409: accept_what_one_has,
        },
    ),
    "invitations.open_cabinet": Route(
        open_cabinet,
        {
            422: {"processing": ""},
            404: at(open_cabinet, action=f"/invitations/{NOTHING}/cabinet"),
        },
    ),
}
