"""Papers of organisations from billing: a list, and its files in the same folder."""

import uuid
from pathlib import Path

from cabinet.domain.people import AccountKind
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.papers import MAX_BYTES, Document, PaperRow, document_of
from cabinet.models import Paper, StoredFile
from cabinet.services import files
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.known import accounts_of
from cabinet.services.importing.report import Outcome

PURPOSE = "paper"


def take_papers(rows: list[PaperRow], intake: Intake) -> None:
    """Keep the files that are new; another file under a known number replaces it."""
    accounts = accounts_of([row.account for row in rows], intake)
    for row in rows:
        account_id, kind = accounts.get(row.account, (None, None))
        if account_id is None:
            intake.refuse(row, "account", "нет такого лицевого счёта")
        elif kind is not AccountKind.ORGANISATION:
            intake.refuse(row, "account", "лицевой счёт не организации")
        else:
            _take(row, account_id, intake)


def _take(row: PaperRow, account_id: int, intake: Intake) -> None:
    try:
        document = document_of(row.file, _read(intake.folder, row.file))
    except UnfitCell as error:
        intake.refuse(row, "file", error.reason)
        return
    live = (
        Paper.select(Paper.id, Paper.month, Paper.dated_on, StoredFile.sha256)
        .join(StoredFile)
        .where(
            Paper.account == account_id,
            Paper.kind == row.kind,
            Paper.number == row.number,
            Paper.replaced_at.is_null(),
        )
        .tuples()
        .first()
    )
    if live and live[1:] == (row.month, row.dated_on, document.sha256):
        intake.count(Outcome.SAME)
        return
    if live:
        values = {"replaced_at": intake.now}
        intake.note(Paper, live[0], {"replaced_at": None}, values)
        Paper.update(values).where(Paper.id == live[0]).execute()
    Paper.create(
        public_id=uuid.uuid4(),
        account=account_id,
        kind=row.kind,
        number=row.number,
        month=row.month,
        dated_on=row.dated_on,
        file=_stored(document, row.file, intake),
        batch=intake.batch_id,
        received_at=intake.now,
    )
    intake.count(Outcome.CHANGED if live else Outcome.NEW)


def _stored(document: Document, name: str, intake: Intake) -> StoredFile:
    return files.store(
        document, purpose=PURPOSE, name=name, now=intake.now, is_lasting=True
    )


def _read(folder: Path | None, name: str) -> bytes:
    """Return the bytes of the file beside the list, a little more than is allowed."""
    if folder is None:
        raise UnfitCell("файлы берутся из папки списка, а папки нет")
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise UnfitCell("рядом со списком нет такого файла")
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnfitCell("файл не прочитать") from error
