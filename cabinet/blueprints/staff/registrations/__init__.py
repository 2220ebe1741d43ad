"""Заявки на регистрацию: the queue, one request up close, the counter."""
