"""The command `cabinet`."""

from cabinet.cli.main import main

__all__ = ["main"]
