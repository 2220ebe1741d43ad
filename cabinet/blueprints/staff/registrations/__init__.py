"""Регистрации: the queue, one request up close, the counter."""
