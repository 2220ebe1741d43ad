"""Выгрузки: asking for a file, the list, taking one, the shapes of tables."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, abort, stream_with_context, url_for

from cabinet.domain.outgoing import FIELDS, SHAPED, OutKind
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.forms.outgoing import FORMAT_WORDS, KINDS, OutForm, TextForm, shape_form
from cabinet.services import outgoing
from cabinet.web import filters, htmx, identity, moment
from cabinet.web.attachments import attached
from cabinet.web.identity import staff_required, sure_required

blueprint = Blueprint("staff_outgoing", __name__, url_prefix="/staff/outgoing")

TITLE = "Выгрузки"
#: Who may say in which shape other systems want their files.
CHIEFS = (Role.SUPERVISOR, Role.ADMIN)
MONTHS = 13
PAUSE = 3
NO_BRANCH = "Выберите филиал"


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show the files there are, and ask for one."""
    return _list(OutForm(formdata=None))


@blueprint.post("")
@staff_required()
def ask() -> Response:
    """Let the worker make a file."""
    form = OutForm()
    if not form.check() or form.chosen is None or form.wished is None:
        return _list(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    kind, format_ = form.chosen
    first, last = form.days
    wish = outgoing.Wish(
        branch=form.branch.data or "",
        kind=kind,
        format=format_,
        month=form.wished,
        first=first,
        last=last,
        key=form.once,
    )
    try:
        outgoing.ask(identity.member(), wish, actor=identity.actor(), now=moment.now())
    except outgoing.OutNotFoundError:
        form.branch.errors = [NO_BRANCH]
        return _list(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return htmx.go(url_for(".index"))


@blueprint.get("/<uuid:public_id>")
@staff_required()
@sure_required
def download(public_id: UUID) -> Response:
    """Send a file, a piece in memory at a time."""
    found = outgoing.take(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )
    # The database is given back when the request ends: not before the last piece.
    response = attached(
        stream_with_context(found.pieces),
        name=found.name,
        plain_name=found.name,
        media_type=found.media_type,
    )
    response.content_length = found.size
    return response


@blueprint.get("/shapes/<string:branch>/<string:kind>")
@staff_required(*CHIEFS)
def shape(branch: str, kind: str) -> Response:
    """Show the shape of a kind of file in a branch."""
    known = _kind(kind)
    found = outgoing.profile_of(identity.member(), branch, known)
    form = shape_form(known, is_sent=False)
    form.show(found.shape)
    return _shape(found, form)


@blueprint.post("/shapes/<string:branch>/<string:kind>")
@staff_required(*CHIEFS)
def save_shape(branch: str, kind: str) -> Response:
    """Keep the shape, or show what is wrong with it."""
    known = _kind(kind)
    found = outgoing.profile_of(identity.member(), branch, known)
    form = shape_form(known, is_sent=True)
    made = form.read(known)
    if made is None:
        return _shape(found, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return _kept(branch, known, made)


@blueprint.post("/shapes/<string:branch>/<string:kind>/usual")
@staff_required(*CHIEFS)
def usual_shape(branch: str, kind: str) -> Response:
    """Go back to the usual shape."""
    return _kept(branch, _kind(kind), None)


def _kept(branch: str, kind: OutKind, made: outgoing.Shape | None) -> Response:
    outgoing.save_profile(
        identity.member(),
        branch,
        kind,
        made,
        actor=identity.actor(),
        now=moment.now(),
    )
    return htmx.go(url_for(".index"))


def _kind(word: str) -> OutKind:
    """Return the kind of a file that has a shape; of others there is no page."""
    if word not in SHAPED:
        abort(HTTPStatus.NOT_FOUND)
    return OutKind(word)


def _list(form: OutForm, status: int = HTTPStatus.OK) -> Response:
    member = identity.member()
    found = outgoing.outs(member)
    form.offer(found.branches, _months())
    return htmx.render(
        "staff/outgoing/index.html",
        fragment="staff/outgoing/_out_files.html",
        title=TITLE,
        status=status,
        found=found,
        form=form,
        kinds=KINDS,
        formats=FORMAT_WORDS,
        shaped=SHAPED,
        is_chief=member.role in CHIEFS,
        pause=PAUSE,
    )


def _months() -> list[tuple[str, str]]:
    this = Month.of(moment.today())
    back = (this.plus(-number) for number in range(MONTHS))
    return [(str(month), filters.month(month)) for month in back]


def _shape(
    found: outgoing.Profile, form: TextForm, status: int = HTTPStatus.OK
) -> Response:
    return htmx.page(
        "staff/outgoing/shape.html",
        title=f"{KINDS[found.kind]}, {found.title}",
        status=status,
        found=found,
        form=form,
        fields=FIELDS.get(found.kind, {}),
    )
