"""Перерасчёты: what somebody ordered to be charged more or less."""
