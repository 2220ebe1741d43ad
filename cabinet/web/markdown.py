"""Public documents from Markdown to HTML: the one place where text is not escaped."""

import nh3
from flask import Flask
from markdown_it import MarkdownIt
from markupsafe import Markup

#: What a document is made of; anything else stays the text it was.
TAGS = {"p", "h2", "h3", "ul", "ol", "li", "strong", "em", "a", "br"}

_reader = MarkdownIt("commonmark", {"html": False}).disable(["image", "autolink"])


def markdown(text: str) -> Markup:
    """Return the HTML of a document.

    HTML in the text is shown as text; links lead to pages of ours, to mail or to a
    telephone; what the reader made passes a list of tags once more.
    """
    html = nh3.clean(
        _reader.render(text),
        tags=TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_ours,
        url_schemes={"mailto", "tel"},
        link_rel=None,
    )
    return Markup(html)  # noqa: S704 - cleaned in the line above


def _ours(_tag: str, _name: str, value: str) -> str | None:
    """Drop an address that browsers complete with the scheme alone: it is another host."""
    return None if value.lstrip().replace("\\", "/").startswith("//") else value


def register(app: Flask) -> None:
    """Give the templates the filter."""
    app.jinja_env.filters["markdown"] = markdown
