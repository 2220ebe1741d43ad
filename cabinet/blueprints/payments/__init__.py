"""Paying by card: for one's own accounts, as a guest, and what providers tell of it."""
