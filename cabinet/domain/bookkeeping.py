"""The words of the customers' subledger: kinds of entries and the basis of a charge."""

from enum import StrEnum


class EntryKind(StrEnum):
    """Why a balance changed (вид проводки)."""

    OPENING = "opening"
    CHARGE = "charge"
    RECALCULATION = "recalculation"
    PENALTY = "penalty"
    BENEFIT = "benefit"
    PAYMENT = "payment"
    REFUND = "refund"
    CORRECTION = "correction"
    REVERSAL = "reversal"


class ChargeBasis(StrEnum):
    """What the volume of a month rests on (основание начисления)."""

    ACTUAL = "actual"
    AVERAGE = "average"
    NORM = "norm"
