"""Shapes of forms: what was typed, and nothing about what it means."""
