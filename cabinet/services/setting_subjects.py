"""What the subjects of changes are called: branches, people, days, shops."""

from collections.abc import Iterable
from datetime import date

from cabinet.models import Branch, User
from cabinet.models.base import reading


def code_of(branch_id: int) -> str:
    """Return the code of a branch."""
    with reading():
        return str(Branch.get_by_id(branch_id).code)


def names_of(subjects: Iterable[str]) -> dict[str, str]:
    """Return what each subject is called; a day and a shop by their own words."""
    asked = set(subjects)
    with reading():
        branches = dict(Branch.select(Branch.id, Branch.name).tuples())
        ids = [int(one[5:]) for one in asked if one.startswith("user:")]
        query = User.select(User.id, User.name).where(User.id.in_(ids))
        people = dict(query.tuples()) if ids else {}
    found = {}
    for one in asked:
        kind, _, word = one.partition(":")
        if kind == "day":
            found[one] = f"{date.fromisoformat(word):%d.%m.%Y}"
            continue
        table = {"branch": branches, "user": people}.get(kind)
        found[one] = word if table is None else table.get(int(word), word)
    return found
