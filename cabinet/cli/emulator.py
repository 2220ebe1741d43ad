"""The command that runs the practice bank: never in production."""

import secrets

import click

from cabinet.cli.context import WRONG_SETTINGS, read_settings
from cabinet.cli.server import Server
from cabinet.config import Clock
from cabinet.emulator.app import HANG_SECONDS, Emulator, create_emulator

TIMEOUT_SECONDS = 60
GRACE_SECONDS = 3

#: Calls that are made to hang hold a thread each.
THREADS = 32


class _Bank(Server):
    """Gunicorn with one process, whose threads send the notices."""

    def __init__(self, bank: Emulator, *, host: str, port: int) -> None:
        self._bank = bank
        self._url = f"http://{host}:{port}"
        super().__init__(bank.app, host=host, port=port, workers=1)

    def load_config(self) -> None:
        """Start the sender in the process that serves, and never begin that anew."""
        super().load_config()
        self.cfg.set("when_ready", self._tell)
        self.cfg.set("post_fork", self._begin)
        self.cfg.set("max_requests", 0)
        self.cfg.set("max_requests_jitter", 0)
        self.cfg.set("threads", THREADS)
        self.cfg.set("timeout", TIMEOUT_SECONDS)
        self.cfg.set("graceful_timeout", GRACE_SECONDS)

    def _tell(self, _arbiter: object) -> None:
        click.echo(f"the practice bank is listening on {self._url}")

    def _begin(self, _arbiter: object, _worker: object) -> None:
        self._bank.sender.start()


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on."
)
@click.option("--port", default=8010, show_default=True, help="Port to listen on.")
@click.option(
    "--token", envvar="CABINET_EMULATOR_TOKEN", help="Opens the addresses for tests."
)
@click.option(
    "--hang",
    default=HANG_SECONDS,
    show_default=True,
    help="Seconds a call that hangs lasts.",
)
@click.option(
    "--pace",
    default=1.0,
    show_default=True,
    help="What the pauses between repeated notices are multiplied by.",
)
def emulator(
    *, host: str, port: int, token: str | None, hang: float, pace: float
) -> None:
    """Run the practice bank: three acquirers and their card page, for the demo only."""
    settings = read_settings()
    if not settings.is_demo:
        click.echo(
            "cabinet: the practice bank takes no real money and is not for production;"
            " set CABINET_MODE=demo",
            err=True,
        )
        raise SystemExit(WRONG_SETTINGS)
    bank = create_emulator(
        settings.home / "emulator.sqlite3",
        token=token or secrets.token_hex(16),
        clock=Clock.of(settings).now,
        hang_seconds=hang,
        pace=pace,
    )
    _Bank(bank, host=host, port=port).run()
