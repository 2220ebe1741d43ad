"""Документы: the papers of an organisation by year, each to be saved."""

from uuid import UUID

from flask import Blueprint, Response, abort, request
from flask_login import current_user

from cabinet.domain.papers import PaperKind
from cabinet.services import account_log, papers
from cabinet.web import htmx, identity, moment
from cabinet.web.attachments import attached
from cabinet.web.identity import account_required

blueprint = Blueprint("papers", __name__, url_prefix="/papers")

WORDS = {
    PaperKind.INVOICE: "Счёт",
    PaperKind.TRANSFER: "УПД",
    PaperKind.ACT: "Акт",
    PaperKind.RECONCILIATION: "Акт сверки",
    PaperKind.CONTRACT: "Договор",
    PaperKind.OTHER: "Документ",
}


@blueprint.get("")
@account_required
def index() -> Response:
    """Show the papers of a year."""
    now = moment.now()
    found = papers.papers(current_user.user_id, _account_id(), _year(), now=now)
    account_log.note_guest(
        current_user.account, "papers.opened", actor=identity.actor(), now=now
    )
    return htmx.render(
        "papers/index.html",
        fragment="papers/_paper_list.html",
        title="Документы",
        words=WORDS,
        found=found,
    )


@blueprint.get("/<uuid:public_id>")
@account_required
def download(public_id: UUID) -> Response:
    """Send a paper as a file."""
    paper = papers.open_paper(
        current_user.user_id,
        _account_id(),
        public_id,
        actor=identity.actor(),
        now=moment.now(),
    )
    return attached(
        paper.body,
        name=paper.name,
        plain_name=f"{public_id}.{paper.name.rpartition('.')[2]}",
        media_type=paper.media_type,
    )


def _year() -> int | None:
    text = request.args.get("year", "")
    if not text:
        return None
    is_year = len(text) == len("2026") and text.isascii() and text.isdigit()
    return int(text) if is_year and text > "1900" else abort(404)


def _account_id() -> int:
    account_id: int = current_user.account.account_id
    return account_id
