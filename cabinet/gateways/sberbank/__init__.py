"""Sberbank."""

from cabinet.gateways.sberbank.client import Sberbank

__all__ = ["Sberbank"]
