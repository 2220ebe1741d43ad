"""The shapes in which a branch's other systems want their files."""

from dataclasses import dataclass
from datetime import datetime

from cabinet.domain.outgoing import (
    FIELDS,
    Encoding,
    OutKind,
    Shape,
    read_columns,
    write_columns,
)
from cabinet.models import Branch, OutProfile
from cabinet.models.base import lock, reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.outgoing.asking import OutNotFoundError
from cabinet.services.staff import Member, branches_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A branch and the shape of a kind of file there."""

    branch: str
    title: str
    kind: OutKind
    shape: Shape
    is_own: bool


def profile_of(member: Member, code: str, kind: OutKind) -> Profile:
    """Return the shape a branch has for a kind; raises OutNotFoundError."""
    with reading():
        branch = _branch(member, code)
        shape = shape_of(branch.id, kind)
    return Profile(
        branch=code,
        title=branch.name,
        kind=kind,
        shape=shape or Shape.usual(kind),
        is_own=shape is not None,
    )


def save_profile(
    member: Member,
    code: str,
    kind: OutKind,
    shape: Shape | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep the shape, without one go back to the usual one; raises OutNotFoundError."""
    with writing():
        branch = lock(
            Branch.select().where(Branch.id == _branch(member, code).id)
        ).get()
        OutProfile.delete().where(
            OutProfile.branch == branch, OutProfile.kind == kind
        ).execute()
        if shape is not None:
            OutProfile.create(
                branch=branch,
                kind=kind,
                columns=write_columns(shape.columns),
                encoding=shape.encoding,
                delimiter=shape.delimiter,
                has_header=shape.has_header,
                decimal=shape.decimal,
            )
        audit.record(
            actor,
            "out.profile_saved",
            now=now,
            subject=f"branch:{branch.id}",
            kind=str(kind),
            columns=[] if shape is None else [field for field, _ in shape.columns],
        )


def shape_of(branch_id: int, kind: OutKind) -> Shape | None:
    """Return the branch's own shape inside the open transaction, None without one."""
    row = OutProfile.get_or_none(
        OutProfile.branch == branch_id, OutProfile.kind == kind
    )
    if row is None:
        return None
    return Shape(
        columns=read_columns(kind, row.columns) if kind in FIELDS else (),
        encoding=Encoding(row.encoding),
        delimiter=row.delimiter,
        has_header=row.has_header,
        decimal=row.decimal,
    )


def _branch(member: Member, code: str) -> Branch:
    found = Branch.get_or_none(Branch.code == code, Branch.id.in_(branches_of(member)))
    if found is None:
        raise OutNotFoundError(code)
    return found
