"""Тарифы: what the account pays and when that changes."""
