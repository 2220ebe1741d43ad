"""Вид: larger text and stronger colours for whoever asks."""
