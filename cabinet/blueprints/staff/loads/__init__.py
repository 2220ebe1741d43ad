"""Загрузки: files of other systems on their way in."""
