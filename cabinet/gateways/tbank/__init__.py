"""TBank."""

from cabinet.gateways.tbank.client import TBank

__all__ = ["TBank"]
