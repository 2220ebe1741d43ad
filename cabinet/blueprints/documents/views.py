"""Документы и помощь: public texts, each with its version and its day."""

from flask import Blueprint, Response, make_response, render_template, request

from cabinet.services import documents
from cabinet.web import moment

blueprint = Blueprint("documents", __name__, url_prefix="/documents")


@blueprint.get("")
def index() -> Response:
    """List what there is to read."""
    return make_response(
        render_template(
            "documents/index.html",
            title="Помощь и документы",
            texts=documents.current_documents(day=moment.today()),
        )
    )


@blueprint.get("/<string:code>")
def show(code: str) -> Response:
    """Show a document as it is in force, or an earlier version of it."""
    day = moment.today()
    text = documents.get_document(code, request.args.get("version", ""), day=day)
    return make_response(
        render_template(
            "documents/show.html",
            title=text.title,
            text=text,
            versions=documents.versions(code, day=day),
        )
    )
