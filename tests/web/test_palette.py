import dataclasses

import pytest

from cabinet.config import SettingsError
from cabinet.web import palette

SCHEMES = {
    "light": palette.light("#12283f", "#ffc42e"),
    "dark": palette.dark("#ffc42e"),
}
STRONG = {
    "light": palette.strong_light("#12283f", "#ffc42e"),
    "dark": palette.strong_dark("#ffc42e"),
}
PAIRS = [(name, pair) for name, s in SCHEMES.items() for pair in palette.pairs(s)]


def test_contrast_is_that_of_wcag():
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#ffffff", "#ffffff") == pytest.approx(1)
    assert palette.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("scheme", "pair"), PAIRS, ids=[f"{name}: {pair.what}" for name, pair in PAIRS]
)
def test_every_pair_that_meets_keeps_its_contrast(scheme, pair):
    assert pair.contrast >= pair.least


@pytest.mark.parametrize("scheme", STRONG)
def test_whoever_asks_for_contrast_gets_more_of_it(scheme):
    usual = palette.pairs(SCHEMES[scheme])
    for pair, before in zip(palette.pairs(STRONG[scheme]), usual, strict=True):
        assert pair.contrast >= (10 if pair.least == palette.TEXT else 4.5), pair
        assert pair.contrast >= min(before.contrast, 13), pair


@pytest.mark.parametrize(
    ("field", "colour"),
    [("head_colour", "#8aa4c0"), ("wire_colour", "#12283f")],
)
def test_too_faint_colours_of_a_company_stop_the_start(settings_of, field, colour):
    with pytest.raises(SettingsError, match=colour):
        palette.schemes(settings_of(**{field: colour}))


@pytest.fixture
def settings_of(tmp_path):
    from cabinet.config import Mode, Settings
    from cabinet.config.settings import MailSettings

    settings = Settings(
        mode=Mode.DEMO,
        home=tmp_path,
        secret_key="",
        database_url="",
        mail=MailSettings(),
    )
    return lambda **changes: dataclasses.replace(settings, **changes)
