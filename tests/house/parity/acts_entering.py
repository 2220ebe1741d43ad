"""Signing in and out, one-time codes of staff, a forgotten password."""

import re

from cabinet.services import factors
from tests import factories
from tests.browsing import Browser
from tests.factories import PASSWORD
from tests.house.parity.house import NOTHING, Act, Route, at

NEW_PASSWORD = "клюква-и-пять-ежей"


def enter(house):
    return Act(
        page="/login",
        form="#login-form",
        fields={"login": house.alice.email, "password": PASSWORD},
    )


def leave(house):
    house.sign_in()
    return Act(page="/profile", form="form[action='/logout']")


# One-time codes of staff ------------------------------------------------------------


def show_code(house):
    house.enter_password(factories.make_staff())
    return Act(
        page="/factor", form="#factor-form", fields={"code": house.browser.code()}
    )


def recover(house):
    operator = factories.make_staff()
    browser = Browser(house.app).sign_in(operator)
    shown = browser.submit(browser.get("/factor/codes"), "main form", status=200)
    code = re.search(r"(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}", shown.text)[0]
    house.enter_password(operator)
    return Act(page="/factor/recovery", form="#recovery-form", fields={"code": code})


def take_factor(house):
    house.enter_password(factories.make_customer("new@example.org", role="operator"))
    groups = house.browser.get("/factor/enrol").select("b .nowrap")
    secret = "".join(group.text for group in groups)
    return Act(
        page="/factor/enrol",
        form="#enrol-form",
        fields={"code": factors.code_at(secret, house.now)},
        is_swapped=False,
    )


def renew_codes(house):
    house.sign_in_staff()
    return Act(page="/factor/codes", form="main form", is_swapped=False)


def prove(house):
    house.sign_in_staff()
    return Act(
        page="/factor/sure",
        form="#sure-form",
        fields={"password": PASSWORD, "code": house.browser.code()},
    )


# The password -----------------------------------------------------------------------


def ask_link(house):
    fields = {"number": house.account.number, "email": house.alice.email}
    return Act(page="/reset", form="#reset-form", fields=fields)


def save_password(house):
    asked = ask_link(house)
    browser = Browser(house.app)
    browser.submit(browser.get(asked.page), asked.form, **asked.fields)
    return Act(
        page=house.link("password_reset"),
        form="#new-password-form",
        fields={"password": NEW_PASSWORD},
    )


def change_password(house):
    house.sign_in()
    return Act(
        page="/profile/password",
        form="#change-password-form",
        fields={"current": PASSWORD, "password": NEW_PASSWORD},
    )


ROUTES = {
    "auth.enter": Route(enter, {422: {"password": "чужой"}}),
    "auth.logout": Route(leave, {400: at(leave, has_token=False)}),
    "factor.enter": Route(show_code, {422: {"code": "000000"}}),
    "factor.prove": Route(prove, {422: {"password": "чужой"}}),
    "factor.recover": Route(recover, {422: {"code": "AAAA-AAAA-AAAA-AAAA"}}),
    "factor.renew_codes": Route(
        renew_codes, {400: at(renew_codes, has_token=False)}, done=200
    ),
    "factor.take": Route(take_factor, {422: {"code": "000000"}}, done=200),
    "password.ask": Route(ask_link, {422: {"number": ""}}),
    "password.save": Route(
        save_password,
        {
            422: {"password": "password1"},
            410: at(save_password, action=f"/password/{NOTHING}"),
        },
    ),
    "profile.change_password": Route(
        change_password, {422: {"current": "чужой", "password": NEW_PASSWORD}}
    ),
}
