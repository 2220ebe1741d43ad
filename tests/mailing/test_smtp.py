import contextlib
import smtplib
import socket
import threading
import time

import pytest
from flask_mail import Message

from cabinet.config.settings import MailSettings
from cabinet.mailing import send


def message():
    return Message(
        subject="Показания приняты",
        recipients=["maria@example.org"],
        sender="cabinet@example.org",
        body="Номер 104-228",
    )


@pytest.fixture
def server():
    """A mail server of a few lines; `said` is what it heard."""
    said = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb") as stream:
            reply(stream, "220 ready")
            in_data = False
            for raw in stream:
                line = raw.decode().rstrip("\r\n")
                said.append(line)
                if in_data:
                    if line == ".":
                        in_data = False
                        reply(stream, "250 taken")
                elif line.lower() == "data":
                    in_data = True
                    reply(stream, "354 go on")
                elif line.lower() == "quit":
                    reply(stream, "221 bye")
                    return
                else:
                    reply(stream, "250 ok")

    def reply(stream, line):
        stream.write(f"{line}\r\n".encode())
        stream.flush()

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1], said
    thread.join(5)
    listener.close()


def test_it_hands_the_message_to_the_server(app, server):
    port, said = server
    settings = MailSettings(
        server="127.0.0.1", port=port, use_tls=False, sender="cabinet@example.org"
    )
    with app.app_context():
        send.SmtpSender(settings).send(message(), "1")
    # Capitals of a command mean nothing, and are others from one Python to the next.
    assert "rcpt to:<maria@example.org>" in [line.lower() for line in said]
    assert any(line.startswith("Subject: =?utf-8?") for line in said)


def test_a_silent_server_is_given_up(monkeypatch):
    monkeypatch.setattr(send, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = MailSettings(
            server="127.0.0.1", port=listener.getsockname()[1], use_tls=False
        )
        with pytest.raises(send.ServerAwayError, match="timed out"):
            send.SmtpSender(settings).send(message(), "1")


def test_a_server_that_says_a_letter_a_second_is_given_up(monkeypatch):
    monkeypatch.setattr(send, "TOTAL_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                for _ in range(100):
                    connection.sendall(b"2")
                    time.sleep(0.1)

        thread = threading.Thread(target=drip)
        thread.start()
        settings = MailSettings(
            server="127.0.0.1", port=listener.getsockname()[1], use_tls=False
        )
        began = time.monotonic()
        with pytest.raises(send.ServerAwayError):
            send.SmtpSender(settings).send(message(), "1")
        assert time.monotonic() - began < 3
        thread.join(15)


def test_a_letter_that_was_taken_is_sent_though_nobody_says_goodbye(app, server):
    port, said = server
    settings = MailSettings(server="127.0.0.1", port=port, use_tls=False)
    with app.app_context(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(smtplib.SMTP, "quit", _break)
        send.SmtpSender(settings).send(message(), "1")
    assert "." in said


def _break(_server):
    raise TimeoutError
