"""Sending readings: the form, the submission, and what was taken."""

from cabinet.services.readings.confirmation import get_confirmation, mail_confirmation
from cabinet.services.readings.form import reading_form
from cabinet.services.readings.refusals import (
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

__all__ = [
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
    "ReadingAskedError",
    "ReadingForm",
    "ReadingNotFoundError",
    "ZoneField",
    "get_confirmation",
    "mail_confirmation",
    "preview_reading",
    "reading_form",
    "submit_reading",
]
