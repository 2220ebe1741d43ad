"""Papers of organisations: taken once, corrected by another file, refused with a reason."""

import io

import pytest

from cabinet.domain.people import AccountKind
from cabinet.models import Account, FileChunk, Paper, StoredFile
from cabinet.services.importing import import_file
from cabinet.services.importing.report import Outcome
from tests import factories
from tests.conftest import NOW

HEADER = "Лицевой счёт;Вид документа;Номер документа;Период;Дата документа;Файл"
ROW = "460000000001;счёт;15;10.2026;01.11.2026;a.pdf"


@pytest.fixture
def firm(db):
    return factories.make_account(kind=AccountKind.ORGANISATION)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"%PDF-1.4 first")
    return folder


def bring(folder, *rows):
    data = "\r\n".join([HEADER, *rows]).encode("cp1251")
    return import_file("papers.csv", io.BytesIO(data), folder=folder, now=NOW)


def live():
    return list(Paper.select().where(Paper.replaced_at.is_null()))


def test_a_paper_comes_in_with_its_file(firm, folder):
    report = bring(folder, ROW)
    assert report.counts[Outcome.NEW] == 1
    (paper,) = live()
    assert paper.account_id == firm.id
    assert paper.file.name == "a.pdf"
    assert paper.file.expires_at is None
    assert b"".join(bytes(c.body) for c in FileChunk.select()) == b"%PDF-1.4 first"


def test_a_second_time_changes_nothing(firm, folder):
    bring(folder, ROW)
    report = bring(folder, ROW)
    assert report.counts[Outcome.SAME] == 1
    assert StoredFile.select().count() == 1


def test_another_file_under_the_number_replaces_it_and_both_are_kept(firm, folder):
    bring(folder, ROW)
    (folder / "a.pdf").write_bytes(b"%PDF-1.4 corrected")
    report = bring(folder, ROW)
    assert report.counts[Outcome.CHANGED] == 1
    assert Paper.select().count() == 2
    (paper,) = live()
    assert paper.file.size == len(b"%PDF-1.4 corrected")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROW.replace("15;", "16;").replace("a.pdf", "b.pdf"), "нет такого файла"),
        (ROW.replace("a.pdf", "../a.pdf"), "не имя файла"),
        (ROW.replace("460000000001", "460000000002"), "нет такого лицевого счёта"),
        (ROW.replace("счёт", "накладная"), "неизвестное слово"),
        (ROW.replace("10.2026", "13.2026"), "такого месяца нет"),
    ],
)
def test_a_bad_row_is_told_and_the_good_one_is_in(firm, folder, row, reason):
    report = bring(folder, row, ROW)
    assert [reason in fault.reason for fault in report.faults] == [True]
    assert report.good == 1


def test_a_household_has_no_papers(db, folder):
    factories.make_account()
    report = bring(folder, ROW)
    assert report.faults[0].reason == "лицевой счёт не организации"


def test_a_link_out_of_the_folder_is_not_followed(firm, folder, tmp_path):
    (tmp_path / "secret.pdf").write_bytes(b"%PDF-1.4 secret")
    (folder / "a.pdf").unlink()
    (folder / "a.pdf").symlink_to(tmp_path / "secret.pdf")
    assert "нет такого файла" in bring(folder, ROW).faults[0].reason


def test_a_list_without_its_folder_is_told(firm):
    assert "папки нет" in bring(None, ROW).faults[0].reason


def test_the_registry_tells_an_organisation_by_its_category(db):
    factories.make_branch()
    data = (
        "ЛС;Филиал;ФИО;Адрес;Категория;Проживает\r\n"
        "460000000001;Курск;ООО «Ромашка»;Курск;организация;0\r\n"
        "460000000002;Курск;Петрова М. П.;Курск;село;1\r\n"
    ).encode("cp1251")
    report = import_file("accounts.csv", io.BytesIO(data), now=NOW)
    assert report.bad == 0
    kinds = dict(Account.select(Account.number, Account.kind).tuples())
    assert kinds == {
        "460000000001": AccountKind.ORGANISATION,
        "460000000002": AccountKind.HOUSEHOLD,
    }
