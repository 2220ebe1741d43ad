"""Сверка in the back office: days of shops and their differences."""
