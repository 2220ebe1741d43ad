"""A mail server that takes every letter and keeps none: stands for the office's own."""

import socketserver
import ssl

LIVE = "/etc/letsencrypt/live/cabinet"
ANSWERS = {
    "EHLO": "250-stand-in\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN",
    "AUTH": "235 welcome",
    "DATA": "354 go on",
    "QUIT": "221 bye",
    "STARTTLS": "220 go on",
}


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Answer until the other side leaves."""
        self._say("220 stand-in")
        while line := self.rfile.readline():
            word = (
                line.split()[0].decode("ascii", "replace").upper()
                if line.split()
                else ""
            )
            self._say(ANSWERS.get(word, "250 well"))
            if word == "STARTTLS":
                self._wrap()
            elif word == "DATA":
                while (text := self.rfile.readline()) not in {b"", b".\r\n"}:
                    del text
                self._say("250 taken")
            elif word == "QUIT":
                return

    def _wrap(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{LIVE}/fullchain.pem", f"{LIVE}/privkey.pem")
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 587), Session).serve_forever()
