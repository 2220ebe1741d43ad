"""Профили столбцов: how the files of other systems are read."""
