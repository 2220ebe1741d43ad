"""A card is typed at the bank: no page of the portal has a frame or a field for one."""

import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest
from flask_wtf import FlaskForm
from lxml import html
from wtforms.fields.core import UnboundField

import cabinet
from cabinet import forms
from cabinet.gateways.shops import Shops
from tests.browsing import Browser
from tests.house.test_every_route import url_of

FOLDER = Path(cabinet.__path__[0]) / "templates"
FRAMES = ("iframe", "frame", "frameset", "object", "embed", "portal", "fencedframe")
FRAME = re.compile(rf"<(?:{'|'.join(FRAMES)})\b", re.IGNORECASE)

#: What a field for a card is called, with the hyphens and underscores taken away.
CARD = re.compile(
    r"^(?:pan|cvn)$|card(?:number|no|num|holder|code|exp|cvc|cvv)|securitycode"
    r"|^cc(?:number|num|csc|exp|name|type|given|family)|^exp(?:iry|iration|date|month|year)"
    r"|cvc|cvv",
    re.IGNORECASE,
)
ATTRIBUTES = ("name", "id", "autocomplete")


def is_of_a_card(word):
    return bool(CARD.search(re.sub(r"[-_\s]", "", word)))


def faults(page):
    """Return what of a page could take a card."""
    root = html.fromstring(page)
    yield from (f"<{each.tag}>" for each in root.iter(*FRAMES))
    for control in root.iter("input", "select", "textarea"):
        for attribute in ATTRIBUTES:
            for word in (control.get(attribute) or "").split():
                if is_of_a_card(word):
                    yield f"{attribute}={word}"


@pytest.mark.parametrize(
    "planted",
    [
        "<iframe src='/x'></iframe>",
        "<object data='/x'></object>",
        "<input autocomplete='cc-number'>",
        "<input autocomplete='section-pay cc-csc'>",
        "<input name='card_number'>",
        "<input name='cardNumber'>",
        "<input id='card-cvv'>",
        "<input name='cvc'>",
        "<input name='pan'>",
        "<select name='exp_month'></select>",
        "<input name='cardholder'>",
    ],
)
def test_a_planted_one_is_found(planted):
    assert list(faults(f"<main>{planted}</main>"))


@pytest.mark.parametrize(
    "words", ["account", "sum_home", "company", "panel", "expected", "code", "scan"]
)
def test_other_fields_are_left_alone(words):
    assert not list(faults(f"<main><input name='{words}'></main>"))


def test_no_template_has_a_frame_or_a_field_for_a_card():
    found = []
    for path in sorted(FOLDER.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        found += [(path.name, each) for each in FRAME.findall(text)]
        words = re.findall(r"\b(?:name|id|autocomplete)\s*=\s*[\"']([^\"'{]+)", text)
        found += [
            (path.name, word)
            for each in words
            for word in each.split()
            if is_of_a_card(word)
        ]
    assert found == []


def test_no_form_has_a_field_for_a_card():
    seen = []
    for module in pkgutil.iter_modules(forms.__path__, "cabinet.forms."):
        for _, made in inspect.getmembers(import_module(module.name), inspect.isclass):
            if not issubclass(made, FlaskForm):
                continue
            for name, value in inspect.getmembers(made):
                if isinstance(value, UnboundField):
                    seen.append(name)
                    assert not is_of_a_card(name), f"{made.__name__}.{name}"
    assert {"email", "amount"} <= set(seen)


@pytest.mark.parametrize("is_guest", [False, True], ids=["customer", "guest"])
def test_no_page_has_a_frame_or_a_field_for_a_card(
    app, alice, owed, meter, bank, is_guest
):
    app.extensions["cabinet.shops"] = Shops([bank.shop], lambda _shop: bank)
    browser = Browser(app)
    if not is_guest:
        browser.sign_in(alice)
    seen = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint.startswith("static"):
            continue
        answer = browser.client.get(url_of(rule))
        if answer.status_code == 200 and answer.mimetype == "text/html":
            assert list(faults(answer.get_data(as_text=True))) == [], rule
            seen.add(rule.endpoint)
    assert ("payments.guest.form" if is_guest else "payments.form") in seen
