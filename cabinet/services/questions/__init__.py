"""Обращения: what customers ask, what specialists answer."""
