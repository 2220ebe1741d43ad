"""The drill of docs/bench.md itself: everything killed under load, the money back."""

import pytest

from bench import restore
from tests.conftest import SERVER

pytestmark = pytest.mark.long


def test_all_that_the_banks_took_is_back(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = "" if SERVER == "sqlite" else SERVER
    # It ends with what is missing, and with a check of the ledger.
    row = restore.drill("any", server)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    after, by_restore, by_file, left = map(int, cells[4:8])
    assert (after, left) == (by_restore + by_file, 0)
    assert by_restore > by_file > 0
