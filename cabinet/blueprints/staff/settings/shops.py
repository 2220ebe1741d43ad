"""Приём карт: shops at providers; their secrets go in and never come out."""

from http import HTTPStatus

from flask import Response, abort, current_app, url_for

from cabinet.blueprints.staff.settings.room import CHANGED, blueprint, changes, page
from cabinet.config import Settings
from cabinet.domain.people import Role
from cabinet.forms.shops import ShopForm
from cabinet.services import acquirers, branches
from cabinet.services.acquirers import Draft, ShopCard, ShopFaultyError
from cabinet.services.setting_changes import ChangedMeanwhileError
from cabinet.web import bank, htmx, identity, moment
from cabinet.web.identity import staff_required, sure_required
from cabinet.web.network import public_url

TITLE = "Приём карт"


@blueprint.get("/shops")
@staff_required(Role.ADMIN)
@sure_required
def shops() -> Response:
    """Show every shop."""
    return _list()


@blueprint.get("/new-shop")
@staff_required(Role.ADMIN)
@sure_required
def blank_shop() -> Response:
    """Ask for a new shop."""
    form = ShopForm(formdata=None)
    form.methods.data = ["card"]
    return _new_page(form)


@blueprint.post("/new-shop")
@staff_required(Role.ADMIN)
@sure_required
def add_shop() -> Response:
    """Add a shop."""
    typed = ShopForm()
    typed.offer(branches.choices())
    if not typed.validate_on_submit():
        return _new_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    draft = typed.draft((typed.name.data or "").strip())
    try:
        _save(draft, 0)
    except ShopFaultyError as error:
        typed.blame(error.faults)
        return _new_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except ChangedMeanwhileError:
        typed.blame((("name", "taken"),))
        return _new_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    return htmx.go(url_for(".shop", name=draft.name))


@blueprint.get("/shops/<string:name>")
@staff_required(Role.ADMIN)
@sure_required
def shop(name: str) -> Response:
    """Show what is set of a shop."""
    card = _card(name)
    form = ShopForm(formdata=None)
    form.show(card)
    return _page(card, form)


@blueprint.post("/shops/<string:name>")
@staff_required(Role.ADMIN)
@sure_required
def save_shop(name: str) -> Response:
    """Set what was typed."""
    card, typed = _card(name), ShopForm()
    typed.offer(branches.choices())
    if not typed.validate_on_submit():
        return _page(card, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        _save(typed.draft(name), max(typed.seen_version, 1))
    except ShopFaultyError as error:
        typed.blame(error.faults)
        return _page(card, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except ChangedMeanwhileError:
        fresh = _card(name)
        typed.version.data = str(fresh.version)
        return _page(fresh, typed, HTTPStatus.CONFLICT, is_stale=True)
    return htmx.go(url_for(".shop", name=name))


@blueprint.post("/shops/<string:name>/check")
@staff_required(Role.ADMIN)
@sure_required
def check_shop(name: str) -> Response:
    """Ask the bank for an order that nobody made."""
    found = bank.shops().named(name)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    answer, said = acquirers.ask(found, actor=identity.actor(), now=moment.now())
    return _list(asked=name, answer=str(answer), said=said)


def _save(draft: Draft, version: int) -> None:
    settings = _settings()
    acquirers.save(
        draft,
        bank.shops(),
        version=version,
        is_production=not settings.is_demo,
        pepper=settings.secret_key,
        actor=identity.actor(),
        now=moment.now(),
    )


def _settings() -> Settings:
    found: Settings = current_app.extensions["cabinet.settings"]
    return found


def _card(name: str) -> ShopCard:
    return acquirers.card(name, bank.shops(), pepper=_settings().secret_key)


def _list(*, asked: str = "", answer: str = "", said: str = "") -> Response:
    return page(
        "shops",
        title=TITLE,
        shops=acquirers.cards(bank.shops(), pepper=_settings().secret_key),
        asked=asked,
        answer=answer,
        said=said,
    )


def _new_page(form: ShopForm, status: int = HTTPStatus.OK) -> Response:
    form.offer(branches.choices())
    return page("new_shop", title="Новый магазин", status=status, form=form)


def _page(
    card: ShopCard,
    form: ShopForm,
    status: int = HTTPStatus.OK,
    *,
    is_stale: bool = False,
) -> Response:
    form.offer(branches.choices())
    return page(
        "shop",
        title=f"Магазин {card.name}",
        status=status,
        card=card,
        form=form,
        fault=CHANGED if is_stale else "",
        notices=public_url(url_for("payments.webhooks.take", shop=card.name)),
        changes=changes(card.subject),
    )
