"""What every command needs first: settings, clock, database."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from cabinet.config import Clock, Settings, SettingsError, env_file, load
from cabinet.emulator.shops import demo_shops
from cabinet.models.connection import open_database
from cabinet.models.migrate import missing_migrations

WRONG_SETTINGS = 2


@dataclass(frozen=True, slots=True)
class Context:
    """The installation a command works on."""

    settings: Settings
    clock: Clock


def open_installation(*, needs_schema: bool = True) -> Context:
    """Read the settings and open the database; ends the command with every fault."""
    settings = read_settings()
    if settings.emulator and not settings.shops:
        settings = replace(settings, shops=demo_shops(settings.emulator))
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    open_database(settings.database_url)
    if needs_schema and (missing := missing_migrations()):
        click.echo(
            f"cabinet: the database lacks {', '.join(missing)}; run: cabinet migrate",
            err=True,
        )
        raise SystemExit(WRONG_SETTINGS)
    return Context(settings, Clock.of(settings))


def secret_files() -> dict[str, Path]:
    """Return the files that hold a secret, by the setting that names them.

    The file of the settings is one where a secret stands in it.
    """
    given = env_file.Given(os.environ)
    named = {
        name: Path(given.get(name)) for name in given.names() if name.endswith("_FILE")
    }
    if acquirers := given.get("CABINET_ACQUIRERS"):
        named["CABINET_ACQUIRERS"] = Path(acquirers)
    if given.path and any(not given.is_outer(name) for name in _secrets(given)):
        named[env_file.WHERE] = given.path
    return named


def bare_secrets() -> list[str]:
    """Return the settings whose secret stands in the environment itself."""
    given = env_file.Given(os.environ)
    return [name for name in _secrets(given) if given.is_outer(name)]


def _secrets(given: env_file.Given) -> list[str]:
    """Return the settings that say a secret, and name no file for it."""
    return [
        name
        for name in given.names()
        if name.endswith(("_KEY", "_PASSWORD", "_TOKEN"))
        or (name == "CABINET_DATABASE_URL" and urlsplit(given.get(name)).password)
    ]


def read_settings() -> Settings:
    """Return the settings of the environment; ends the command with every fault."""
    try:
        return load(os.environ)
    except SettingsError as error:
        for fault in error.faults:
            click.echo(f"cabinet: {fault}", err=True)
        raise SystemExit(WRONG_SETTINGS) from error
