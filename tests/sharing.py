"""A filled database that tests share because they only look at it."""

import secrets
import shutil
from contextlib import contextmanager
from urllib.parse import urlsplit

from cabinet.models.base import database
from cabinet.models.connection import open_database
from tests.conftest import SERVER, _on_server, _url


@contextmanager
def database_from(template, folder):
    """Yield the address of a copy of the template; it goes away afterwards."""
    if SERVER == "sqlite":
        path = folder / "cabinet.sqlite3"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    name = f"cabinet_{secrets.token_hex(6)}"
    _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield _url(name)
    _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def opened(url):
    """Open the database for a test and leave it free for the next one."""
    open_database(url)
    database.connect(reuse_if_open=True)
    yield
    database.close()
    if SERVER != "sqlite":
        database.obj.close_all()


def template_of(url):
    """Return what `database_from` copies of a database that nobody has open."""
    if SERVER == "sqlite":
        return url.removeprefix("sqlite:///")
    return urlsplit(url).path.removeprefix("/")
