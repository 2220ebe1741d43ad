"""`cabinet branch add`: a fresh installation takes a billing system's registry."""

import pytest
from click.testing import CliRunner

from cabinet.cli import main
from cabinet.domain.money import Money
from cabinet.models import Account, AuditEntry, Branch
from cabinet.models.connection import close_database
from cabinet.services.demo.branches import _COMMON, BRANCHES
from tests import factories

#: What EXPECTED.md says of each file: rows taken and refused.
EXPECTED = {
    "accounts": (400, 3),
    "meters": (410, 0),
    "readings": (3908, 4),
    "charges": (4000, 1),
    "payments": (3246, 3),
}
OPTIONS = {
    "settlement_account": "account",
    "correspondent_account": "correspondent-account",
    "time_zone": "time-zone",
}
NOT_SAID = {"code", "own_billing", "window_first", "window_last"}


@pytest.fixture
def run(monkeypatch, tmp_path, database_url):
    """Run `cabinet …` on the test's own database."""
    monkeypatch.setenv("CABINET_MODE", "demo")
    monkeypatch.setenv("CABINET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CABINET_DATABASE_URL", database_url)
    yield lambda *words: CliRunner().invoke(main, [str(word) for word in words])
    close_database()


def said_of(values, **changed):
    """Return the words of the command for a branch."""
    said = {**_COMMON, **values, **changed}
    words = ["branch", "add", said["code"], "--window", "20", "25"]
    for name, value in said.items():
        if name not in NOT_SAID:
            words += [f"--{OPTIONS.get(name, name)}", value]
    return words


def test_a_fresh_installation_takes_the_registry(run, data_folder):
    assert run("migrate").exit_code == 0
    for values in BRANCHES:
        added = run(*said_of(values))
        assert (added.exit_code, added.output) == (
            0,
            f"added branch {values['code']}\n",
        )
    dated = ("tariffs", "rules", "key_rate", "norms")
    loaded = run("tariffs", "load", *(data_folder / f"{one}.csv" for one in dated))
    assert loaded.exit_code == 0
    files = (data_folder / "registry" / f"{one}.csv" for one in EXPECTED)
    brought = run("import", *files)
    assert brought.exit_code == 1
    told = [line.split() for line in brought.stdout.splitlines()]
    taken = [int(words[1]) for words in told if words[:1] == ["принято"]]
    refused = [int(words[2]) for words in told if words[:2] == ["не", "принято"]]
    assert list(zip(taken, refused, strict=True)) == list(EXPECTED.values())
    assert Account.select().count() == 400


def test_a_branch_is_what_was_said_and_stands_in_the_log(run):
    assert run(*said_of(BRANCHES[0])).exit_code == 0
    row = Branch.get()
    for name, value in {**_COMMON, **BRANCHES[0]}.items():
        assert getattr(row, name) == value, name
    entry = AuditEntry.get(AuditEntry.action == "branch.added")
    assert entry.subject == f"branch:{row.id}"
    assert entry.details == {"code": "kursk"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"code": "Курск"}, "the code is up to 32 small Latin letters"),
        ({"time_zone": "Mars/Olympus"}, "there is no time zone 'Mars/Olympus'"),
        ({"name": ""}, "name has 1 to 120 characters"),
        ({"bank": "Б" * 46}, "bank has 1 to 45 characters"),
        ({"email": "kursk"}, "'kursk' is no e-mail"),
        ({"bic": "04380794"}, "no payment code can be made: BIC"),
        ({"settlement_account": "4070281070000000462"}, "PersonalAcc cannot be"),
        ({"correspondent_account": "301"}, "CorrespAcc cannot be"),
        ({"inn": "77990"}, "PayeeINN cannot be"),
        ({"kpp": ""}, "the INN and the KPP stand on every receipt"),
        (
            {"settlement_account": "40702810700000004627"},
            "the settlement account does not fit the BIC",
        ),
        (
            {"correspondent_account": "30101810400000000947"},
            "the correspondent account does not fit the BIC",
        ),
    ],
)
def test_what_cannot_be_a_branch_is_refused(run, changed, words):
    refused = run(*said_of(BRANCHES[0], **changed))
    assert refused.exit_code == 2
    assert words in refused.stderr
    assert not Branch.select().exists()


@pytest.mark.parametrize("window", [("25", "20"), ("0", "5"), ("20", "29")])
def test_a_window_is_two_days_of_every_month(run, window):
    words = said_of(BRANCHES[0])
    words[4:6] = window
    refused = run(*words)
    assert refused.exit_code == 2
    assert "the window is two days from 1 to 28" in refused.stderr
    assert not Branch.select().exists()


def test_every_fault_is_told_at_once(run):
    refused = run(*said_of(BRANCHES[0], name="", time_zone="x", inn="1"))
    for words in ("name has", "no time zone", "PayeeINN"):
        assert words in refused.stderr


def test_a_code_is_given_once(run):
    assert run(*said_of(BRANCHES[0])).exit_code == 0
    again = run(*said_of({**BRANCHES[1], "code": "kursk"}))
    assert again.exit_code == 2
    assert "there is a branch kursk already" in again.stderr
    assert Branch.select().count() == 1
    assert AuditEntry.select().where(AuditEntry.action == "branch.added").count() == 1


def test_an_account_with_a_letter_has_no_key_to_check(run):
    changed = {"settlement_account": "40702A10700000004626"}
    assert run(*said_of(BRANCHES[0], **changed)).exit_code == 0


def test_settings_of_a_branch_are_changed_and_noted(run, db):
    factories.make_branch()
    words = ("--opens-on-match", "--least-evidence", "100,50")
    more = ("--refund-alone-up-to", "0", "--recalculate-alone-up-to", "7000")
    done = run("branch", "set", "kursk", *words, *more)
    assert (done.exit_code, done.output) == (0, "set branch kursk\n")
    row = Branch.get()
    assert row.opens_on_match
    assert row.least_evidence == Money(100_50)
    assert (row.refund_alone_up_to, row.recalculate_alone_up_to) == (
        Money(0),
        Money(7000_00),
    )
    noted = {
        entry.details["setting"]: (entry.details["before"], entry.details["after"])
        for entry in AuditEntry.select().where(AuditEntry.action == "branch.set")
    }
    assert noted == {
        "opens_on_match": (False, True),
        "least_evidence": (50_00, 100_50),
        "refund_alone_up_to": (5000_00, 0),
        "recalculate_alone_up_to": (5000_00, 7000_00),
    }
    # The same again is no change.
    assert run("branch", "set", "kursk", *words).exit_code == 0
    assert AuditEntry.select().where(AuditEntry.action == "branch.set").count() == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("omsk", "--opens-on-match"), "no branch of the code omsk"),
        (("kursk",), "name at least one setting"),
        (("kursk", "--least-evidence", "сто"), "no sum in roubles"),
        (("kursk", "--least-evidence=-1"), "least_evidence is not below zero"),
    ],
)
def test_a_setting_that_cannot_be_is_told(run, db, words, told):
    factories.make_branch()
    refused = run("branch", "set", *words)
    assert refused.exit_code == 2
    assert told in refused.output
