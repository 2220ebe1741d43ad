"""Почта: another e-mail to sign in with, and the way back."""
