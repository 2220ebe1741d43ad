"""Sending readings: the form, the submission, and what was taken."""

from cabinet.services.readings.confirmation import get_confirmation, mail_confirmation
from cabinet.services.readings.form import reading_form
from cabinet.services.readings.guest import (
    WrongPairError,
    guest_form,
    guest_taken,
    prove_meter,
    receipt_of,
    submit_as_guest,
)
from cabinet.services.readings.quiet import QuietForm, QuietTaken
from cabinet.services.readings.refusals import (
    AlreadySentError,
    MeterClosedError,
    MeterNotFoundError,
    MonthChangedError,
    ProofMissingError,
    ReadingAskedError,
    ReadingNotFoundError,
)
from cabinet.services.readings.shown import (
    Confirmation,
    CurrentReading,
    Estimate,
    MeterForm,
    Phase,
    Preview,
    ReadingForm,
    ZoneField,
)
from cabinet.services.readings.submit import preview_reading, submit_reading
from cabinet.services.readings.ticket import TicketNotFoundError

__all__ = [
    "AlreadySentError",
    "Confirmation",
    "CurrentReading",
    "Estimate",
    "MeterClosedError",
    "MeterForm",
    "MeterNotFoundError",
    "MonthChangedError",
    "Phase",
    "Preview",
    "ProofMissingError",
    "QuietForm",
    "QuietTaken",
    "ReadingAskedError",
    "ReadingForm",
    "ReadingNotFoundError",
    "TicketNotFoundError",
    "WrongPairError",
    "ZoneField",
    "get_confirmation",
    "guest_form",
    "guest_taken",
    "mail_confirmation",
    "preview_reading",
    "prove_meter",
    "reading_form",
    "receipt_of",
    "submit_as_guest",
    "submit_reading",
]
