"""Paying by card: started once, followed to the end, posted once.

`start` makes a payment and calls the provider, `moving` takes an event by the table of
states, `posting` writes the money down, `asking` follows what is open, `notices` keeps
what providers send, `shown` tells the customer how it stands.
"""
