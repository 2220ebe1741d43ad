"""Papers of an organisation: what its billing hands over as files."""

from enum import StrEnum


class PaperKind(StrEnum):
    """What a paper is (вид документа)."""

    INVOICE = "invoice"
    TRANSFER = "transfer"
    ACT = "act"
    RECONCILIATION = "reconciliation"
    CONTRACT = "contract"
    OTHER = "other"
