"""What is wrong with a file or a row, in words for the person who sent it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A cell or a whole row that cannot be taken as it is.

    `line` counts the lines of the file from 1, `column` is the header as the file
    spells it and is empty when the whole row is meant, `reason` is Russian.
    """

    file: str
    line: int
    column: str
    value: str
    reason: str


class UnusableFile(ValueError):
    """Nothing can be read from the file; carries the reason in Russian."""

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class NoSuchLine(UnusableFile):
    """The file ends before the line where its header was said to be."""

    def __init__(self, line: int) -> None:
        super().__init__(f"в файле нет строки {line}, где должен быть заголовок")


class UnfitCell(ValueError):
    """The text of a cell is not a value of its column; carries the reason in Russian.

    `field` names another field than the one being read, where a whole row is checked.
    """

    def __init__(self, reason: str, *, field: str = "", value: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.value = value
