"""Карантин: rows of imports that name nobody known."""
