"""Files that mean harm: photos that fill the memory, registries that are none."""

import io
import zipfile

import pytest
from PIL import Image

from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.photo import MAX_PIXELS_WHOLE, PhotoTooLargeError, clean_photo
from cabinet.models import Account, ImportBatch, ImportRow, LedgerEntry
from cabinet.services.importing import import_file
from tests.factories import make_account, make_branch

HEAD = "Дата;Код операции;ЛС;Сумма\n"
GOOD = "14.03.2026;7;4600000001;1,00\n"


def flat(kind, mode="RGB", side=3600, **options):
    """A picture of one colour: some kilobytes that unpack to a lot."""
    assert side * side > MAX_PIXELS_WHOLE
    written = io.BytesIO()
    Image.new(mode, (side, side)).save(written, kind, **options)
    return written.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("WEBP", "RGB"), ("JPEG", "CMYK")]
)
def test_what_unpacks_whole_may_have_fewer_pixels(kind, mode):
    """Fifty million pixels of WebP, 87 KB on the wire, took 900 MB of a worker."""
    data = flat(kind, mode)
    assert len(data) < 1_000_000
    with pytest.raises(PhotoTooLargeError):
        clean_photo(data)


def test_a_photo_of_a_good_camera_is_taken():
    assert clean_photo(flat("JPEG", progressive=True)).width == 1600


def zipped():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("payments.csv", HEAD + GOOD)
    return packed.getvalue()


#: Nothing of these may come in, and each is told in words.
UNUSABLE = {
    "a book": zipped(),
    "nothing": b"",
    "zeros": b"\0" * 10_000,
    "noise": bytes(range(256)) * 40,
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 500,
    "blank lines": b"\r\n" * 5000,
    "one line without an end": b"a" * 3_000_000,
    "a header alone of quotes": b'"' * 5001,
    "a page": b"<!doctype html><html><body>404</body></html>",
    "another table": "Имя;Цвет\nа;б\n".encode(),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_what_is_no_registry_is_refused_whole(db, what):
    with pytest.raises(UnusableFile) as caught:
        bring(UNUSABLE[what])
    assert caught.value.reason
    assert ImportBatch.select().count() == 0


def bring(data, name="payments.csv"):
    from tests.conftest import NOW

    return import_file(name, io.BytesIO(data), now=NOW)


@pytest.fixture
def payer(db):
    return make_account(number="4600000001", branch=make_branch())


#: A row of harm between two good ones: the good come in, the bad is told.
ROWS = {
    "nul": "14.03.2026;8\0;4600000001\0;1,00\0\n",
    "a formula": "14.03.2026;=cmd|'/c calc'!A0;4600000001;=1+1\n",
    "an open quote": '14.03.2026;"8;4600000001;1,00\n',
    "a long line": "14.03.2026;" + "8" * 300_000 + ";4600000001;1,00\n",
    "a long code": "14.03.2026;" + "8" * 5_000 + ";4600000001;1,00\n",
    "digits of another script": "14.03.2026;8;٤٦٠٠٠٠٠٠٠١;١,٠٠\n",
    "a sum without end": "14.03.2026;8;4600000001;" + "9" * 400 + ",00\n",
    "a sum that is no number": "14.03.2026;8;4600000001;NaN\n",
    "a sum of a scientist": "14.03.2026;8;4600000001;1e9\n",
    "less than nothing": "14.03.2026;8;4600000001;-1,00\n",
    "a day of nowhere": "31.02.2026;8;4600000001;1,00\n",
    "a year of nowhere": "01.01.0000;8;4600000001;1,00\n",
    "cells without end": "14.03.2026;8;4600000001;1,00" + ";x" * 2000 + "\n",
    "markup": "14.03.2026;8;<script>alert(1)</script>;1,00\n",
    "sql": "14.03.2026;8;' OR 1=1 --;1,00\n",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("what", ROWS)
def test_a_row_of_harm_harms_no_other(payer, what, encoding):
    after = "15.03.2026;9;4600000001;2,00\n"
    report = bring((HEAD + GOOD + ROWS[what] + after).encode(encoding))
    posted = {row.amount.kopecks for row in LedgerEntry.select()}
    assert {-100, -200} <= posted
    assert report.good + report.bad == 3
    assert Account.get_by_id(payer.id).balance.kopecks == sum(posted)
    for row in ImportRow.select():
        assert "\0" not in row.value + "".join(row.raw)


def test_the_name_of_a_file_is_only_a_name(payer):
    for number, name in enumerate(
        [
            "../../etc/cron.d/x.csv",
            "a\r\nb.csv",
            "\u202evsc.csv",
            "=1+1.csv",
            "я" * 300,
            "\udcff.csv",
        ]
    ):
        day = number + 1
        bring((HEAD + f"{day:02}.03.2026;{day};4600000001;1,00\n").encode(), name)
    assert ImportBatch.select().count() == 6
