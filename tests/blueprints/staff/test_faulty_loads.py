"""Every kind of fault by the back office: told on the page, and no page fails."""

import io

import openpyxl
import pytest

from tests import factories, faulting
from tests.blueprints.staff.test_loads import check, send
from tests.browsing import Browser
from tests.exchange.test_faults import FILES, ROWS, UNUSABLE, table_of, written

#: Lists of files come in by the command alone.
KINDS = sorted(faulting.TABLES.keys() - {"papers"})
#: A payment whose code another case has as well.
LEFT = {63}
#: What a file is, or where a column is, is asked on a page.
ASKED = {7, 8}
#: What is known at the first look is told before a column is asked for.
AT_ONCE = {18, 19, 20, 21}


@pytest.fixture
def admin(desk, dated):
    faulting.make_world()
    return Browser(desk).sign_in(
        factories.make_staff("admin@example.org", role="admin")
    )


def cases_of(kind):
    """Return the faults that can stand in one file: they need no world of their own."""
    return [
        case
        for case in faulting.CASES
        if case.kind == kind
        and not case.before
        and not case.after
        and case.number not in LEFT
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_faulty_row_of_a_file_is_told_on_its_page(admin, now, kind):
    cases = cases_of(kind)
    header, good, _ = table_of(cases[0])
    body = written([header, *good, *(table_of(one)[2] for one in cases)])
    page = check(admin, send(admin, body, branch=""), now, kind=kind)
    *_, told = page.select("tbody")
    found = [[" ".join(cell.itertext()) for cell in row] for row in told]
    assert [(row[0], row[1], row[3]) for row in found] == [
        (f"строка\xa0{line}", column or "вся строка", ROWS[case.number][1])
        for line, case in enumerate(cases, 4)
        for column in [next(iter(case.spoilt)) if case.column is None else case.column]
    ]
    (link,) = page.select("a[href$='/faults']")
    book = admin.get(link.get("href"), check=False)
    rows = openpyxl.load_workbook(io.BytesIO(book.body)).active.max_row
    assert rows == 1 + len(cases)


def test_no_kind_of_fault_is_left_out_unsaid():
    told = {case.number for kind in KINDS for case in cases_of(kind)}
    others = {case.number for case in faulting.CASES} - told - LEFT
    assert len(told) > 60
    assert all(
        case.before or case.after or case.kind == "papers"
        for case in faulting.CASES
        if case.number in others
    )


@pytest.mark.parametrize("number", sorted(UNUSABLE.keys() - ASKED))
def test_a_file_that_cannot_be_used_is_told_on_a_page(admin, number):
    kind, body = UNUSABLE[number]
    is_a_table = kind is not None and number not in AT_ONCE
    shown = send(admin, body, branch="", status=None if is_a_table else 422)
    if is_a_table:
        shown = admin.submit(shown, "#columns-form", status=422)
    assert FILES[number][1] in shown.text
