"""Papers of organisations: taken once, corrected by another file, refused with a reason."""

import io
from datetime import timedelta

import pytest

from cabinet.domain.people import AccountKind, Role
from cabinet.models import Account, FileChunk, ImportRow, Paper, StoredFile
from cabinet.services import audit, retention
from cabinet.services.importing import check_file, import_file, quarantine, undoing
from cabinet.services.importing.report import Outcome
from cabinet.services.staff import Member
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
        (ROW.replace("460000000001", "460000000002"), "лицевой счёт не найден"),
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


NOBODYS = ROW.replace("460000000001", "460000000077")


@pytest.fixture
def chief(firm):
    admin = factories.make_staff("admin@example.org", role="admin", branches=())
    return Member(user_id=admin.id, role=Role.ADMIN)


def give(member, number, *, now=NOW):
    row = ImportRow.get()
    quarantine.give(member, row.id, number, actor=by(member), now=now)


def by(member):
    return audit.Actor(user_id=member.user_id)


def test_a_paper_of_nobody_known_waits_with_its_file(firm, folder):
    report = bring(folder, NOBODYS, ROW.replace(";15;", ";16;"))
    assert report.counts[Outcome.QUARANTINED] == 1
    assert report.counts[Outcome.NEW] == 1
    row = ImportRow.get()
    assert (row.state, row.column) == ("quarantined", "Лицевой счёт")
    assert (row.file.name, row.file.expires_at) == ("a.pdf", None)


def test_it_is_given_its_account_where_the_folder_is_not(chief, firm, folder):
    bring(folder, NOBODYS)
    (folder / "a.pdf").unlink()
    give(chief, firm.number)
    (paper,) = live()
    assert (paper.account_id, paper.number) == (firm.id, "15")
    assert StoredFile.get() == paper.file
    assert b"".join(bytes(c.body) for c in FileChunk.select()) == b"%PDF-1.4 first"
    row = ImportRow.get()
    assert (row.state, row.file) == ("given", None)
    undoing.take_back(row.batch_id, "не тот", now=NOW)
    assert not StoredFile.select().exists()
    assert not Paper.select().exists()


def test_a_paper_that_the_account_has_already_is_kept_once(chief, firm, folder):
    bring(folder, ROW)
    bring(folder, NOBODYS)
    assert StoredFile.select().count() == 2
    give(chief, firm.number)
    (paper,) = live()
    # Its own file goes in a month: till then the row may wait again.
    assert ImportRow.get().file.expires_at == NOW + quarantine.FILE_KEPT
    retention.sweep(secret=factories.SECRET_KEY, now=NOW + timedelta(days=31))
    assert StoredFile.get() == paper.file


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "the same"])
def test_given_to_the_wrong_account_it_waits_with_its_file_again(
    chief, firm, folder, is_there
):
    other = factories.make_account(
        number="460000000003", kind=AccountKind.ORGANISATION, category=firm.category
    )
    if is_there:
        bring(folder, ROW)
    bring(folder, NOBODYS)
    give(chief, firm.number)
    row = ImportRow.get()
    quarantine.take_back(chief, row.id, actor=by(chief), now=NOW)
    row = ImportRow.get()
    assert (row.state, row.file.name, row.file.expires_at) == (
        *("quarantined", "a.pdf"),
        None,
    )
    assert len(live()) == is_there
    give(chief, other.number)
    assert {paper.account_id for paper in live()} == {other.id} | (
        {firm.id} if is_there else set()
    )
    assert StoredFile.select().count() == len(live())


def test_an_account_it_does_not_fit_lets_it_wait_on(chief, folder):
    factories.make_account(number="460000000002")
    bring(folder, NOBODYS)
    with pytest.raises(quarantine.RowUnfitError, match="не организации"):
        give(chief, "460000000002")
    assert ImportRow.get().file.name == "a.pdf"


def test_a_file_that_is_not_there_is_the_fault_of_the_row(firm, folder):
    report = bring(folder, NOBODYS.replace("a.pdf", "b.pdf"))
    assert report.counts[Outcome.FAULTY] == 1
    assert "нет такого файла" in report.faults[0].reason


def test_looked_at_only_it_leaves_nothing_behind(firm, folder):
    data = f"{HEADER}\r\n{NOBODYS}".encode("cp1251")
    report = check_file("papers.csv", io.BytesIO(data), folder=folder, now=NOW)
    assert report.counts[Outcome.QUARANTINED] == 1
    assert not StoredFile.select().exists()
    assert not ImportRow.select().exists()


def test_the_file_of_a_row_that_was_left_out_goes_in_a_month(chief, folder):
    bring(folder, NOBODYS)
    row_id = ImportRow.get().id
    quarantine.set_aside(chief, row_id, "чужой", actor=by(chief), now=NOW)
    quarantine.take_back(chief, row_id, actor=by(chief), now=NOW)
    assert ImportRow.get().file.expires_at is None
    quarantine.set_aside(chief, row_id, "чужой", actor=by(chief), now=NOW)
    for days, left in ((29, 1), (31, 0)):
        moment = NOW + timedelta(days=days)
        retention.sweep(secret=factories.SECRET_KEY, now=moment)
        assert StoredFile.select().count() == left
    assert (ImportRow.get().file, ImportRow.get().state) == (None, "set_aside")


def test_taken_back_a_list_takes_the_files_of_its_waiting_rows_with_it(firm, folder):
    number = bring(folder, NOBODYS, ROW).batch_id
    assert StoredFile.select().count() == 2
    undoing.take_back(number, "не тот месяц", now=NOW)
    assert not StoredFile.select().exists()
    assert (ImportRow.get().file, ImportRow.get().state) == (None, "undone")
