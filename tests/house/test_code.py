"""Rules for the code that no linter knows, each with the sentence it would break."""

import re
from pathlib import Path

import pytest

import cabinet

PACKAGE = Path(cabinet.__path__[0])
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 400

FORBIDDEN = {
    "a transaction of unknown kind": (re.compile(r"\.atomic\("), "with db.atomic():"),
    "HTML past the escaping": (re.compile(r"\bMarkup\("), "Markup(text)"),
    "a template made of text": (
        re.compile(r"render_template_string"),
        "render_template_string(text)",
    ),
    "a shell": (re.compile(r"shell=True"), "run(command, shell=True)"),
    "a float of money": (re.compile(r"float\("), "float(amount)"),
    "the environment outside its room": (
        re.compile(r"os\.environ|os\.getenv"),
        "os.environ['X']",
    ),
    "a moment of its own": (
        re.compile(r"datetime\.now\(|date\.today\(|time\.time\("),
        "datetime.now(UTC)",
    ),
}

#: The rooms where a rule does not hold, because it is kept there for all.
ROOMS = {
    "HTML past the escaping": {"web/markdown.py"},
    # The library of figures takes its folder from there and from nowhere else.
    "the environment outside its room": {"cli/context.py", "web/counting.py"},
    "a moment of its own": {"config/clock.py"},
}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_keeps_the_rules(path):
    name = str(path.relative_to(PACKAGE))
    text = path.read_text(encoding="utf-8")
    for what, (pattern, _) in FORBIDDEN.items():
        if name not in ROOMS.get(what, set()):
            assert not pattern.search(text), what
    if "migrations" not in path.parts:
        lines = text.count("\n")
        assert lines <= MOST_LINES, f"{lines} lines: split it by topic"


@pytest.mark.parametrize(("what", "rule"), FORBIDDEN.items())
def test_a_rule_finds_what_it_forbids(what, rule):
    pattern, sentence = rule
    assert pattern.search(sentence)


def test_no_room_for_leftovers():
    leftovers = {"utils.py", "helpers.py", "common.py"}
    assert not {path.name for path in MODULES} & leftovers


def test_what_others_made_is_installed_and_not_copied():
    """Scripts and fonts come as dependencies; what is served by us was made by us."""
    served = {path.name for path in (PACKAGE / "static").iterdir()}
    assert served == {"cabinet.css", "cabinet.js", "icon.svg", "sw.js"}
    kinds = {path.suffix for path in PACKAGE.rglob("*") if path.is_file()}
    assert not kinds & {".ttf", ".otf", ".woff", ".woff2", ".map", ".png", ".jpg"}
    scripts = {path.name for path in PACKAGE.rglob("*.js")}
    assert scripts == {"cabinet.js", "sw.js"}
