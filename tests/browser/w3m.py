"""w3m at the keyboard: pages are gone to by their words, and read as it would save them."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import termios
import time

PATIENCE = 30
#: Rows and columns: a page that is longer is read whole all the same.
SCREEN = (40, 100, 0, 0)
#: Cookies of a bare address are those of another's, w3m thinks.
OPTIONS = ("-cookie", "-o", "accept_bad_cookie=1")


class W3m:
    """The browser in a terminal of its own."""

    def __init__(self, url, folder):
        self.folder = folder
        path = shutil.which("w3m")
        assert path, "install the Debian package w3m"
        environment = {
            **os.environ,
            "HOME": str(folder),
            "TERM": "xterm",
            "LC_ALL": "C.UTF-8",
            "no_proxy": "127.0.0.1",
        }
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *SCREEN))
        self._terminal = ours
        self._pid = os.posix_spawn(
            path,
            [path, *OPTIONS, url],
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, theirs, fd) for fd in range(3)],
            setsid=True,
        )
        os.close(theirs)
        self._shown = ""
        self._await("Viewing <")

    def type(self, text, *, tabs, prompt):
        """Go so many fields or links on and fill in the field there."""
        self._press("\t" * tabs, "")
        self._press("\r", prompt)
        self._press(f"{text}\r", "Viewing <")

    def find(self, words):
        """Go to the next place where the page says these words."""
        self._press("/", "Forward: ")
        self._press(f"{words}\r", "Viewing <")

    def press_enter(self, title):
        """Press what the cursor stands on, and wait for the page of the title."""
        self._press("\r", f"Viewing <{title}")

    def follow(self, words, title):
        """Find a link or a button by its words and press it."""
        self.find(words)
        self.press_enter(title)

    def read(self):
        """Return the words of the whole page, spaces folded."""
        path = self.folder / "page"
        path.unlink(missing_ok=True)
        self._press("S", "Save buffer to: ")
        self._press(f"{path}\r", "Viewing <")
        return " ".join(path.read_text(encoding="utf-8").split())

    def close(self):
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def _press(self, keys, until):
        self._shown = ""
        os.write(self._terminal, keys.encode())
        self._await(until)

    def _await(self, words):
        """Wait for the words, and then until nothing more is drawn."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if select.select([self._terminal], [], [], 0.2)[0]:
                self._shown += os.read(self._terminal, 65536).decode("utf-8", "replace")
            elif words in self._shown:
                return
        raise AssertionError(f"w3m does not show {words!r} but {self._shown!r}")
