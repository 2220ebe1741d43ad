"""A request to register: of who asks, and of the specialist who decides."""

from dataclasses import replace
from datetime import timedelta

from cabinet.domain.money import Money
from cabinet.domain.people import NoteKind
from cabinet.models import RegistrationRequest, User
from tests import factories
from tests.browsing import Browser
from tests.house.parity.house import NO_ID, NOTHING, Act, Route, at
from tests.services.registration.conftest import Office

EMAIL = "new@example.org"


def open_office(house):
    """Let registration be open, with a payment that counts as evidence."""
    factories.load_documents()
    factories.post(house.account, Money(-812_40), at=house.now - timedelta(days=12))


def send(house):
    open_office(house)
    return Act(
        page="/registration",
        form="#registration-form",
        fields={
            "branch": "kursk",
            "account": "4600 0000 0001",
            "amount": "812,40",
            "email": EMAIL,
            "processing": "y",
        },
    )


def sent(house):
    """Return the address of a request whose code is not typed yet."""
    asked = send(house)
    page = house.browser.get(asked.page)
    return house.browser.submit(page, asked.form, **asked.fields).url


def confirm(house):
    address = sent(house)
    code = house.letter("registration_code")["code"]
    return Act(page=address, form="#registration-code", fields={"code": code})


def ask_code_again(house):
    return Act(page=sent(house), form="form[action$='/code']")


def find_state(house):
    sent(house)
    number = str(RegistrationRequest.get().id)
    return Act(
        page="/registration/state",
        form="#registration-state-form",
        fields={"number": number, "email": EMAIL},
    )


def say_not_me(house):
    opened = open_request(house)
    house.browser.submit(house.browser.get(opened.page), opened.form)
    house.browser = Browser(house.app)
    return Act(page=house.link("access_added"), form="#registration-not-me-form")


def use_card(house):
    code = print_card(house).select("table b")[-1].text
    house.browser = Browser(house.app)
    return Act(
        page="/registration/card",
        form="#registration-card-form",
        fields={"account": house.account.number, "code": code},
    )


# The specialist ---------------------------------------------------------------------


def decide(house):
    """Make a request that waits, seen by an operator; return their page."""
    open_office(house)
    Office(house.now).waiting()
    house.sign_in_staff()
    return Act(page="/staff/registrations")


def open_request(house):
    return replace(decide(house), form="form[action$='/open']")


def refuse(house):
    return replace(
        decide(house),
        form="form[action$='/refuse']",
        fields={"reason": "facts-differ"},
    )


def undo(house):
    opened = open_request(house)
    house.browser.submit(house.browser.get(opened.page), opened.form)
    return replace(opened, form="form[action$='/undo']")


def undo_what_waits(house):
    act = undo(house)
    waits = Office(house.now).waiting(key="another", email="second@example.org")
    return replace(act, action=f"/staff/registrations/{waits.public_id}/undo")


def open_at_counter(house):
    factories.load_documents()
    house.sign_in_staff()
    return _counter_form(house)


def _counter_form(house):
    return Act(
        page="/staff/registrations/counter",
        form="#counter-form",
        fields={"account": house.account.number, "signed": "y"},
        is_swapped=False,
    )


def _note(house):
    """Tell Alice, who has no e-mail, of somebody who sees her account now."""
    User.update(email=None).where(User.id == house.alice.id).execute()
    request = factories.make_request(house.account, house.now)
    context = {"account": house.account.number, "registration": request.id}
    factories.tell(house.alice, NoteKind.ACCESS_ADDED, context, house.now)
    house.sign_in()


def close_note(house):
    _note(house)
    return Act(page="/", form="form[action$='/close']", is_swapped=False)


def dispute_note(house):
    _note(house)
    return Act(page="/", form="form[action$='/not-me']", is_swapped=False)


def print_card(house):
    """Return the page of a card that an operator has printed."""
    asked = open_at_counter(house)
    page = house.browser.get(asked.page)
    return house.browser.submit(page, asked.form, status=200, **asked.fields)


def open_for_a_spouse(house):
    print_card(house)
    return _counter_form(house)


def print_card_again(house):
    # The button stands on the card itself, which is the answer to another form.
    print_card(house)
    number = RegistrationRequest.get().public_id
    return Act(
        page="/staff/registrations",
        form="form[action='/logout']",
        action=f"/staff/registrations/{number}/card",
        is_swapped=False,
    )


ROUTES = {
    "notes.close": Route(
        close_note, {404: at(close_note, action=f"/notes/{10**9}/close")}
    ),
    "notes.not_me": Route(
        dispute_note, {404: at(dispute_note, action=f"/notes/{10**9}/not-me")}
    ),
    "registration.code_again": Route(
        ask_code_again, {404: at(ask_code_again, action=f"/registration/{NO_ID}/code")}
    ),
    "registration.confirm": Route(confirm, {422: {"code": "12"}}),
    "registration.find_state": Route(find_state, {422: {"email": "other@example.org"}}),
    "registration.say_not_me": Route(
        say_not_me,
        {409: at(say_not_me, action=f"/registration/not-me/{NOTHING}")},
        done=200,
    ),
    "registration.send": Route(send, {422: {"account": "123"}}),
    "registration.use_card": Route(use_card, {422: {"code": "0000 0000 0000"}}),
    "staff_registrations.card_again": Route(
        print_card_again,
        {404: at(print_card_again, action=f"/staff/registrations/{NO_ID}/card")},
        done=200,
    ),
    "staff_registrations.open_at_counter": Route(
        open_at_counter,
        {422: {"account": "460000009999"}, 409: open_for_a_spouse},
        done=200,
    ),
    "staff_registrations.open_request": Route(open_request, {409: {"version": "99"}}),
    "staff_registrations.refuse": Route(
        refuse, {422: {"reason": ""}, 409: {"version": "99"}}
    ),
    "staff_registrations.undo": Route(
        undo,
        {
            404: at(undo, action=f"/staff/registrations/{NO_ID}/undo"),
            409: undo_what_waits,
        },
    ),
}
