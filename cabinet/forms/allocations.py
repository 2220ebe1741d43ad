"""The form of a specialist who says which month a payment is for."""

from flask_wtf import FlaskForm
from wtforms import SelectField, ValidationError

from cabinet.domain.period import Month
from cabinet.forms.refunds import why_field
from cabinet.web.filters import month as month_text

NO_MONTH = "Выберите месяц"
NO_REASON = "Напишите, почему платёж зачтён за этот месяц"


class AllocationForm(FlaskForm):
    """The month, and why."""

    month = SelectField("За какой месяц", validate_choice=False)
    reason = why_field("Основание", NO_REASON, "reason")

    def offer(self, months: tuple[Month, ...]) -> None:
        """Offer the months to choose from."""
        named = [(str(each), month_text(each)) for each in months]
        self.month.choices = [("", NO_MONTH), *named]

    def validate_month(self, field: SelectField) -> None:
        """Refuse what is no month."""
        try:
            Month.parse(field.data or "")
        except ValueError as error:
            raise ValidationError(NO_MONTH) from error

    @property
    def chosen(self) -> Month:
        """Return the month; only of a valid form."""
        return Month.parse(self.month.data)
