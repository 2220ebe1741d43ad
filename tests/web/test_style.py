"""What the style sheet may say: old browsers read it too, and no text may be faint."""

import re

import pytest
import tinycss2

from cabinet.web import looks, palette

FORBIDDEN = {
    "custom properties": r"(^|[\s;{])--[a-z]|var\(",
    "selectors old browsers drop the whole rule for": (
        r":(has|is|where)\(|:focus-visible"
    ),
    "gap": r"[\s;{](row-|column-)?gap\s*:",
    "grid": r"display\s*:\s*(inline-)?grid",
    "functions": r"\b(clamp|min|max|env|color-mix|light-dark)\(",
    "logical properties": r"(margin|padding|inset|border)-(inline|block)|inset\s*:",
    "nesting": r"&",
    "conditions and layers": r"@(supports|layer|container|scope)",
    "imports and pictures": r"@import|url\(",
    "motion": r"animation|transition|scroll-behavior",
    "things that stick over the page": r"position\s*:\s*(sticky|fixed)",
}

#: What a text keeps at least for those who asked for contrast.
STRONG = 10.0

#: On what a text stands, by how its selector begins; the page, if nothing fits.
SURFACES = (
    (".head", "head"),
    (".switch .plain:hover", "head_text"),
    (".switch", "head"),
    ("footer", "head"),
    (".menu", "strip"),
    (".plain:hover", "strip"),
    (".plain", "page"),
    (".btn:hover", "button_over"),
    ("button:hover", "button_over"),
    (".btn", "button"),
    ("button", "button"),
    (".meter", "cell"),
    (".red", "red"),
)


@pytest.fixture
def styles(app):
    return app.extensions["cabinet.statics"].styles


@pytest.fixture(params=looks.ALL, ids=lambda each: each.word or "usual")
def chosen(request):
    return request.param


@pytest.fixture
def style(styles, chosen):
    return styles[chosen].body.decode()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_old_browsers_can_read_it(style, what):
    found = re.search(FORBIDDEN[what], style)
    assert found is None, f"{what}: {found and style[found.start() : found.end() + 40]}"


def test_every_rule_is_well_formed(style):
    faults = [
        node
        for node in tinycss2.parse_stylesheet(style, skip_whitespace=True)
        if node.type == "error"
    ]
    assert not faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_text_is_faint_not_even_visited_or_under_the_pointer(
    style, settings, chosen, scheme
):
    both = palette.schemes(settings, is_strong=chosen.is_strong)
    colours = both[scheme == "dark"]
    least = STRONG if chosen.is_strong else palette.TEXT
    checked = 0
    for selector, declared in _rules(style, scheme):
        if "color" not in declared:
            continue
        back = _surface(selector, colours)
        ratio = palette.contrast(declared["color"], back)
        assert ratio >= least, f"{selector}: {ratio:.1f}"
        checked += 1
    assert checked > 20


@pytest.mark.parametrize("part", [".head a", "footer a", ".menu a"])
@pytest.mark.parametrize("state", [":link", ":visited", ":hover"])
def test_links_outside_the_paper_set_every_state(style, part, state):
    selectors = {selector for selector, _ in _rules(style, "light")}
    assert part + state in selectors


def test_large_text_is_the_page_enlarged(styles):
    """Sizes and breakpoints grow together, so what fits a phone still does."""
    usual = styles[looks.USUAL].body.decode()
    large = styles[looks.Looks(is_large=True)].body.decode()
    for text, zoom in ((usual, 1), (large, looks.LARGE)):
        assert f"html{{font-size:{112.5 * zoom}%" in text
        for width in (22, 30, 40, 50):
            assert re.search(rf"-width: ?{width * zoom}em", text), width
    assert len(large) - len(usual) < 200


def _surface(selector, colours):
    name = next((n for start, n in SURFACES if selector.startswith(start)), "page")
    return getattr(colours, name)


def _rules(style, scheme):
    """Yield every selector of the scheme with its declarations."""
    for node in tinycss2.parse_stylesheet(
        style, skip_whitespace=True, skip_comments=True
    ):
        is_dark = node.type == "at-rule" and "dark" in tinycss2.serialize(node.prelude)
        if scheme == "dark" and is_dark:
            inner = tinycss2.parse_rule_list(node.content, skip_whitespace=True)
            for rule in inner:
                yield from _selectors(rule)
        elif scheme == "light" and node.type == "qualified-rule":
            yield from _selectors(node)


def _selectors(rule):
    declared = {
        declaration.name: tinycss2.serialize(declaration.value).strip()
        for declaration in tinycss2.parse_blocks_contents(
            rule.content, skip_whitespace=True
        )
        if declaration.type == "declaration"
    }
    for selector in tinycss2.serialize(rule.prelude).split(","):
        yield " ".join(selector.split()), declared
