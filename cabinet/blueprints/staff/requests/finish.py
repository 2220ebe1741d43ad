"""How a request ended: the act, and what it changes of the account's meters."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response

from cabinet.blueprints.staff.requests import pages
from cabinet.domain.readings import NotAReadingError
from cabinet.domain.requests import RequestKind
from cabinet.forms.finishing import (
    FORMS,
    ControlForm,
    HungForm,
    PaperForm,
    ReplacedForm,
)
from cabinet.forms.staff_accounts import NO_METER, shape_of
from cabinet.services import account_card
from cabinet.services.account_card import ActProspect, Prospect
from cabinet.services.billing.what_if import NothingToBill
from cabinet.services.requests import finishing, queue
from cabinet.services.requests.finishing import Done
from cabinet.services.requests.queue import Desk
from cabinet.services.requests.rows import ChangedMeanwhileError
from cabinet.web import account_words, filters, htmx, identity, moment
from cabinet.web.identity import staff_required

NO_BILL = "У этого лицевого счёта больше не будет квитанций: акт ничего не изменит"

blueprint = Blueprint("finish", __name__)


@blueprint.get("/<uuid:public_id>/finish")
@staff_required()
def show(public_id: UUID) -> Response:
    """Ask how the request ended, by its kind."""
    desk = pages.look(public_id)
    if not desk.may_finish:
        return pages.show(desk, HTTPStatus.CONFLICT, fault=pages.CHANGED)
    prospect = _prospect(desk)
    if prospect is not None:
        typed = ControlForm(formdata=None)
        typed.version.data = str(desk.request.version)
        return _control_page(desk, typed, prospect)
    form = FORMS[desk.request.kind](formdata=None)
    form.version.data = str(desk.request.version)
    if isinstance(form, ReplacedForm) and desk.meter is not None:
        form.propose(desk.meter, desk.request.today)
    elif isinstance(form, HungForm):
        form.replaced_on.data = f"{desk.request.today:%d.%m.%Y}"
    return _page(desk, form)


@blueprint.post("/<uuid:public_id>/finish")
@staff_required()
def finish(public_id: UUID) -> Response:
    """Write down how the request ended; a control check once its effect was seen."""
    desk = pages.look(public_id)
    if not desk.may_finish:
        return pages.show(desk, HTTPStatus.CONFLICT, fault=pages.CHANGED)
    prospect = _prospect(desk)
    if prospect is not None:
        return _control(desk, ControlForm(), prospect)
    form = FORMS[desk.request.kind]()
    _offer(form, desk)
    done = form.take()
    if done is not None:
        try:
            return _finished(public_id, form.seen_version, done)
        except finishing.WorkUnfitError as error:
            form.blame(error)
    return _page(desk, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _finished(public_id: UUID, version: int, done: Done) -> Response:
    try:
        finishing.finish(
            identity.member(),
            public_id,
            version,
            done,
            link_of=pages.link_of,
            actor=identity.actor(),
            now=moment.now(),
        )
    except ChangedMeanwhileError:
        return pages.show(
            pages.look(public_id), HTTPStatus.CONFLICT, fault=pages.CHANGED
        )
    return pages.done(public_id)


def _prospect(desk: Desk) -> Prospect | None:
    """Return the account's next bill for a control check that can change one."""
    if desk.request.kind is not RequestKind.CONTROL:
        return None
    found = account_card.blank_act(
        identity.member(),
        desk.account_number,
        actor=identity.actor(),
        now=moment.now(),
    )
    return found if found.as_is is not None and found.meters else None


def _control(desk: Desk, form: ControlForm, prospect: Prospect) -> Response:
    is_fine = form.validate_on_submit()
    wish = form.take_act()
    if wish is None or not is_fine:
        return _control_page(desk, form, prospect, HTTPStatus.UNPROCESSABLE_ENTITY)

    def taken() -> Response:
        if form.is_confirmed(wish):
            return _finished(desk.request.public_id, form.seen_version, form.done(wish))
        shown = account_card.preview_act(
            identity.member(),
            desk.account_number,
            wish,
            actor=identity.actor(),
            now=moment.now(),
        )
        form.seen.data = shape_of(wish)
        return _control_page(desk, form, shown.prospect, shown=shown)

    return _blamed(taken, form) or _control_page(
        desk, form, prospect, HTTPStatus.UNPROCESSABLE_ENTITY
    )


def _blamed(taken: Callable[[], Response], form: ControlForm) -> Response | None:
    """Return the answer, None with what is wrong with the act at its field."""
    try:
        return taken()
    except account_card.ReadingUnfit as error:
        form.blame_day(error)
    except account_card.MeterUnknown:
        form.meter.errors = [NO_METER]
    except account_card.ActKnown as error:
        day = filters.short_date(error.day)
        form.act.errors = [f"Акт с этим номером уже внесён, от {day}"]
    except NotAReadingError as error:
        form.blame(error.faults)
    except NothingToBill:
        form.act.errors = [NO_BILL]
    return None


def _offer(form: PaperForm, desk: Desk) -> None:
    if isinstance(form, ReplacedForm) and desk.meter is not None:
        form.offer(desk.meter)


def _page(desk: Desk, form: PaperForm, status: int = HTTPStatus.OK) -> Response:
    _offer(form, desk)
    return htmx.page(
        "staff/requests/finish.html",
        title=_title(desk),
        status=status,
        desk=desk,
        found=desk.request,
        form=form,
        last=queue.last_known(identity.member(), desk.request.public_id),
        prospect=None,
        shown=None,
        words=account_words,
    )


def _control_page(
    desk: Desk,
    form: ControlForm,
    prospect: Prospect,
    status: int = HTTPStatus.OK,
    *,
    shown: ActProspect | None = None,
) -> Response:
    form.offer_meters(prospect.meters)
    return htmx.page(
        "staff/requests/finish.html",
        title=_title(desk),
        status=status,
        desk=desk,
        found=desk.request,
        form=form,
        last=None,
        prospect=prospect,
        shown=shown,
        words=account_words,
    )


def _title(desk: Desk) -> str:
    return f"Итог заявки {desk.request.number}"
