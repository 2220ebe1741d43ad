"""`cabinet out`: files for other systems, made at the machine."""

import pytest
from click.testing import CliRunner

from cabinet.cli import main
from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.models import Account, OutFile
from tests import factories


@pytest.fixture
def run(db, database_url, tmp_path, monkeypatch):
    """Run `cabinet …` on the test's own database."""
    monkeypatch.setenv("CABINET_MODE", "demo")
    monkeypatch.setenv("CABINET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CABINET_DATABASE_URL", database_url)

    def run(*arguments):
        db.close()
        return CliRunner().invoke(main, [str(one) for one in arguments])

    return run


def test_a_file_is_made_and_stays_in_the_back_office(run, db, tmp_path):
    meter = factories.make_meter(factories.make_account(), serial="01")
    factories.make_reading(meter, "2026-11", (4150,), state=ReadingState.SUBMITTED)
    folder = tmp_path / "out"
    result = run("out", "readings", "2026-11", "--branch", "kursk", "--to", folder)
    assert result.exit_code == 0, result.output
    (path,) = folder.iterdir()
    assert path.name == "Показания Курск 2026-11 001.csv"
    assert b"460000000001;01;" in path.read_bytes()
    assert OutFile.get().counts == {"rows": 1}


def test_the_alphabet_and_the_sign_of_a_file_can_be_told(run, db, tmp_path):
    account = factories.make_account()
    Account.update(balance=Money(812_40)).where(Account.id == account.id).execute()
    words = ("debts", "2026-11", "--branch", "kursk", "--to", tmp_path)
    asked = ("--encoding", "koi8-r", "--decimal", "point")
    result = run("out", *words, *asked)
    assert result.exit_code == 0, result.output
    (path,) = tmp_path.glob("*_001_1126.txt")
    text = path.read_bytes().decode("koi8-r")
    assert text.startswith("460000000001;Петрова")
    assert text.endswith(";1126;812.40\r\n")
    assert run("out", *words).exit_code == 0
    (path,) = tmp_path.glob("*_002_1126.txt")
    assert path.read_bytes().decode("cp1251").endswith(";1126;812,40\r\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("debts", "2026-11", "--branch", "omsk"), "no branch of the code omsk"),
        (("debts", "ноябрь", "--branch", "kursk"), "no month like"),
        (
            ("debts", "2026-11", "--branch", "kursk", "--format", "xlsx"),
            "debts is written as sberbank, sberbank14",
        ),
        (
            ("debts", "2026-11", "--branch", "kursk", "--encoding", "cp866"),
            "debts is not written in cp866",
        ),
        (
            ("payments", "2026-11", "--branch", "kursk", "--decimal", "point"),
            "1c has an alphabet and signs of its own",
        ),
    ],
)
def test_wrong_words_are_told(run, db, tmp_path, words, told):
    factories.make_branch()
    result = run("out", *words, "--to", tmp_path)
    assert result.exit_code == 2
    assert told in result.output
