"""Readings that wait for billing, and a hand that makes files."""

import secrets

import pytest

from cabinet.domain.outgoing import FORMATS, OutKind
from cabinet.domain.period import Month
from cabinet.models import OutFile
from cabinet.services import outgoing
from cabinet.services.audit import SYSTEM
from tests import factories


@pytest.fixture
def branch(db):
    return factories.make_branch()


@pytest.fixture
def meters(branch):
    """Three meters: of one zone, of two, and of three."""
    return [
        factories.make_meter(
            factories.make_account(number=f"46000000000{zones}", branch=branch),
            zones=zones,
            serial=f"0{zones}",
        )
        for zones in (1, 2, 3)
    ]


@pytest.fixture
def make(branch, now):
    """Make a file and return its row and its bytes."""

    def make(kind, format_=None, month="2026-11", **days):
        wish = outgoing.Wish(
            branch=branch.code,
            kind=OutKind(kind),
            format=format_ or FORMATS[OutKind(kind)][0],
            month=Month.parse(month),
            key=secrets.token_hex(16),
            **days,
        )
        public_id = outgoing.ask(None, wish, actor=SYSTEM, now=now)
        outgoing.make_asked(public_id, clock=lambda: now)
        taken = outgoing.take(None, public_id, actor=SYSTEM, now=now)
        row = OutFile.get(OutFile.public_id == public_id)
        return row, b"".join(taken.pieces)

    return make
