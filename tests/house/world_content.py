"""What the office writes for customers, new each time, for the matrix and for looking."""

import hashlib
import secrets
from datetime import date

from cabinet.models import Document
from tests import factories


def new_office(world, **values):
    """Return an office of Alice's branch."""
    return factories.make_office(world.account.branch, world.now, **values)


def new_edition(**values):
    """Return a version of a document that is to come."""
    text = f"Текст {secrets.token_hex(4)}\n"
    return Document.create(
        **{
            "code": "data-policy",
            "version": secrets.token_hex(8),
            "title": "Обработка данных",
            "text": text,
            "text_hash": hashlib.sha256(text.encode()).hexdigest(),
            "starts": date(2026, 12, 1),
            **values,
        }
    )


def new_ended_answer(world):
    """Return a text specialists of her branch answered with."""
    row = world.new_ready_answer()
    row.ended_at = world.now
    row.save()
    return row
