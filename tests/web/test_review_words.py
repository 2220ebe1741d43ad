"""What specialists read about readings under review."""

import pytest
from flask import get_template_attribute

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.readings import Asked, Cause, Obstacle, Question
from cabinet.services.reviews import Stays
from cabinet.services.reviews.deciding import MAX_WORDS
from cabinet.web import review_words
from cabinet.web.reading_words import SOURCES


def kwh(*amounts):
    return tuple(None if each is None else Energy.from_kwh(each) for each in amounts)


def test_every_word_of_the_domain_is_said():
    assert set(review_words.CAUSES) == set(Cause)
    assert (
        set(review_words.OBSTACLES) == set(review_words.CANNOT_WRITE) == set(Obstacle)
    )
    assert set(review_words.STAYS) == set(Stays)


def test_reasons_are_told_alike_in_the_filter_and_at_the_row(app):
    with app.test_request_context():
        doubt = get_template_attribute("macros/readings.html", "doubt")
        for word, text in review_words.REASONS.items():
            assert str(doubt(word)).strip() == text


def test_every_source_has_its_word_on_a_receipt(app):
    assert set(SOURCES) == set(ReadingSource)
    with app.test_request_context():
        name = get_template_attribute("macros/receipt.html", "source_name")
        assert all(str(name(source)).strip() for source in ReadingSource)


@pytest.mark.parametrize(
    ("cause", "reason", "word"),
    [
        (Cause.SWAPPED, "lower", "swapped"),
        (Cause.EXTRA_DIGIT, "impossible", "extra"),
        (None, "lower", "lower"),
        (None, "replaced", "replaced"),
        (Cause.ROLLED_OVER, "unusual", "much"),
    ],
)
def test_the_ready_text_fits_the_cause(cause, reason, word):
    assert review_words.ready_for(cause, reason) == word


def test_ready_texts_leave_room_for_own_words():
    assert all(len(text) < MAX_WORDS / 3 for text in review_words.READY.values())


def test_a_chart_has_a_column_a_month():
    assert (
        review_words.columns(kwh(100, 50, None, 0, 1))
        == "M0 20V0h1V10h1V20h1V20h1V19h1V20"
    )
    assert review_words.columns(()) == "M0 20V20"
    assert review_words.columns(kwh(None, 0)) == "M0 20V20h1V20h1V20"


def test_a_chart_is_told_in_words():
    assert review_words.span_of(kwh(None, 90, 210)) == (
        "расход за два года от 90 до 210\u00a0кВт·ч в месяц"
    )
    assert review_words.span_of(kwh(None)) == "расход за два года неизвестен"


@pytest.mark.parametrize(
    ("question", "used", "times", "words"),
    [
        (Question.SAME, (0,), None, "Показание не изменилось, расхода не было."),
        (Question.LOWER, None, None, "Меньше прошлого: счётчик перешёл через ноль."),
        (Question.ZERO, None, None, "Меньше прошлого: счётчик перешёл через ноль."),
        (Question.IMPOSSIBLE, (26_000,), 100, "Столько счётчик насчитать не мог."),
        (Question.UNUSUAL, (480,), 3, "Это в\u00a03\u00a0раза больше обычного."),
        (Question.UNUSUAL, (480,), None, "Это необычно много."),
    ],
)
def test_an_odd_correction_is_asked_about_in_words(question, used, times, words):
    asked = Asked(
        question=question,
        zones=(),
        registers=kwh(4772),
        used=used and kwh(*used),
        offers=(),
        times=times,
    )
    told = review_words.question(asked)
    assert words in told
    assert told.endswith("Всё верно?")
