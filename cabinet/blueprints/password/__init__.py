"""A forgotten password, and a new one by a link from a letter."""
