"""What staff type is kept in the audit log without what names people."""

import pytest

from cabinet.models import AuditEntry
from cabinet.models.base import writing
from cabinet.services import audit

UUID = "12345678-1234-4234-8234-123456789012"
HASH = "1" * 64


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("просила masha.p@mail.ru, вернули", "просила …, вернули"),
        ("звонила +7 (911) 123-45-67 днём", "звонила … днём"),
        ("с 460000000001 на 4600 0000 0002", "с … на …"),
        ("оплачено 24.11.2026, 812,40 ₽", "оплачено 24.11.2026, 812,40 ₽"),
        (UUID, UUID),
        ("a" + HASH[1:], "a" + HASH[1:]),
        ("facts-differ", "facts-differ"),
    ],
)
def test_a_remark_names_nobody(db, now, typed, kept):
    with writing():
        audit.record(audit.SYSTEM, "test.one", now=now, why=typed, count=2)
        audit.record_each(audit.SYSTEM, "test.each", [], now=now, why=typed, count=2)
    assert [row.details for row in AuditEntry.select()] == [
        {"why": kept, "count": 2},
        {"why": kept, "count": 2},
    ]
