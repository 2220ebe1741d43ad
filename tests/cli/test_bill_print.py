"""`cabinet bill print`: who gets paper, in which order, and what a kill leaves behind."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from cabinet.cli import main
from cabinet.domain.people import LetterKind
from cabinet.domain.period import Month
from cabinet.jobs import printing
from cabinet.jobs.printing import Press
from cabinet.models import Account, AccountAccess, Branch, Subscription, User
from cabinet.services.bills import paper
from tests import factories

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
OCTOBER = Month(2026, 10)


@pytest.fixture
def environment(database_url, tmp_path):
    return {
        "CABINET_MODE": "demo",
        "CABINET_HOME": str(tmp_path / "home"),
        "CABINET_DATABASE_URL": database_url,
        "CABINET_NOW": "2026-11-22T12:00:00+03:00",
        "CABINET_PUBLIC_URL": "https://lk.example.ru",
        "CABINET_SECRET_KEY": factories.SECRET_KEY,
    }


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "paper"


@pytest.fixture
def run(db, environment, folder, monkeypatch):
    """Run `cabinet bill print 2026-10` on the test's own database."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments, branch="kursk", month="2026-10"):
        db.close()
        words = ["bill", "print", month, "--branch", branch, "--to", str(folder)]
        return CliRunner().invoke(main, [*words, *arguments])

    return run


def billed(number, address="Курск, ул. Ленина, д. 1", route="", **values):
    account = factories.make_account(
        f"4600000000{number:02}", address=address, route=route, **values
    )
    factories.make_bill(account)
    return account


@pytest.fixture
def street(db):
    """Two routes of a town and a house on none, told in no order."""
    billed(1, "Курск, ул. Ленина, д. 10", "12")
    billed(2, "Курск, ул. Ленина, д. 2, кв. 21", "12")
    billed(3, "Курск, ул. Мира, д. 1", "3")
    billed(4, "Льгов, ул. Мира, д. 1")
    billed(5, "Курск, ул. Ленина, д. 2, кв. 3", "12")
    billed(6, "Курск, ул. Мира, д. 1, кв. 2", "3")


def printed(folder):
    """The files, and the last two digits of the accounts on their pages."""
    return {
        path.name: [
            "".join(page.extract_text().split()).partition("4600000000")[2][:2]
            for page in PdfReader(path).pages
        ]
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".")
    }


WHOLE = {
    "kursk-2026-10-001-3.pdf": ["03", "06"],
    "kursk-2026-10-002-12.pdf": ["05", "02", "01"],
    "kursk-2026-10-003-без-маршрута.pdf": ["04"],
}


def test_each_route_is_a_file_in_the_order_of_its_addresses(run, street, folder):
    result = run()
    assert result.exit_code == 0, result.output
    assert printed(folder) == WHOLE
    assert result.output.splitlines() == [
        "kursk-2026-10-001-3.pdf: 2",
        "kursk-2026-10-002-12.pdf: 3",
        "kursk-2026-10-003-без-маршрута.pdf: 1",
        "Курск, 2026-10: напечатано 6, всего на бумаге 6",
    ]


def test_pages_are_numbered_and_carry_their_fonts_once(run, street, folder):
    run()
    document = PdfReader(folder / "kursk-2026-10-002-12.pdf")
    assert document.metadata.title == "Квитанции за октябрь\u00a02026. Маршрут 12"
    assert document.trailer["/Root"]["/Lang"] == "ru"
    marks = ["Маршрут 12, 1 из 3", "Маршрут 12, 2 из 3", "Маршрут 12, 3 из 3"]
    said = [" ".join(page.extract_text().split()) for page in document.pages]
    assert all(mark in words for mark, words in zip(marks, said, strict=True))
    faces = {
        font["/FontDescriptor"].get_object()["/FontFile2"].indirect_reference.idnum
        for page in document.pages
        for font in (one.get_object() for one in page["/Resources"]["/Font"].values())
        if "/FontDescriptor" in font
    }
    assert len(faces) == 2


def test_a_page_of_many_says_what_the_receipt_alone_says(run, street, folder, app):
    from cabinet.pdf.receipt import Doors, receipt_pdf

    run()
    branch = Branch.get()
    account = Account.get(Account.number == "460000000003")
    receipt = next(paper.receipts([account.id], branch, OCTOBER, now=NOW))
    doors = Doors(readings="https://lk.example.ru/guest/readings")
    path = folder / "alone.pdf"
    with app.app_context():
        path.write_bytes(
            receipt_pdf(receipt, title="Квитанция за октябрь 2026", doors=doors)
        )
    alone = PdfReader(path).pages[0].extract_text()
    first = PdfReader(folder / "kursk-2026-10-001-3.pdf").pages[0].extract_text()
    assert "Маршрут 3, 1 из\u00a02" in first
    assert first.replace("Маршрут 3, 1 из\u00a02\n", "").split() == alone.split()


def test_a_second_call_makes_nothing_anew(run, street, folder):
    run()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.pdf")}
    result = run()
    assert result.exit_code == 0
    assert result.output == "Курск, 2026-10: напечатано 0, всего на бумаге 6\n"
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*.pdf")} == before


def test_a_file_that_was_lost_is_made_again_as_it_was(run, street, folder):
    run()
    (folder / "kursk-2026-10-002-12.pdf").unlink()
    # Who is in which file was settled: what changed since counts next time.
    Account.update(route="3").where(Account.number == "460000000001").execute()
    assert run().exit_code == 0
    assert printed(folder) == WHOLE


def test_a_long_route_has_several_files(run, street, folder, monkeypatch):
    monkeypatch.setattr(printing, "MOST", 2)
    monkeypatch.setattr(paper, "CHUNK", 2)
    monkeypatch.setattr(paper, "RUN", 2)
    assert run().exit_code == 0
    found = printed(folder)
    assert found["kursk-2026-10-002-12-1.pdf"] == ["05", "02"]
    assert found["kursk-2026-10-002-12-2.pdf"] == ["01"]
    last = PdfReader(folder / "kursk-2026-10-002-12-2.pdf").pages[0].extract_text()
    assert "Маршрут 12, 3 из\u00a03" in last
    assert sum(map(len, found.values())) == 6


def told_by_mail(number, **values):
    """An account whose owner is written to when a receipt is ready."""
    account = billed(number, route="1")
    user = factories.make_customer(f"own{number}@example.org")
    factories.give_access(user, account, **values)
    factories.subscribe(user, account, LetterKind.BILL, now=NOW)
    return user, account


def test_who_agreed_to_a_letter_gets_no_paper(run, street, folder):
    told_by_mail(20)
    result = run()
    assert result.exit_code == 0
    assert printed(folder) == WHOLE


def no_address(user, _):
    User.update(email=None).where(User.id == user).execute()


def dead_address(user, _):
    User.update(email_failed_at=NOW).where(User.id == user).execute()


def disabled(user, _):
    User.update(disabled_at=NOW).where(User.id == user).execute()


def letters_ended(user, _):
    Subscription.update(ended_at=NOW).where(Subscription.user == user).execute()


def reminders_only(user, _):
    Subscription.update(kind=LetterKind.REMINDER).where(
        Subscription.user == user
    ).execute()


def access(**values):
    def change(user, _):
        AccountAccess.update(values).where(AccountAccess.user == user).execute()

    return change


@pytest.mark.parametrize(
    "change",
    [
        no_address,
        dead_address,
        disabled,
        letters_ended,
        reminders_only,
        access(ended_at=NOW),
        access(until=date(2026, 11, 22)),
        access(level="readings"),
    ],
)
def test_everybody_else_gets_paper(run, folder, db, change):
    user, account = told_by_mail(20)
    change(user, account)
    assert run().exit_code == 0
    assert printed(folder) == {"kursk-2026-10-001-1.pdf": ["20"]}


def test_the_wish_of_a_relative_takes_no_paper_from_the_owner(run, folder, db):
    owner = factories.make_customer()
    user, _ = told_by_mail(20)
    access(granted_by=owner)(user, None)
    assert run().exit_code == 0
    assert printed(folder) == {"kursk-2026-10-001-1.pdf": ["20"]}


def test_when_nobody_gets_paper_it_says_so(run, folder, db):
    told_by_mail(20)
    result = run()
    assert result.exit_code == 0
    assert result.output == "Курск, 2026-10: напечатано 0, всего на бумаге 0\n"
    assert printed(folder) == {}


def test_a_month_without_bills_is_told(run, street, folder):
    result = run(month="2026-09")
    assert result.exit_code == 1
    assert "опубликованных квитанций нет" in result.stderr
    assert list(folder.iterdir()) == []


def test_a_bill_that_is_to_be_published_is_not_printed(run, folder, db):
    factories.make_bill(
        factories.make_account(), published_at=datetime(2026, 12, 1, tzinfo=UTC)
    )
    assert run().exit_code == 1


def test_another_branch_is_not_printed(run, street, folder):
    other = factories.make_branch("tver", name="Тверь")
    factories.make_bill(factories.make_account("690000000001", other))
    assert run(branch="tver").exit_code == 0
    assert list(printed(folder)) == ["tver-2026-10-001-без-маршрута.pdf"]


@pytest.mark.parametrize(
    "arguments", [{"branch": "nowhere"}, {"month": "2026-13"}, {"month": "october"}]
)
def test_wrong_use_is_two(run, street, folder, arguments):
    result = run(**arguments)
    assert result.exit_code == 2
    assert not folder.exists()


def test_what_cannot_be_drawn_is_told_and_stops_nobody(
    run, street, folder, monkeypatch
):
    from cabinet.pdf.render import PdfError

    real = printing.add_receipt

    def broken(roll, receipt, **values):
        if receipt.payer.number.endswith("02"):
            raise PdfError(("no",))
        real(roll, receipt, **values)

    monkeypatch.setattr(printing, "add_receipt", broken)
    result = run()
    assert result.exit_code == 1
    assert "не нарисовать: 460000000002" in result.stderr
    assert printed(folder)["kursk-2026-10-002-12.pdf"] == ["05", "01"]


def test_two_commands_at_once_make_each_file_once(db, street, folder, app):
    first = Press(folder, Branch.get(), OCTOBER)
    sheaves = first.plan(now=NOW)
    # What another process holds is left to it: a lock of this one would not count.
    code = (
        "import fcntl, sys; plan = open(sys.argv[1], 'r+b');"
        "fcntl.lockf(plan, fcntl.LOCK_EX, 1, 1); print('held', flush=True);"
        "sys.stdin.readline()"
    )
    plan = next(folder.glob(".*.plan"))
    with subprocess.Popen(
        [sys.executable, "-c", code, plan],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "held\n"
        make = partial(
            first.run, doors=printing.Doors(), now=NOW, report=lambda _: None
        )
        with app.app_context():
            assert [make(sheaf) for sheaf in sheaves] == [True, False, True]
            other.stdin.write("\n")
            other.stdin.flush()
            other.wait()
            assert [make(sheaf) for sheaf in sheaves] == [False, True, False]
    assert printed(folder) == WHOLE


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", [".*.plan", ".*.pdf.part", "*-001-*.pdf", "*-002-*.pdf"]
)
def test_a_command_that_was_killed_goes_on(db, street, environment, folder, moment):
    db.close()
    command = [
        str(Path(sys.executable).parent / "cabinet"),
        *("bill", "print", "2026-10", "--branch", "kursk", "--to", str(folder)),
    ]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
    start = partial(
        subprocess.Popen,
        command,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with start() as first:
        deadline = time.monotonic() + 60
        while not list(folder.glob(moment)) and first.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        first.send_signal(signal.SIGKILL)
    for path in folder.glob("*.pdf"):
        assert PdfReader(path).pages, "a file that is there is whole"
    with start() as second:
        said, wrong = second.communicate(timeout=100)
    assert second.returncode == 0, wrong
    assert "всего на бумаге 6" in said
    assert printed(folder) == WHOLE
    assert not list(folder.glob(".*.part"))
