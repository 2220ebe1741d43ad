"""Кому открыты счета: whom an owner let in, and inviting more."""
