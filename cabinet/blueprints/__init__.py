"""Sections of the portal: each parses, calls one service, renders."""
