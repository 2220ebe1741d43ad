"""Public documents from Markdown to HTML: the one place where text is not escaped."""

from functools import cache
from typing import TYPE_CHECKING

from flask import Flask
from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

#: What a document is made of; anything else stays the text it was.
TAGS = {"p", "h2", "h3", "ul", "ol", "li", "strong", "em", "a", "br"}


def markdown(text: str) -> Markup:
    """Return the HTML of a document.

    HTML in the text is shown as text; links lead to pages of ours, to mail or to a
    telephone; what the reader made passes a list of tags once more.
    """
    import nh3  # noqa: PLC0415 - with the reader 3 MiB, and few pages have documents

    html = nh3.clean(
        _reader().render(text),
        tags=TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_ours,
        url_schemes={"mailto", "tel"},
        link_rel=None,
    )
    return Markup(html)  # noqa: S704 - cleaned in the line above


@cache
def _reader() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - see above

    made = MarkdownIt("commonmark", {"html": False})
    return made.disable(["image", "autolink"])


def _ours(_tag: str, _name: str, value: str) -> str | None:
    """Drop an address that browsers complete with the scheme alone: it is another host."""
    return None if value.lstrip().replace("\\", "/").startswith("//") else value


def register(app: Flask) -> None:
    """Give the templates the filter."""
    app.jinja_env.filters["markdown"] = markdown
