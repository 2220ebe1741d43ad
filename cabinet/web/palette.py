"""The colours of the pages, light and dark, and the contrast every pair must keep."""

from dataclasses import dataclass, replace
from functools import cache
from itertools import starmap

from cabinet.config import Settings, SettingsError

TEXT = 7.0
PART = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheme:
    """The colours of one scheme by what they are for."""

    page: str
    text: str
    hint: str
    link: str
    visited: str
    head: str
    head_text: str
    head_border: str
    wire: str
    strip: str
    rule: str
    border: str
    button: str
    button_over: str
    button_edge: str
    button_text: str
    error: str
    done: str
    done_page: str
    notice: str
    notice_page: str
    case: str
    cell: str
    digit: str
    red: str
    bar: str
    bar_before: str
    focus: str
    halo: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two colours that meet, and the least contrast they may have."""

    what: str
    front: str
    back: str
    least: float

    @property
    def contrast(self) -> float:
        """Return the contrast of the two by WCAG, 1 to 21."""
        return contrast(self.front, self.back)


def light(head: str, wire: str) -> Scheme:
    """Return the light scheme with the company's two colours in it."""
    return Scheme(
        page="#ffffff",
        text="#14202e",
        hint="#45505e",
        link="#0a4d8c",
        visited="#5a2a7a",
        head=head,
        head_text="#ffffff",
        head_border="#93a1af",
        wire=wire,
        strip="#eef2f5",
        rule="#c3ccd4",
        border="#4a5563",
        button="#0b5f3c",
        button_over="#084a2e",
        button_edge="#06351f",
        button_text="#ffffff",
        error="#a8121a",
        done="#0b5f3c",
        done_page="#eef7f1",
        notice="#8a5a00",
        notice_page="#fff6dc",
        case="#0d1722",
        cell="#25384c",
        digit="#ffffff",
        red="#a8121a",
        bar=head,
        bar_before="#7d8b99",
        focus="#14202e",
        halo=wire,
    )


def dark(wire: str) -> Scheme:
    """Return the dark scheme; of the company's colours only the wire shows in it."""
    return Scheme(
        page="#10171f",
        text="#e8edf2",
        hint="#aab6c2",
        link="#8cc4ff",
        visited="#c9a6ec",
        head="#0a1017",
        head_text="#ffffff",
        head_border="#93a1af",
        wire=wire,
        strip="#18222d",
        rule="#3a4754",
        border="#8795a3",
        button="#0b5f3c",
        button_over="#084a2e",
        button_edge="#5cc794",
        button_text="#ffffff",
        error="#ff9a9e",
        done="#5cc794",
        done_page="#12261c",
        notice="#ffc42e",
        notice_page="#2a2410",
        case="#000000",
        cell="#25384c",
        digit="#ffffff",
        red="#a8121a",
        bar=wire,
        bar_before="#66768a",
        focus="#ffffff",
        halo="#7a5b00",
    )


def strong_light(head: str, wire: str) -> Scheme:
    """Return the light scheme of those who asked for contrast."""
    return replace(
        light(head, wire),
        text="#000000",
        hint="#000000",
        link="#00327a",
        visited="#4a0072",
        head="#000000",
        head_border="#ffffff",
        strip="#ffffff",
        rule="#4a4a4a",
        border="#000000",
        button="#00452a",
        button_over="#000000",
        button_edge="#000000",
        error="#8a0010",
        done="#00452a",
        done_page="#ffffff",
        notice="#5c3a00",
        notice_page="#ffffff",
        case="#000000",
        cell="#1b2a3a",
        red="#8a0010",
        bar="#000000",
        bar_before="#6e6e6e",
        focus="#000000",
    )


def strong_dark(wire: str) -> Scheme:
    """Return the dark scheme of those who asked for contrast."""
    return replace(
        dark(wire),
        page="#000000",
        text="#ffffff",
        hint="#ffffff",
        link="#a8d4ff",
        visited="#e2ccff",
        head="#000000",
        head_border="#ffffff",
        strip="#000000",
        rule="#b8b8b8",
        border="#ffffff",
        button="#00452a",
        button_over="#000000",
        button_edge="#8ff0bf",
        error="#ffc2c4",
        done="#8ff0bf",
        done_page="#000000",
        notice="#ffd873",
        notice_page="#000000",
        cell="#1b2a3a",
        red="#8a0010",
        bar_before="#9a9a9a",
    )


def pairs(scheme: Scheme) -> list[Pair]:
    """Return every pair of the scheme that meets on a page."""
    s = scheme
    texts = [
        ("text", s.text, s.page),
        ("hint", s.hint, s.page),
        ("link", s.link, s.page),
        ("visited link", s.visited, s.page),
        ("text of the menu", s.text, s.strip),
        ("link of the menu", s.link, s.strip),
        ("text of the head", s.head_text, s.head),
        ("button", s.button_text, s.button),
        ("button under the pointer", s.button_text, s.button_over),
        ("error", s.error, s.page),
        ("text of a done box", s.text, s.done_page),
        ("link of a done box", s.link, s.done_page),
        ("text of a notice", s.text, s.notice_page),
        ("link of a notice", s.link, s.notice_page),
        ("hint of a done box", s.hint, s.done_page),
        ("hint of a notice", s.hint, s.notice_page),
        ("digit", s.digit, s.cell),
        ("red digit", s.digit, s.red),
    ]
    parts = [
        ("wire", s.wire, s.head),
        ("border of a field in the head", s.head_border, s.head),
        ("field border", s.border, s.page),
        ("border of a done box", s.done, s.done_page),
        ("border of a notice", s.notice, s.notice_page),
        ("bar of this year", s.bar, s.page),
        ("bar of last year", s.bar_before, s.page),
        ("focus ring", s.focus, s.page),
        ("focus ring on the menu", s.focus, s.strip),
        ("focus ring in the meter", s.wire, s.case),
    ]
    return [
        *(Pair(what=w, front=f, back=b, least=TEXT) for w, f, b in texts),
        *(Pair(what=w, front=f, back=b, least=PART) for w, f, b in parts),
    ]


def schemes(settings: Settings, *, is_strong: bool = False) -> tuple[Scheme, Scheme]:
    """Return the light and the dark scheme of the company, stronger ones if wanted.

    Raises SettingsError with every pair that is too faint: the two colours of the
    company are the only ones that can be.
    """
    by_day, by_night = (strong_light, strong_dark) if is_strong else (light, dark)
    both = (
        by_day(settings.head_colour, settings.wire_colour),
        by_night(settings.wire_colour),
    )
    faults = [
        f"CABINET_HEAD_COLOUR or CABINET_WIRE_COLOUR: {pair.what} {pair.front} on"
        f" {pair.back} has contrast {pair.contrast:.1f}, needs {pair.least:.0f}"
        for scheme in both
        for pair in pairs(scheme)
        if pair.contrast < pair.least
    ]
    if faults:
        raise SettingsError(faults)
    return both


@cache
def contrast(front: str, back: str) -> float:
    """Return the contrast of two colours like `#12283f` by WCAG 2, 1 to 21."""
    lighter, darker = sorted((luminance(front), luminance(back)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour like `#12283f`, 0 to 1."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - the formula of WCAG
        for value in channels
    )
    return sum(
        starmap(float.__mul__, zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
    )
