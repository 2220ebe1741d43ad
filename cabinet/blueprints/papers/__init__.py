"""Документы: an organisation's papers from billing."""
