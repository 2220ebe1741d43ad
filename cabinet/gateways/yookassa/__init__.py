"""YooKassa."""

from cabinet.gateways.yookassa.client import YooKassa

__all__ = ["YooKassa"]
