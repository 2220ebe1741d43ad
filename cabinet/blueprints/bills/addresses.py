"""Months in addresses."""

from werkzeug.routing import BaseConverter, ValidationError

from cabinet.domain.period import Month


class MonthConverter(BaseConverter):
    """A month of this century: `2026-10`; anything else is no address of ours."""

    regex = r"20[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> Month:
        """Return the month."""
        try:
            return Month.parse(value)
        except ValueError as error:
            raise ValidationError(value) from error

    def to_url(self, value: object) -> str:
        """Return the text of the month."""
        return str(value)
