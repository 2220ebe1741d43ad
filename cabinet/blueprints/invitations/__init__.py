"""Приглашение: the link by which a relative or a colleague gets an access."""
