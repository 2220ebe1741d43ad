"""A file of any length comes in with the memory of a short one."""

import io
import tracemalloc

import pytest

from cabinet.services.importing import Outcome, import_file, running, undoing
from tests import loading
from tests.bringing import NOW

PART = 100
FEW, MANY = 3 * PART, 30 * PART
#: Bytes a row more may cost: a row that is kept costs thousands. Some are of buffers that
#: a short file does not fill.
A_ROW = 200


def head_of(kind, rows):
    """Return so many good rows of a registry, as a file."""
    data = loading.files_of("4600", accounts=rows)[kind]
    return b"\n".join(data.splitlines()[: rows + 1]) + b"\n"


def peak(act):
    """Return the most memory that Python held while it was done."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", loading.KINDS)
def test_ten_times_the_rows_take_no_more_memory(dated, kind, monkeypatch):
    monkeypatch.setattr(running, "ROWS_AT_ONCE", PART)
    monkeypatch.setattr(undoing, "AT_ONCE", PART)
    for other in loading.KINDS[: loading.KINDS.index(kind)]:
        import_file(other, io.BytesIO(head_of(other, MANY)), now=NOW)
    # What is loaded or made once is there before anything is compared.
    import_file("первый", io.BytesIO(head_of(kind, PART)), now=NOW)
    peaks = []
    for rows in (FEW, MANY):
        stream = io.BytesIO(head_of(kind, rows))
        new = []

        def bring(stream=stream, rows=rows, new=new):
            report = import_file(f"{rows}", stream, now=NOW)
            new.append(report.counts[Outcome.NEW])

        peaks.append(peak(bring))
        assert new[0] > rows // 2
    assert peaks[1] - peaks[0] < A_ROW * (MANY - FEW)
    loading.take_back("первый")
    taken = [
        peak(lambda name=name: loading.take_back(f"{name}")) for name in (FEW, MANY)
    ]
    assert taken[1] - taken[0] < A_ROW * (MANY - FEW)
