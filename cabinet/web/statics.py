"""The style sheet, the script and the icon: made once at start, named by their hash."""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from flask import Flask
from jinja2 import Environment, StrictUndefined, Template

from cabinet.config import Settings
from cabinet.web import looks, palette, words

#: Of htmx.min.js 2.0.3 in django-js-lib-htmx 2.0.3.1.
HTMX_SHA256 = "491955cd1810747d7d7b9ccb936400afb760e06d25d53e4572b64b6563b2784e"

#: Throws in browsers that lack what htmx needs, before htmx half-works: the module
#: stops there and the pages work as plain pages.
GATE = "[].flat();Object.fromEntries([]);\n"

COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
INDENT = re.compile(r"\s*\n\s*")
AROUND_MARKS = re.compile(r"\s*([{};,])\s*|(?<=:)\s+")
HASH_LENGTH = 12


class ChangedLibraryError(Exception):
    """The installed htmx is not the one that was tried."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the pages."""

    path: str
    mimetype: str
    body: bytes
    gzipped: bytes


class Statics:
    """Everything the pages load, and the names to load it by."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        light, _ = palette.schemes(settings)
        self.styles = {each: _style(settings, each) for each in looks.ALL}
        self.style = self.styles[looks.USUAL]
        self.script = _asset("cabinet.js", "text/javascript", _script())
        icon = _filled("icon.svg", head=light.head, wire=light.wire)
        self.icon = _asset("icon.svg", "image/svg+xml", icon.strip())
        self.by_path = {
            asset.path: asset
            for asset in (*self.styles.values(), self.script, self.icon)
        }
        self.by_name = {
            "cabinet.css": self.style,
            "cabinet.js": self.script,
            "icon.svg": self.icon,
        }

    def path_of(self, name: str) -> str:
        """Return the address of `cabinet.css`, `cabinet.js` or `icon.svg`."""
        return self.by_name[name].path

    @cached_property
    def worker(self) -> Asset:
        """Return the service worker; its cache is named by what it keeps."""
        kept = [self.style.path, self.icon.path, "/offline"]
        page = files("cabinet").joinpath("templates/offline.html").read_bytes()
        version = _hash(page + "".join(kept).encode())
        text = _filled("sw.js", version=version, files=json.dumps(kept))
        return _made("/sw.js", "text/javascript", _bare(text))

    @cached_property
    def manifest(self) -> Asset:
        """Return what a phone needs to put the portal on its first screen."""
        head, company = self.settings.head_colour, self.settings.company
        manifest = {
            "name": f"{company}: личный кабинет",
            "short_name": company,
            "lang": "ru",
            "start_url": "/",
            "display": "minimal-ui",
            "theme_color": head,
            "background_color": "#ffffff",
            "icons": [{"src": self.icon.path, "sizes": "any", "type": "image/svg+xml"}],
        }
        text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
        return _made("/manifest.webmanifest", "application/manifest+json", text)


def register(app: Flask, settings: Settings) -> None:
    """Make the files and give the templates their names and the company's words.

    Raises SettingsError when the company's colours are too faint, ChangedLibraryError
    when htmx is another one.
    """
    statics = Statics(settings)
    app.extensions["cabinet.statics"] = statics
    app.jinja_env.globals.update(
        asset=statics.path_of,
        looks=looks.chosen,
        style=lambda: statics.styles[looks.chosen()].path,
        company=settings.company,
        phone=settings.phone,
        phone_hours=settings.phone_hours,
        head_colour=settings.head_colour,
        navigation=words.navigation,
        head_navigation=words.head_navigation,
        foot_navigation=words.foot_navigation,
        staff_navigation=words.staff_navigation,
    )


def _style(settings: Settings, chosen: looks.Looks) -> Asset:
    light, dark = palette.schemes(settings, is_strong=chosen.is_strong)
    return _dressed(light, dark, chosen.zoom)


@cache
def _dressed(light: palette.Scheme, dark: palette.Scheme, zoom: float) -> Asset:
    text = _filled("cabinet.css", c=light, d=dark, zoom=zoom)
    return _asset("cabinet.css", "text/css", AROUND_MARKS.sub(r"\1", _bare(text)))


def own_script() -> str:
    """Return our part of the script, as it is served."""
    return _bare(_read("cabinet.js"))


@cache
def _script() -> str:
    return f"{GATE}{_htmx()}\n{own_script()}"


def _htmx() -> str:
    folder = files("js_lib_htmx").joinpath("static/htmx")
    htmx = folder.joinpath("htmx.min.js").read_bytes()
    if hashlib.sha256(htmx).hexdigest() != HTMX_SHA256:
        raise ChangedLibraryError("htmx.min.js is not the tried version 2.0.3")
    return htmx.decode()


def _read(name: str) -> str:
    return files("cabinet").joinpath("static", name).read_text(encoding="utf-8")


def _filled(name: str, **values: object) -> str:
    return _template(name).render(**values)


@cache
def _template(name: str) -> Template:
    # Style and script, never HTML: there is nothing to escape.
    jinja = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701
    return jinja.from_string(_read(name))


def _bare(text: str) -> str:
    """Return the text without comments and indentation; ours has no long strings."""
    return INDENT.sub("\n", COMMENT.sub("", text)).strip() + "\n"


def _asset(name: str, mimetype: str, text: str) -> Asset:
    stem, _, suffix = name.partition(".")
    return _made(f"/s/{stem}.{_hash(text.encode())}.{suffix}", mimetype, text)


@lru_cache(maxsize=32)
def _made(path: str, mimetype: str, text: str) -> Asset:
    body = text.encode()
    return Asset(path, mimetype, body, gzip.compress(body, 9, mtime=0))


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:HASH_LENGTH]
