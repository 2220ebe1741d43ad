"""Лицевые счета of a cabinet: own names, order, unlinking, who used them."""
