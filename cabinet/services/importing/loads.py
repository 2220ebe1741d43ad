"""Files that come in by the back office: looked at, checked, committed, taken back."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from peewee import IntegrityError

from cabinet.domain.loads import AT_WORK, NOT_IN, LoadState
from cabinet.domain.people import Role
from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.recognise import Recognised, Shape, recognise
from cabinet.models import Branch, ColumnProfile, ImportBatch, Job, StoredFile
from cabinet.models.base import reading, writing
from cabinet.models.keyed import keyed
from cabinet.services import audit, files, jobs
from cabinet.services.importing.door import (
    LISTS_OF_FILES,
    control_for,
    earlier_of,
    printable,
)
from cabinet.services.importing.running import OvertakenError, Source, locked
from cabinet.services.importing.tables import BY_KIND, bind_table, table_of
from cabinet.services.importing.undoing import begin_undo
from cabinet.services.importing.whose import batch_of, note_look
from cabinet.services.importing.work import JOB, file_of, job_key
from cabinet.services.staff import Member, branches_of

PURPOSE = "load"
#: A file that came by the back office is kept so long.
KEPT = timedelta(days=30)
#: What changes the whole company is an administrator's.
COMPANY_WIDE = ("tariffs", "rules", "key_rates", "norms")
#: Rows of the letters' direction, and what is no letter at all, in a file's name.
_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\:\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class SameFileError(Exception):
    """The file is in already: `earlier` is the import it came by."""

    def __init__(self, earlier: UUID, number: int) -> None:
        super().__init__(number)
        self.earlier = earlier
        self.number = number


class NotNowError(Exception):
    """The import is at another stage by now."""


class NotYoursError(Exception):
    """The member may bring in nothing of this kind, or for this branch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A file as it was sent; `key` makes a form that is sent twice one import."""

    name: str
    stream: IO[bytes]
    branch: str
    profile: UUID | None = None
    key: str


def kinds_for(member: Member) -> tuple[str, ...]:
    """Return the kinds of files a member of staff may bring in."""
    return tuple(
        kind
        for kind in BY_KIND
        if kind not in LISTS_OF_FILES
        and (member.role is Role.ADMIN or kind not in COMPANY_WIDE)
    )


@keyed
def receive(
    member: Member, upload: Upload, *, actor: audit.Actor, now: datetime
) -> UUID:
    """Keep a file and what it looks like; the same form again is the same import.

    Raises UnusableFile for what cannot be read, NotYoursError for another's branch.
    """
    name = printable(_UNFIT.sub("_", upload.name)) or "файл"
    kind, layout = _profile(upload.profile)
    found = recognise(name, upload.stream, Shape.of(layout))
    sha256 = _sha256(upload.stream)
    with writing():
        before = ImportBatch.get_or_none(ImportBatch.key == upload.key)
        if before is not None:
            return UUID(str(before.public_id))
        branch = _branch(member, upload.branch)
        file = files.store_stream(
            upload.stream,  # type: ignore[arg-type]
            media_type="application/octet-stream",
            purpose=PURPOSE,
            owner_id=None,
            name=name,
            expires_at=now + KEPT,
            now=now,
        )
        batch = ImportBatch.create(
            key=upload.key,
            kind=kind or found.kind or "",
            file_name=name,
            sha256=sha256,
            state=LoadState.WAITING,
            branch=branch,
            by=actor.user_id,
            started_at=now,
            layout={
                **found.shape.as_data(),
                "columns": layout.get("columns") or found.columns,
                "header": list(found.header),
            },
            file=file,
        )
        audit.record(
            actor,
            "import.received",
            now=now,
            subject=f"import_batch:{batch.id}",
            branch=upload.branch,
        )
        return UUID(str(batch.public_id))


def look(
    member: Member,
    public_id: UUID,
    shape: Shape | None = None,
    *,
    actor: audit.Actor,
    now: datetime,
) -> Recognised:
    """Return what the file looks like, read another way if one is given.

    Whoever looks at its first rows is noted.

    Raises LoadNotFoundError, UnusableFile, NotNowError once the file is gone.
    """
    with reading():
        batch = batch_of(member, public_id)
        if batch.file_id is None:
            raise NotNowError(public_id)
    with file_of(batch) as stream:
        read_as = Shape.of(batch.layout or {}) if shape is None else shape
        found = recognise(batch.file_name, stream, read_as)
    with writing():
        note_look(
            actor,
            "import.preview_looked",
            (cell for row in found.preview for cell in row),
            subject=f"import_batch:{batch.id}",
            now=now,
        )
    return found


def choose(
    member: Member,
    public_id: UUID,
    kind: str,
    layout: Mapping[str, Any],
    *,
    actor: audit.Actor,
    now: datetime,
) -> None:
    """Say what the file is and which column is which, and have it checked.

    Raises UnusableFile where it cannot be read so; NotNowError where it is in or on its
    way; NotYoursError for a kind that is not the member's.
    """
    if kind not in kinds_for(member):
        raise NotYoursError(kind)
    with reading():
        batch = batch_of(member, public_id)
        if batch.file_id is None or batch.state not in NOT_IN:
            raise NotNowError(public_id)
        earlier = earlier_of(kind, batch.sha256)
    if earlier is not None:
        raise SameFileError(earlier.public_id, earlier.id)
    with file_of(batch) as stream:
        table = table_of(batch.file_name, stream, layout)
        binding = bind_table(table, kind, layout)
        header = list(table.header)
        source = Source(name=batch.file_name, stream=stream)
        control = control_for(source, binding, layout)
    with writing():
        batch = locked(batch_of(member, public_id).id)
        if batch.state not in NOT_IN:
            raise NotNowError(public_id)
        said = {**layout, "header": header}
        is_same = (batch.kind, dict(batch.layout)) == (kind, said)
        if batch.state is LoadState.CHECKING and is_same:
            # The form came twice: it is being checked just so.
            return
        batch.kind = kind
        batch.layout = said
        _start(batch, LoadState.CHECKING, control, now)
        audit.record(
            actor,
            "import.check_asked",
            now=now,
            subject=f"import_batch:{batch.id}",
            kind=kind,
        )


def commit(
    member: Member, public_id: UUID, *, actor: audit.Actor, now: datetime
) -> None:
    """Let the worker take the file in, as it was checked.

    Raises NotNowError unless it is checked; SameFileError where the same file is in.
    """
    try:
        with writing():
            batch = locked(batch_of(member, public_id).id)
            if batch.state is not LoadState.CHECKED or batch.file_id is None:
                raise NotNowError(public_id)
            if batch.kind not in kinds_for(member):
                raise NotYoursError(batch.kind)
            told = {
                name: value
                for name, value in batch.control.items()
                if name not in {"amount", "held"}
            }
            batch.by = actor.user_id
            batch.started_at = now
            _start(batch, LoadState.RUNNING, told, now)
            audit.record(
                actor,
                "import.commit_asked",
                now=now,
                subject=f"import_batch:{batch.id}",
                kind=batch.kind,
            )
    except IntegrityError as error:
        with reading():
            batch = batch_of(member, public_id)
            earlier = earlier_of(batch.kind, batch.sha256)
        if earlier is None:
            raise
        raise SameFileError(earlier.public_id, earlier.id) from error


def go_on(
    member: Member, public_id: UUID, *, actor: audit.Actor, now: datetime
) -> None:
    """Let the worker go on with what it gave up; nothing where it is at work."""
    with writing():
        batch = locked(batch_of(member, public_id).id)
        if not is_stuck(batch):
            raise NotNowError(public_id)
        _put_job(batch, now)
        batch.save()
        audit.record(
            actor, "import.resumed", now=now, subject=f"import_batch:{batch.id}"
        )


def is_by_command(batch: ImportBatch) -> bool:
    """Tell whether a command at the machine takes it in: the worker has no file."""
    return batch.state is LoadState.RUNNING and batch.file_id is None


def is_stuck(batch: ImportBatch) -> bool:
    """Tell whether the worker gave it up, inside the open transaction."""
    if batch.state not in AT_WORK or is_by_command(batch):
        return False
    job = Job.get_or_none(Job.key == job_key(batch))
    return job is None or job.failed_at is not None or job.done_at is not None


def drop(member: Member, public_id: UUID, *, actor: audit.Actor, now: datetime) -> None:
    """Throw away a file of which nothing is in; raises NotNowError."""
    with writing():
        batch = locked(batch_of(member, public_id).id)
        if batch.state not in NOT_IN:
            raise NotNowError(public_id)
        file_id = batch.file_id
        batch.state = LoadState.DROPPED
        batch.file = None
        batch.save()
        StoredFile.delete().where(StoredFile.id == file_id).execute()
        audit.record(
            actor, "import.dropped", now=now, subject=f"import_batch:{batch.id}"
        )


def take_back(
    member: Member, public_id: UUID, why: str, *, actor: audit.Actor, now: datetime
) -> None:
    """Let the worker take the import back whole.

    Raises NotNowError unless it is in; StandsOnError with what stands on it.
    """
    with writing():
        batch_id = batch_of(member, public_id).id
        try:
            batch = begin_undo(batch_id, why, actor=actor, now=now)
        except OvertakenError as error:
            raise NotNowError(public_id) from error
        _put_job(batch, now)
        batch.save()


def _start(
    batch: ImportBatch, state: LoadState, control: dict[str, Any], now: datetime
) -> None:
    """Begin at the first row, inside the open transaction."""
    batch.state = state
    batch.control = control
    batch.counts = {}
    batch.done = 0
    batch.steps = 0
    _put_job(batch, now)
    batch.save()


def _put_job(batch: ImportBatch, now: datetime) -> None:
    batch.tries += 1
    batch.error = ""
    jobs.put(
        JOB,
        key=job_key(batch),
        context={"load": batch.id},
        now=now,
    )


def _branch(member: Member, code: str) -> Branch | None:
    """Return the branch whose file it is; of an admin's it may be of all."""
    if not code and member.role is Role.ADMIN:
        return None
    found: Branch | None = Branch.get_or_none(
        Branch.code == code, Branch.id.in_(branches_of(member))
    )
    if found is None:
        raise NotYoursError(code)
    return found


def _profile(public_id: UUID | None) -> tuple[str, dict[str, Any]]:
    if public_id is None:
        return "", {}
    with reading():
        found = ColumnProfile.get_or_none(
            ColumnProfile.public_id == public_id, ColumnProfile.removed_at.is_null()
        )
    if found is None:
        raise UnusableFile("такого профиля больше нет")
    return found.kind, found.layout


def _sha256(stream: IO[bytes]) -> str:
    stream.seek(0)
    digest = hashlib.sha256()
    while piece := stream.read(files.CHUNK):
        digest.update(piece)
    stream.seek(0)
    return digest.hexdigest()
