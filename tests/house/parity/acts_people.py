"""A person and their accounts: sessions, names, letters, the e-mail, leaving."""

from dataclasses import replace

from tests import factories
from tests.browsing import Browser
from tests.factories import PASSWORD
from tests.house.parity.house import NOTHING, Act, Route, at


def choose_account(house):
    house.give_dacha()
    house.sign_in()
    return Act(page="/tariffs", form=".switch", fields={"account": "dacha"})


def choose_looks(_house):
    return Act(page="/login", form="form[action='/looks']", button=("large", "1"))


def report(_house):
    return Act(page="/login", action="/csp-report", fields={"csp-report": "x"})


# Sessions ---------------------------------------------------------------------------


def end_session(house):
    other = Browser(house.app).sign_in(house.alice)
    ended = other.get("/profile").one("#session-list form").get("action")
    house.sign_in()
    return Act(page="/profile", form=f"#session-list form[action='{ended}']")


def end_session_of_stranger(house):
    stranger, _ = house.make_stranger()
    theirs = Browser(house.app).sign_in(stranger).get("/profile")
    action = theirs.one("#session-list form").get("action")
    return replace(end_session(house), action=action)


def end_others(house):
    Browser(house.app).sign_in(house.alice)
    house.sign_in()
    return Act(page="/profile", form="form[action='/profile/sessions/end-others']")


# Accounts ---------------------------------------------------------------------------


def rename(house):
    house.sign_in()
    return Act(
        page="/profile/accounts/home",
        form="#label-form",
        fields={"label": "Дом у реки"},
    )


def move(house):
    house.give_dacha()
    house.sign_in()
    return Act(
        page="/profile/accounts",
        form="form[action='/profile/accounts/dacha/move']",
        button=("to:0", ""),
    )


def unlink(house):
    house.give_dacha()
    house.sign_in()
    return Act(page="/profile/accounts/dacha/unlink", form="main form")


def of_stranger(act, end=""):
    """Return a refusal: the act upon an account of somebody else."""

    def refused(house):
        house.make_stranger()
        return replace(act(house), action=f"/profile/accounts/other{end}")

    return refused


# Letters and consents ---------------------------------------------------------------


def choose_letters(house):
    factories.load_documents()
    house.sign_in()
    return Act(
        page="/profile/consents",
        form="form[action='/profile/consents/letters']",
        fields={"letters": ["reminder", "bill"]},
    )


def withdraw(house):
    given = choose_letters(house)
    house.browser.submit(house.browser.get(given.page), given.form, **given.fields)
    return Act(
        page="/profile/consents",
        form="form[action='/profile/consents/consent-mail/withdraw']",
    )


# The e-mail -------------------------------------------------------------------------


def ask_email(house):
    house.sign_in()
    return Act(
        page="/profile/email",
        form="#email-form",
        fields={"email": "maria@example.net", "current": PASSWORD},
    )


def confirm_email(house):
    asked = ask_email(house)
    house.browser.submit(house.browser.get(asked.page), asked.form, **asked.fields)
    return Act(page=house.link("email_change_confirm"), form="#link-form")


def undo_email(house):
    confirmed = confirm_email(house)
    house.browser.submit(house.browser.get(confirmed.page), confirmed.form)
    return Act(page=house.link("email_changed"), form="#link-form")


# Leaving ----------------------------------------------------------------------------


def start_leaving(house):
    house.sign_in()
    return Act(
        page="/leaving/close", form="#closing-form", fields={"password": PASSWORD}
    )


def undo_leaving(house):
    started = start_leaving(house)
    house.browser.submit(
        house.browser.get(started.page), started.form, **started.fields
    )
    return Act(page="/leaving", form="form[action='/leaving/undo']")


def ask_export(house):
    house.sign_in()
    return Act(page="/leaving/export", form="#export form")


ROUTES = {
    "accounts.move": Route(move, {404: of_stranger(move, "/move")}),
    "accounts.rename": Route(
        rename, {422: {"label": "б" * 41}, 404: of_stranger(rename)}
    ),
    "accounts.unlink": Route(unlink, {404: of_stranger(unlink, "/unlink")}),
    "consents.choose": Route(
        choose_letters, {422: {"letters": "spam"}, 404: {"account": NOTHING}}
    ),
    "consents.withdraw": Route(
        withdraw, {404: at(withdraw, action=f"/profile/consents/{NOTHING}/withdraw")}
    ),
    "email.ask": Route(ask_email, {422: {"current": "чужой"}}),
    "email.confirm_now": Route(
        confirm_email, {410: at(confirm_email, action=f"/email/confirm/{NOTHING}")}
    ),
    "email.undo_now": Route(
        undo_email, {410: at(undo_email, action=f"/email/undo/{NOTHING}")}
    ),
    "health.csp_report": Route(report, {413: {"csp-report": "x" * 9000}}, done=204),
    "home.choose": Route(choose_account, {404: {"account": "other"}}),
    "leaving.ask": Route(ask_export, {400: at(ask_export, has_token=False)}),
    "leaving.start": Route(start_leaving, {422: {"password": "чужой"}}),
    "leaving.undo": Route(undo_leaving, {400: at(undo_leaving, has_token=False)}),
    "looks.choose": Route(choose_looks, {400: at(choose_looks, button=("large", "2"))}),
    "profile.end_others": Route(end_others, {400: at(end_others, has_token=False)}),
    "profile.end_session": Route(end_session, {404: end_session_of_stranger}),
}
