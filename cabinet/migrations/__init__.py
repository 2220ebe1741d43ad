"""Numbered, frozen changes of the schema; each imports only peewee."""
