"""The second factor of staff, and proving again who one is."""
