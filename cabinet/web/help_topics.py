"""Помощь: a page for each room of the back office, from the texts of the package.

A text begins with `title:` and `rooms:`, the sections whose pages lead to it, and an empty
line; Markdown follows. A line `{question_words.TOPICS}` becomes the list of those words,
so that help never says another text than the form offers.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from flask import Flask, current_app, g, request, url_for

from cabinet.services.questions import ready
from cabinet.services.staff import Member
from cabinet.web.words import STAFF_MENU, section_of

#: Turned off for who speaks to the computer: what is said must not press keys.
COOKIE = "help-key"
OFF = "off"

READY = "{ready_answers}"
_WORDS = re.compile(r"^\{(\w+)\.([A-Z_]+)\}$", re.MULTILINE)
_PLAIN = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>#"})


@dataclass(frozen=True, slots=True)
class Topic:
    """What to do in a room, or in several that belong together."""

    code: str
    title: str
    rooms: tuple[str, ...]
    text: str


def register(app: Flask) -> None:
    """Let the layout of the back office lead to the help of its page."""
    app.jinja_env.globals.update(help_url=url_here, help_key=is_key_on)


@cache
def topics() -> tuple[Topic, ...]:
    """Return every topic of the package, in the order of the menu."""
    folder = Path(str(files("cabinet"))) / "data" / "help"
    menu = [section_of(endpoint) for endpoint, _ in STAFF_MENU]
    found = [_read(path) for path in folder.glob("*.md")]
    return tuple(sorted(found, key=lambda one: _place(one, menu)))


def shown() -> list[Topic]:
    """Return the topics of the rooms there are."""
    return [one for one in topics() if current_app.blueprints.keys() & set(one.rooms)]


def find(code: str) -> Topic | None:
    """Return a topic of the rooms there are."""
    return next((one for one in shown() if one.code == code), None)


def url_here() -> str:
    """Return the address of the help of this page; of the list where it has none."""
    room = g.get("section") or (request.endpoint or "").partition(".")[0]
    for one in topics():
        if room in one.rooms:
            return url_for("staff_help.show", topic=one.code)
    return url_for("staff_help.index")


def is_key_on() -> bool:
    """Tell whether the key «?» leads to the help in this browser."""
    return request.cookies.get(COOKIE) != OFF


def text_of(topic: Topic, member: Member, *, day: date) -> str:
    """Return the Markdown of a topic with the texts of a day."""
    text = _WORDS.sub(lambda found: _list(_words(found[1], found[2])), topic.text)
    if READY in text:
        answers = ready.answers_of(member, day=day)
        told = (f"**{_plain(one.title)}.** {_plain(one.text)}" for one in answers)
        text = text.replace(READY, "\n".join(f"- {one}" for one in told) or "Пока нет.")
    return text


def _place(topic: Topic, menu: list[str]) -> tuple[int, str]:
    """Return where it stands in the list: a part of a room after the room."""
    room, *_ = topic.rooms
    section = section_of(f"{room}.index")
    return menu.index(section), "" if room == section else topic.title


def _words(module: str, name: str) -> Iterable[str]:
    known: Mapping[object, str] = getattr(import_module(f"cabinet.web.{module}"), name)
    return [said for said in known.values() if said]


def _list(words: Iterable[str]) -> str:
    return "\n".join(f"- {_plain(said)}" for said in words)


def _plain(text: str) -> str:
    """Return a text in which Markdown finds no marks."""
    return " ".join(text.split()).translate(_PLAIN)


def _read(path: Path) -> Topic:
    head, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    said = dict(line.split(": ", 1) for line in head.splitlines())
    return Topic(path.stem, said["title"], tuple(said["rooms"].split()), text)
