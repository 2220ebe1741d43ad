"""Composing and sending mail."""
