"""Faults that every layer above may meet."""


class NotFound(LookupError):
    """The thing is somebody else's or nobody's: the two look the same from outside."""
