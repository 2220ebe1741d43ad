"""The rules of the trade: plain Python, no database, no network, no clock."""
