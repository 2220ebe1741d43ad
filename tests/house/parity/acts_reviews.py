"""What specialists decide about readings under review."""

from dataclasses import replace

from cabinet.domain.metering import ReadingState
from cabinet.models import Reading, ReviewDecision
from tests import factories
from tests.house.parity.house import NO_ID, Act, Route, at

NOBODYS = f"/staff/readings/{NO_ID}"


def waits(house, **values):
    """Return a reading of Alice's that waits, a specialist at the desk."""
    house.sign_in_staff()
    return factories.make_reading(
        house.meter,
        "2026-11",
        (9450,),
        state=ReadingState.NEEDS_REVIEW,
        user=house.alice,
        reason="unusual",
        **values,
    )


def act(row, verb, **fields):
    return Act(
        page=f"/staff/readings/{row.public_id}",
        form=f"form[action$='/{verb}']",
        fields=fields,
    )


def accept(house):
    return act(waits(house), "accept")


def accept_late(house):
    """Accept what the customer has replaced since the page was opened."""
    done = accept(house)
    return replace(done, fields={"version": "7"})


def accept_lower(house):
    """Accept what had a page to be accepted from, and fell below what came since."""
    row = waits(house)
    done = act(row, "accept")
    factories.make_reading(
        house.meter, "2026-12", (4700,), state=ReadingState.SUBMITTED
    )
    return replace(
        done,
        page="/staff/",
        form=None,
        action=f"{done.page}/accept",
        fields={"version": "1", **token(house, row)},
    )


def token(house, row):
    page = house.browser.get(f"/staff/readings/{row.public_id}")
    field = page.one("form[action$='/correct'] [name=csrf_token]")
    return {"csrf_token": field.get("value")}


def correct(house):
    return act(waits(house), "correct", t1="4772")


def give_back(house):
    return act(waits(house), "return", ready="much", words="Позвоните нам")


def undo(house):
    row = waits(house)
    page = house.browser.get(f"/staff/readings/{row.public_id}")
    house.browser.submit(page, "form[action$='/accept']", status=303)
    return act(row, "undo")


def undo_counted(house):
    done = undo(house)
    decided = ReviewDecision.get()
    Reading.update(state=ReadingState.COUNTED).where(
        Reading.id == decided.reading_id
    ).execute()
    return done


ROUTES = {
    "staff.accept": Route(
        accept,
        {404: at(accept, action=f"{NOBODYS}/accept"), 409: accept_lower},
    ),
    "staff.correct": Route(
        correct,
        {
            404: at(correct, action=f"{NOBODYS}/correct"),
            409: {"t1": "9000"},
            422: {"t1": "4x"},
        },
    ),
    "staff.give_back": Route(
        give_back,
        {
            404: at(give_back, action=f"{NOBODYS}/return"),
            409: {"version": "7"},
            422: {"ready": "", "words": ""},
        },
    ),
    "staff.undo": Route(
        undo, {404: at(undo, action=f"{NOBODYS}/undo"), 409: undo_counted}
    ),
}
