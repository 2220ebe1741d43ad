"""Регистрация: how somebody with a receipt gets a cabinet."""
