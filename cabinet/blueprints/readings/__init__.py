"""Передать показания: the form, the questions, the confirmation."""
