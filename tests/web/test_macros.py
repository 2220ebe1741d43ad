"""Macros as functions: what a control tells to people who do not see it."""

import pytest
from flask import get_template_attribute
from flask_wtf import FlaskForm
from lxml import html
from wtforms import BooleanField, RadioField, StringField
from wtforms.fields import SelectChoice

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money


class Form(FlaskForm):
    email = StringField("Электронная почта")
    t1 = StringField("Новое показание, день (Т1)")
    shared = BooleanField("Чужой компьютер")
    way = RadioField(
        "Что произошло",
        choices=[SelectChoice("a", "Ноль"), SelectChoice("b", "Замена")],
    )


@pytest.fixture
def form(app):
    with app.test_request_context():
        yield Form()


def _call(template, name, *args, **kwargs):
    macro = get_template_attribute(f"macros/{template}.html", name)
    return html.fragment_fromstring(str(macro(*args, **kwargs)), create_parent="div")


def test_a_label_names_its_field_and_a_hint_describes_it(form):
    part = _call("forms", "field", form.email, hint="Куда писать", autocomplete="email")
    (control,) = part.xpath(".//input")
    (label,) = part.xpath(".//label")
    assert label.get("for") == control.get("id")
    assert control.get("autocomplete") == "email"
    described = control.get("aria-describedby")
    assert part.xpath("string(.//*[@id=$id])", id=described) == "Куда писать"
    assert control.get("aria-invalid") is None
    assert control.get("required") is None


def test_an_error_begins_with_the_word_and_is_tied_to_the_field(form):
    form.email.errors = ["Введите почту"]
    part = _call("forms", "field", form.email, hint="Куда писать")
    (control,) = part.xpath(".//input")
    assert control.get("aria-invalid") == "true"
    ids = control.get("aria-describedby").split()
    texts = [part.xpath("string(.//*[@id=$id])", id=name) for name in ids]
    assert texts == ["Куда писать", "Ошибка: Введите почту"]


@pytest.mark.parametrize("name", ["shared", "way"])
def test_a_choice_stands_inside_its_label(form, name):
    part = _call("forms", "field", form[name])
    for control in part.xpath(".//input"):
        assert control.getparent().tag == "label"
        assert control.getparent().get("for") == control.get("id")


@pytest.mark.parametrize("digits", [4, 5, 6, 7, 8])
def test_a_reading_has_as_many_cells_as_the_meter_has_digits(form, digits):
    part = _call("forms", "meter_field", form.t1, digits, draft="readings")
    (control,) = part.xpath(".//input")
    assert f"meter--{digits}" in control.get("class").split()
    assert control.get("type") == "text"
    assert control.get("inputmode") == "numeric"
    assert control.get("data-draft") == "readings"
    (red,) = part.xpath(".//*[@class='red']")
    assert red.get("aria-hidden") == "true"
    assert red.text_content() == ""
    assert "кВт·ч" in part.text_content()


def test_the_summary_leads_to_every_bad_field_in_the_same_words(form):
    form.email.errors = ["Введите почту"]
    form.t1.errors = ["Введите показание, день"]
    part = _call("forms", "error_summary", form, "Показания не приняты")
    links = [(a.get("href"), a.text) for a in part.xpath(".//a")]
    assert links == [("#email", "Введите почту"), ("#t1", "Введите показание, день")]
    assert part.xpath("./*")[0].get("data-focus") is not None


def test_a_form_without_faults_has_no_summary(form):
    part = _call("forms", "error_summary", form, "Показания не приняты")
    assert not part.xpath("./*")


def test_a_sum_reads_as_one_figure(app):
    with app.app_context():
        part = _call("figures", "sum", Money(123_456))
        assert part.text_content() == "1\u00a0234,56\u00a0₽"
        inline = _call("figures", "money", Money(81_240))
        assert inline.text_content() == "812,40\u00a0₽"
        energy = _call("figures", "kwh", Energy.from_kwh(4634))
        assert energy.text_content() == "4\u00a0634\u00a0кВт·ч"


def test_a_bar_is_drawn_without_styles_and_not_read_aloud(app):
    with app.app_context():
        part = _call("figures", "bar", 60, 0)
        (drawing,) = part.xpath("./svg")
        assert drawing.get("aria-hidden") == "true"
        assert [r.get("width") for r in part.xpath(".//rect")] == ["60%", "0%"]
        assert not part.xpath(".//@style")
        assert len(_call("figures", "bar", 60).xpath(".//rect")) == 1
