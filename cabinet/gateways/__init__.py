"""Acquirers: one protocol, a folder for each provider."""
