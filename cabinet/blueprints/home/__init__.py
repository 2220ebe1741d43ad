"""The home page: the chosen account, its balance and the reading form."""
