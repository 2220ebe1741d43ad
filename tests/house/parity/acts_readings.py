"""Readings: of a customer, of a guest, by the link of a reminder."""

from dataclasses import replace

from cabinet.domain.registration import TokenPurpose
from cabinet.models.base import writing
from cabinet.services import tokens
from tests import factories
from tests.house.parity.house import NOTHING, Act, Route, at


def submit(house):
    house.sign_in()
    return Act(page="/readings", form="#reading-form", fields={"t1": "4772"})


def mail(house):
    taken = house.take_reading(house.alice, house.account)
    house.sign_in()
    return Act(page=f"/readings/{taken.public_id}", form="#reading-mail")


def mail_of_stranger(house):
    theirs = house.take_reading(*house.make_stranger())
    return replace(mail(house), action=f"/readings/{theirs.public_id}/mail")


# Without signing in -----------------------------------------------------------------


def name_meter(_house):
    return Act(
        page="/guest/readings",
        form="#guest-pair",
        fields={"number": "4600 0000 0001", "digits": "4547"},
    )


def submit_as_guest(house):
    named = name_meter(house)
    form = house.browser.submit(
        house.browser.get(named.page), named.form, **named.fields
    )
    return Act(page=form.url, form="#guest-form", fields={"t1": "4772"})


def link(house, purpose, **more):
    """Return the secret of a link as it stands in a reminder to Alice."""
    factories.subscribe(house.alice, house.account, now=house.now)
    context = {"account": house.account.id, **more}
    with writing():
        return tokens.issue(
            purpose, user_id=house.alice.id, context=context, now=house.now
        )


def submit_by_reminder(house):
    meter = str(house.meter.public_id)
    secret = link(house, TokenPurpose.REMINDER, meter=meter)
    return Act(page=f"/reminders/{secret}", form="#guest-form", fields={"t1": "4772"})


def stop_reminders(house):
    secret = link(house, TokenPurpose.STOP_REMINDERS)
    return Act(page=f"/reminders/stop/{secret}", form="#guest-stop-form")


ROUTES = {
    "guest.prove": Route(name_meter, {422: {"digits": "0000"}}),
    "guest.reminders.stop": Route(
        stop_reminders, {409: at(stop_reminders, action=f"/reminders/stop/{NOTHING}")}
    ),
    "guest.reminders.submit": Route(
        submit_by_reminder,
        {
            422: {"t1": "много"},
            409: at(submit_by_reminder, action=f"/reminders/{NOTHING}"),
        },
    ),
    "guest.submit": Route(
        submit_as_guest,
        {
            422: {"t1": "много"},
            409: at(submit_as_guest, action=f"/guest/readings/{NOTHING}"),
        },
    ),
    "readings.mail": Route(mail, {404: mail_of_stranger}),
    "readings.submit": Route(submit, {422: {"t1": "много"}, 409: {"t1": "4512"}}),
}
