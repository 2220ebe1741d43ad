"""Somebody who works by keyboard alone: what they press, and for how long."""

import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field

#: Nobody looks for a button longer than that.
MOST_TABS = 60

#: What has the keyboard now, as a reader of the page would name it.
NAME = """() => {
    const it = document.activeElement
    if (!it || it === document.body) return ""
    const label = it.labels && it.labels[0] && it.labels[0].innerText
    return (label || it.innerText || it.name || it.id || "").trim()
}"""


@dataclass
class Kind:
    """Work of one kind: seconds, steps (Enter or Space) and keys of each item."""

    seconds: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)


class Hands:
    """The keyboard of a page; a mouse is nowhere."""

    def __init__(self, page, *, has_script):
        self.page = page
        self.has_script = has_script
        self.kinds = defaultdict(Kind)
        self._keys = self._steps = 0

    @contextmanager
    def doing(self, kind):
        """Do one item of the kind: count and time it."""
        before, start = (self._keys, self._steps), time.monotonic()
        yield
        done = self.kinds[kind]
        done.seconds.append(time.monotonic() - start)
        done.keys.append(self._keys - before[0])
        done.steps.append(self._steps - before[1])

    def press(self, key):
        self.page.keyboard.press(key)
        self._keys += 1
        self._steps += key in {"Enter", "Space"}

    def type(self, text):
        self.page.keyboard.type(text)
        self._keys += len(text)

    def name(self):
        return self.page.evaluate(NAME)

    def tab_to(self, name):
        """Go on with Tab to what begins so; it fails where that is too far."""
        seen = []
        for _ in range(MOST_TABS):
            self.press("Tab")
            seen.append(self.name())
            if seen[-1].startswith(name):
                return
        raise AssertionError(f"no {name!r} in {seen}")

    def enter(self, name, text):
        """Type into the field of the name."""
        self.tab_to(name)
        self.type(text)

    def go(self, name, *, to):
        """Press what begins so, and wait for what comes of it."""
        self.tab_to(name)
        self.press("Enter")
        self.page.wait_for_selector(to)

    def swap(self, name, *, to):
        """The same where a part of the page is swapped: it takes the keyboard then."""
        self.go(name, to=to)
        self.settle()

    def settle(self):
        """Wait until what was swapped in has the keyboard; a new page has none to give."""
        if self.has_script:
            self.page.wait_for_function(
                "() => document.activeElement.matches('[data-focus]')"
            )

    def table(self):
        """Return a line for each kind: items, the middle and the most of each figure."""
        lines = [f"{'work':<16}{'items':>6}{'s':>7}{'most':>7}{'steps':>7}{'keys':>7}"]
        for kind, done in self.kinds.items():
            count = len(done.seconds)
            middle = sorted(done.seconds)[count // 2]
            steps, keys = sum(done.steps) / count, sum(done.keys) / count
            lines.append(
                f"{kind:<16}{count:>6}{middle:>7.2f}{max(done.seconds):>7.2f}"
                f"{steps:>7.1f}{keys:>7.1f}"
            )
        return "\n".join(lines)
