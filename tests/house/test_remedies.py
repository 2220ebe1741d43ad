"""Whatever the doctor and the check of safety find, they say what to do about it."""

import ast
from pathlib import Path

import pytest

import cabinet

CLI = Path(cabinet.__path__[0]) / "cli"
FILES = sorted(
    [*CLI.glob("doctor/*.py"), *CLI.glob("security/*.py"), CLI / "upgrade.py"]
)


def findings(text):
    """Return the lines of words that may be bad, and of those that name no remedy."""
    bad, bare = [], []
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and _name(node.func) == "Word"):
            continue
        if node.args and _name(node.args[0]) == "WELL":
            continue
        bad.append(node.lineno)
        remedy = _remedy(node)
        if remedy is None or (isinstance(remedy, ast.Constant) and not remedy.value):
            bare.append(node.lineno)
    return bad, bare


def _name(node):
    return node.id if isinstance(node, ast.Name) else ""


def _remedy(node):
    if len(node.args) > 2:
        return node.args[2]
    return next((one.value for one in node.keywords if one.arg == "remedy"), None)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(CLI)))
def test_what_is_bad_has_a_remedy(path):
    _, bare = findings(path.read_text("utf-8"))
    assert not bare, f"{path.name}: lines {bare} do not say what to do"


def test_there_is_much_to_look_at():
    counts = [len(findings(path.read_text("utf-8"))[0]) for path in FILES]
    assert sum(counts) > 70


@pytest.mark.parametrize(
    ("text", "is_bare"),
    [
        ("Word(FAULT, 'broken')", True),
        ("Word(WARNING, 'soon', '')", True),
        ("Word(level, 'unknown')", True),
        ("Word(FAULT if bad else WARNING, 'x')", True),
        ("Word(FAULT, 'broken', 'mend it')", False),
        ("Word(FAULT, 'broken', remedy='mend it')", False),
        ("Word(WELL, 'fine')", False),
    ],
)
def test_one_without_is_found(text, is_bare):
    assert bool(findings(text)[1]) is is_bare
