"""Faults that every layer above may meet."""


class NotFound(LookupError):
    """The thing is somebody else's or nobody's: the two look the same from outside."""


class IllegalMoveError(ValueError):
    """A move between two states that the table of states does not have."""

    def __init__(self, before: object, after: object) -> None:
        super().__init__(f"{before} does not become {after}")
        self.before = before
        self.after = after
