"""Моя учетная запись: who is signed in where."""
