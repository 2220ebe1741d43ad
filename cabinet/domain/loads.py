"""The words of an import: the states of a batch and of a row that waits."""

from enum import StrEnum


class LoadState(StrEnum):
    """How far a file is on its way in (состояние загрузки)."""

    WAITING = "waiting"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    COMMITTED = "committed"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"


#: Of the same file one at most is in one of these.
TAKEN = (LoadState.RUNNING, LoadState.COMMITTED, LoadState.UNDOING)
#: Somebody works on it, or should.
AT_WORK = (LoadState.CHECKING, LoadState.RUNNING, LoadState.UNDOING)
#: Nothing of it is in yet, and it may be thrown away.
NOT_IN = (LoadState.WAITING, LoadState.CHECKED, LoadState.CHECKING)


class RowState(StrEnum):
    """What became of a row that was not taken at once (состояние строки)."""

    FAULTY = "faulty"
    REPEATED = "repeated"
    QUARANTINED = "quarantined"
    GIVEN = "given"
    SET_ASIDE = "set_aside"
    UNDONE = "undone"


class RowQueue(StrEnum):
    """Where a row that names no known account waits: its money apart from all else."""

    MONEY = "money"
    REST = "rest"

    @classmethod
    def of(cls, kind: str) -> "RowQueue":
        """Return the queue of the rows of a kind of file."""
        return cls.MONEY if kind == MONEY else cls.REST


#: The kind of file whose rows are money (exchange.registry).
MONEY = "payments"
