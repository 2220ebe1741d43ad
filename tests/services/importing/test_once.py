"""An operation is credited once, and a registry whose totals are wrong not at all.

Whatever the file, the format and the bank; also when all of them come at one moment.
"""

import io
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from cabinet.domain.money import Money
from cabinet.exchange.faults import UnusableFile
from cabinet.models import Account, ImportBatch, ImportClaim, ImportRow, LedgerEntry
from cabinet.models.base import database
from cabinet.services.importing import Outcome, import_file
from cabinet.services.importing.running import OvertakenError
from cabinet.services.ledger_check import check_ledger
from tests import dressing, factories, loading
from tests.bringing import NOW

NUMBER = "004612790400"
OTHERS = "461279040070"
OURS = "40702810012345678912"
CODES = [f"7а-{number:05}" for number in range(30)]
HEADER = "Дата;Время;Код операции;ЛС;ФИО;Период;Сумма;К зачислению;Комиссия"


@pytest.fixture
def accounts(db):
    branch = factories.make_branch()
    for number in (NUMBER, OTHERS):
        factories.make_account(number=number, branch=branch)


def table(codes):
    """Return the operations as rows of a table of some bank."""
    cells = "14.03.2026;12:29:00;{};{};Щукина Ю. Э.;0226;10,50;10,50;0,00"
    rows = [cells.format(code, NUMBER) for code in codes]
    return [line.split(";") for line in (HEADER, *rows)]


def sberbank(codes, total="{count};{sum}"):
    """Return them as Sberbank's registry, with its last line."""
    cells = "14-03-2026;12-29-00;8640;9001;{};{};Щукина;Курск;0226;10,50;10,50;0,00"
    rows = [cells.format(code, NUMBER) for code in codes]
    sum_ = f"{Money(1050 * len(codes)).roubles}".replace(".", ",")
    told = total.format(count=len(codes), sum=sum_)
    return "\r\n".join([*rows, f"={told};{sum_};0,00;77;15-03-2026", ""]).encode(
        "cp1251"
    )


def statement(numbers, encoding="cp1251", total=None):
    """Return payment orders as 1C writes them, with what came in all."""
    came = Money(1050 * len(numbers)).roubles if total is None else total
    documents = "".join(
        "СекцияДокумент=Платежное поручение\n"
        f"Номер={number}\nДата=14.03.2026\nСумма=10.50\n"
        "ПлательщикСчет=40817810000000000001\nПлательщик=Щукина Юлия\n"
        f"ПолучательСчет={OURS}\nДатаПоступило=14.03.2026\n"
        f"НазначениеПлатежа=За свет, л/с {NUMBER}, период 0226\nКонецДокумента\n"
        for number in numbers
    )
    return (
        f"1CClientBankExchange\nРасчСчет={OURS}\nСекцияРасчСчет\nРасчСчет={OURS}\n"
        f"ВсегоПоступило={came}\nКонецРасчСчет\n{documents}КонецФайла\n"
    ).encode(encoding)


#: The same operations as eight banks write them.
DRESSES = {
    "cp1251": lambda codes: dressing.delimited(table(codes), encoding="cp1251"),
    "cp866": lambda codes: dressing.delimited(
        table(codes), encoding="cp866", delimiter=","
    ),
    "utf-8": lambda codes: dressing.delimited(table(codes), delimiter="\t"),
    "mark": lambda codes: dressing.delimited(table(codes), encoding="utf-8-sig"),
    "points": lambda codes: dressing.delimited(table(codes), point=True, iso=True),
    "book": lambda codes: dressing.book(table(codes)),
    "words": lambda codes: dressing.word_book(table(codes)),
    "sberbank": sberbank,
}


def together(bodies):
    """Bring every file in at the same moment, each in a thread with a connection.

    Return the reports, nothing for a file that another was quicker with.
    """
    barrier = threading.Barrier(len(bodies))

    def one(number):
        barrier.wait(20)
        with database.connection_context(), suppress(OvertakenError):
            return import_file(f"{number}", io.BytesIO(bodies[number]), now=NOW)
        return None

    # The pool has as many connections as there are files.
    database.close()
    try:
        with ThreadPoolExecutor(len(bodies)) as pool:
            return list(pool.map(one, range(len(bodies))))
    finally:
        database.connect()


def credited(codes):
    assert LedgerEntry.select().count() == len(codes)
    assert Account.get(Account.number == NUMBER).balance == Money(-1050 * len(codes))
    assert list(check_ledger()) == []


def test_the_same_operations_of_eight_banks_at_one_moment_are_credited_once(accounts):
    chance = random.Random("eight banks")
    shuffled = [chance.sample(CODES, len(CODES)) for _ in DRESSES]
    reports = together(
        [dress(codes) for dress, codes in zip(DRESSES.values(), shuffled, strict=True)]
    )
    counts = [report.counts for report in reports]
    assert sum(one[Outcome.NEW] for one in counts) == len(CODES)
    assert sum(one[Outcome.SAME] for one in counts) == 7 * len(CODES)
    assert {report.bad for report in reports} == {0}
    assert ImportClaim.select().count() == len(CODES)
    credited(CODES)


def test_the_same_file_eight_times_at_one_moment_is_one_import(accounts):
    reports = together([sberbank(CODES)] * 8)
    assert any(report is not None for report in reports)
    assert ImportBatch.select().count() == 1
    credited(CODES)


def test_an_order_in_eight_statements_is_credited_once(accounts):
    numbers = range(1, 9)
    alphabets = ("cp1251", "cp866", "utf-8", "utf-8-sig")
    reports = together(
        [statement([*numbers], alphabet) for alphabet in alphabets]
        + [statement([*reversed(numbers)], alphabet) for alphabet in alphabets]
    )
    assert sum(report.counts[Outcome.NEW] for report in reports) == len(numbers)
    assert {report.bad for report in reports} == {0}
    credited(numbers)


@pytest.mark.parametrize("dress", sorted({*DRESSES} - {"sberbank"}))
def test_an_operation_for_another_account_is_told_and_not_credited(accounts, dress):
    import_file("первый", io.BytesIO(sberbank(CODES[:1])), now=NOW)
    moved = [[cell.replace(NUMBER, OTHERS) for cell in row] for row in table(CODES[:1])]
    report = import_file("второй", io.BytesIO(dressing.delimited(moved)), now=NOW)
    (fault,) = report.faults
    assert (fault.line, fault.column) == (2, "Код операции")
    assert fault.reason == "операция уже зачтена с другой суммой или счётом"
    again = import_file(dress, io.BytesIO(DRESSES[dress](CODES[:1])), now=NOW)
    assert again.counts[Outcome.NEW] == 0
    credited(CODES[:1])


ROWS = table(CODES[:2])
#: Of each format a file whose totals are wrong, and what is said of it.
WRONG = {
    "table, rows": (
        dressing.delimited([*ROWS, ["=3", "21,00", "21,00", "0,00"]]),
        "контрольная строка: строк 3, в файле 2",
    ),
    "table, sum": (
        dressing.delimited([*ROWS, ["=2", "21,01", "21,00", "0,00"]]),
        "контрольная строка: сумма не сходится, по строкам 21.00",
    ),
    "table, transfer": (
        dressing.delimited([*ROWS, ["=2", "21,00", "20,00", "0,00"]]),
        "контрольная строка: сумма не сходится, по строкам 21.00",
    ),
    "table, commission": (
        dressing.delimited([*ROWS, ["=2", "21,00", "21,00", "1,00"]]),
        "контрольная строка: сумма не сходится, по строкам 0.00",
    ),
    "book": (
        dressing.book([*ROWS, ["=2", "21,01", "21,00", "0,00"]]),
        "контрольная строка: сумма не сходится, по строкам 21.00",
    ),
    "sberbank, rows": (
        sberbank(CODES[:2], "1;{sum}"),
        "контрольная строка: строк 1, в файле 2",
    ),
    "sberbank, sum": (
        sberbank(CODES[:2], "{count};21,10"),
        "контрольная строка: сумма не сходится, по строкам 21.00",
    ),
    "1c": (
        statement([1, 2], total="20.00"),
        "ВсегоПоступило: сумма не сходится, по документам 21.00",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_totals_are_told_and_nothing_is_taken(accounts, name):
    body, told = WRONG[name]
    with pytest.raises(UnusableFile) as caught:
        import_file(name, io.BytesIO(body), now=NOW)
    assert caught.value.reason == told
    for table_ in (LedgerEntry, ImportClaim, ImportRow):
        assert table_.select().count() == 0
    credited([])


@pytest.mark.parametrize("kind", sorted({*dressing.GOOD} - {"payments", "papers"}))
def test_a_control_line_in_a_kind_without_totals_is_a_faulty_row(dated, kind):
    rows = dressing.rows_of(kind)
    width = len(rows[0])
    body = dressing.delimited([rows[0], ["=2", *["1"] * (width - 1)]])
    report = import_file("файл", io.BytesIO(body), kind=kind, now=NOW)
    assert report.faults
    assert {fault.line for fault in report.faults} == {2}
    assert report.good == 0


@pytest.mark.parametrize("kind", loading.KINDS)
def test_the_same_rows_in_eight_files_at_one_moment_are_taken_once(dated, kind):
    files = loading.files_of("4600")
    for other in loading.KINDS[: loading.KINDS.index(kind)]:
        import_file(other, io.BytesIO(files[other]), now=NOW)
    reports = together([files[kind] + b"\n" * number for number in range(8)])
    news = [report.counts[Outcome.NEW] for report in reports]
    assert sorted(news)[:-1] == [0] * 7
    assert max(news) >= 60
    assert {report.bad for report in reports} == {reports[0].bad}
    assert list(check_ledger()) == []
