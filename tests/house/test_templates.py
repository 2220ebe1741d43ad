"""Rules for every template."""

import re
from pathlib import Path

import pytest

import cabinet

FOLDER = Path(cabinet.__path__[0]) / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
PAGES = [path for path in TEMPLATES if path.parts[-2] not in {"pdf", "mail"}]

FORBIDDEN = {
    "inline style": re.compile(r"\sstyle="),
    "inline handler": re.compile(r"\son[a-z]+\s*="),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)"),
    "inline style sheet": re.compile(r"<style"),
    "unescaped": re.compile(r"\|\s*safe\b"),
    "another host": re.compile(r"(?:src|href|action)=[\"'](?:https?:)?//"),
    "an attribute of htmx outside the tried subset": re.compile(
        r"\b(?:data-)?hx-(?!(?:get|post|target|swap|sync|push-url|trigger)\b)[a-z-]+="
    ),
    "htmx without data-": re.compile(r"(?<!data-)\bhx-[a-z-]+="),
    "a link to nowhere": re.compile(r"href=[\"']#[\"']"),
    "hidden from who has no script": re.compile(r"<[^>{]*\shidden(?=[\s>])"),
    "script in an attribute": re.compile(r"[\"']\s*j(?:ava)?s(?:cript)?:"),
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_template_keeps_the_rules(path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for what, pattern in FORBIDDEN.items():
        found = pattern.search(text)
        assert found is None, f"{what}: {found[0]!r}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_imports_what_it_uses(path):
    text = path.read_text(encoding="utf-8")
    for names in re.findall(r"\{% from \S+ import ([^%]+?) %\}", text):
        for name in re.split(r",\s*", names.replace(" with context", "")):
            used = name.split(" as ")[-1].strip()
            uses = len(re.findall(rf"\b{used}\b", text))
            assert uses > 1, f"{used} is imported and not used"


@pytest.mark.parametrize(
    "path", [p for p in PAGES if p.name.startswith("_")], ids=lambda path: path.stem
)
def test_a_partial_is_one_element_named_after_its_file(path):
    text = re.sub(
        r"\{[#%].*?[#%]\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    name = path.stem.removeprefix("_").replace("_", "-")
    found = re.match(r"\s*<([a-z0-9]+)[^>]*\bid=\"([^\"]*)\"", text)
    assert found, "a partial begins with its element"
    assert found[2].startswith(name), f"id {found[2]!r} instead of {name!r}"
    assert text.rstrip().endswith(f"</{found[1]}>"), "a partial is one element"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_what_htmx_sends_says_what_it_swaps(path):
    """The configuration does not say it: it would stand on every page."""
    text = path.read_text(encoding="utf-8")
    for tag in re.findall(r"<[a-z][^<]*?data-hx-(?:get|post)=[^<]*?>", text):
        assert 'data-hx-swap="outerHTML"' in tag, tag
