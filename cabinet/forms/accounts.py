"""An account's own name."""

from flask_wtf import FlaskForm
from wtforms import StringField

MAX_SHOWN = 200


class LabelForm(FlaskForm):
    """The user's own name for an account."""

    label = StringField("Название")

    def blame(self) -> None:
        """Say that the name is too long, and keep what was typed."""
        self.label.data = (self.label.data or "")[:MAX_SHOWN]
        self.label.errors = ["Здесь больше 40 знаков. Сократите название"]
