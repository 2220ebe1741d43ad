"""Papers of organisations from billing: a list, and its files in the same folder."""

import uuid
from datetime import datetime
from pathlib import Path

from cabinet.domain.people import AccountKind
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.papers import MAX_BYTES, Document, PaperRow, document_of
from cabinet.models import ImportBatch, ImportRow, Paper, StoredFile
from cabinet.services import files
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.known import accounts_of
from cabinet.services.importing.report import Outcome

PURPOSE = "paper"


def take_papers(rows: list[PaperRow], intake: Intake) -> None:
    """Keep the files that are new; another file under a known number replaces it.

    A paper of an unknown account waits in quarantine with its file, so that it can be
    given its account where the folder is not.
    """
    accounts = accounts_of([row.account for row in rows], intake)
    for row in rows:
        account_id, kind = accounts.get(row.account, (None, None))
        if kind not in {None, AccountKind.ORGANISATION}:
            intake.refuse(row, "account", "лицевой счёт не организации")
            continue
        try:
            document = _document(row, intake)
        except UnfitCell as error:
            intake.refuse(row, "file", error.reason)
            continue
        if account_id is None:
            _hold(row, document, intake)
        else:
            _take(row, account_id, document, intake)


def part_with(row: ImportRow, *, until: datetime) -> None:
    """Leave the file of a row to the paper it became; without one it is kept till then."""
    if row.file_id is None:
        return
    if _is_of_a_paper(row.file_id):
        ImportRow.update(file=None).where(ImportRow.id == row.id).execute()
    else:
        kept = StoredFile.id == row.file_id
        StoredFile.update(expires_at=until).where(kept).execute()


def hold_again(row: ImportRow, part: ImportBatch) -> None:
    """Let a row have back the file of the paper it became, which is to go back."""
    paper = Paper.get_or_none(Paper.batch == part)
    if paper is not None:
        ImportRow.update(file=paper.file_id).where(ImportRow.id == row.id).execute()


def let_go(row: ImportRow) -> None:
    """Part a row from the file it waited with; what no paper has taken is deleted."""
    file_id = row.file_id
    if file_id is None:
        return
    ImportRow.update(file=None).where(ImportRow.id == row.id).execute()
    if not _is_of_a_paper(file_id):
        StoredFile.delete().where(StoredFile.id == file_id).execute()


def _is_of_a_paper(file_id: int) -> bool:
    found: bool = Paper.select(Paper.id).where(Paper.file == file_id).exists()
    return found


def _hold(row: PaperRow, document: Document | StoredFile, intake: Intake) -> None:
    """Let the row wait with its file, which is not kept where it is only looked at."""
    intake.refuse(
        row,
        "account",
        "лицевой счёт не найден",
        Outcome.QUARANTINED,
        None if intake.is_look else _stored(document, row.file, intake),
    )


def _take(
    row: PaperRow, account_id: int, document: Document | StoredFile, intake: Intake
) -> None:
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


def _stored(document: Document | StoredFile, name: str, intake: Intake) -> StoredFile:
    if isinstance(document, StoredFile):
        return document
    return files.store(
        document, purpose=PURPOSE, name=name, now=intake.now, is_lasting=True
    )


def _document(row: PaperRow, intake: Intake) -> Document | StoredFile:
    """Return the file the row names: beside the list, or kept with the row."""
    if isinstance(intake.folder, StoredFile):
        return intake.folder
    return document_of(row.file, _read(intake.folder, row.file))


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
