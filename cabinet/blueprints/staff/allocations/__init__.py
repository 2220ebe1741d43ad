"""Разнесение платежей: the month a payment is for, by a specialist's word."""
