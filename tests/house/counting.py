"""What a process of its own does to count against a limit; see test_limits_exact.py."""

from peewee import OperationalError

from cabinet.models.base import database, writing
from cabinet.models.connection import close_database, open_database
from cabinet.services import limits


def passed(url, limit, tries, now):
    """Try so many times on the database and return how many passed."""
    open_database(url)
    database.connect(reuse_if_open=True)
    count = sum(_passes(limit, now) for _ in range(tries))
    close_database()
    return count


def _passes(limit, now):
    while True:
        try:
            with writing():
                limits.count(limit, "one", pepper="p", now=now)
        except limits.TooManyAttemptsError:
            return False
        except OperationalError:
            continue  # SQLite was busy for too long: nothing was counted
        else:
            return True
