"""A mail server of a few lines: silent, busy, slow, or at work."""

import contextlib
import re
import socket
import threading
import time
from collections import Counter

from cabinet.models.base import writing
from cabinet.services import outbox
from tests.jobs.test_mail import CONTEXT


class PostOffice:
    """A mail server that does harm while it is told to; `taken` are its letters."""

    #: Seconds a slow one takes for a letter.
    pause = 2

    def __init__(self, port):
        self.mode = "silent"
        self.taken = Counter()
        self.is_over = False
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.settimeout(0.2)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.is_over = True
        self.listener.close()

    def _accept(self):
        while not self.is_over:
            with contextlib.suppress(OSError):
                connection, _ = self.listener.accept()
                threading.Thread(
                    target=self._serve, args=(connection,), daemon=True
                ).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            while self.mode == "silent":
                time.sleep(0.1)
                if self.is_over:
                    return
            self._speak(connection.makefile("rwb"))

    def _speak(self, stream):
        def reply(line):
            stream.write(f"{line}\r\n".encode())
            stream.flush()

        reply("421 too busy" if self.mode == "busy" else "220 ready")
        letter = None
        for raw in stream:
            line = raw.decode().strip()
            word = line.partition(" ")[0].lower()
            if letter is not None:
                letter.append(line)
                if line == ".":
                    time.sleep(self.pause if self.mode == "slow" else 0)
                    self.taken[number_of(letter)] += 1
                    letter = None
                    reply("250 taken")
            elif word == "rcpt" and self.mode == "later":
                reply("451 come back later")
            elif word == "data":
                letter = []
                reply("354 go on")
            else:
                reply("221 bye" if word == "quit" else "250 ok")
                if word == "quit":
                    return


def number_of(letter):
    return re.search(r"Message-ID: <(\d+)\.", "\n".join(letter))[1]


def put_letter(user, *, now):
    """Let a letter to the user wait."""
    with writing():
        outbox.put(
            "reading_confirmation",
            key=f"letter:{user.id}",
            recipient=user.email,
            user_id=user.id,
            context=CONTEXT,
            now=now,
        )
