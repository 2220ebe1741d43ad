"""Обращения: the queue and one dialogue."""
