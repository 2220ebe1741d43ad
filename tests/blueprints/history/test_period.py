from datetime import date

import pytest

from cabinet.forms.history import read_day


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-01",
        " 2026 - 05 - 01 ",
        "01.05.2026",
        "1.5.2026",
        "01.05.26",
        "1.5.26",
        "01. 05. 2026",
        "01.05.\xa02026",
        "01/05/2026",
        "01-05-2026",
        "01,05,2026",
        "01052026",
        "010526",
        "О1.О5.2О26",
        "o1.05.26",
    ],
)
def test_a_day_is_read_however_people_write_it(text):
    assert read_day(text) == date(2026, 5, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "завтра",
        "31.02.2026",
        "2026-13-01",
        "2026-5-1",
        "01.05.126",
        "01.05",
        "2026",
        "00.05.2026",
        "01.05.0000",
        "٠١.٠٥.٢٠٢٦",
        "01.05.2026 12:00",
        "-1.5.2026",
        "20260501",
        "1526",
    ],
)
def test_what_is_no_day_is_none(text):
    assert read_day(text) is None
