"""Public documents: versions stay as people agreed to them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.models import Document
from cabinet.services import documents

WORDS = {"company": "АО «Свет»", "phone": "8 800 1", "hours": "с 8"}
DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def _write(folder, version, text, starts="2026-11-01"):
    (folder / "help.md").write_text(
        f"title: Помощь\nversion: {version}\nstarts: {starts}\n\n{text}\n"
    )


def test_the_package_brings_every_document_it_lists(db):
    added = list(documents.load(WORDS, now=NOW))
    assert {text.code for text in added} == set(documents.CODES)
    listed = documents.current_documents(day=DAY)
    assert tuple(text.code for text in listed) == documents.CODES
    for text in listed:
        assert "{" not in text.text, text.code
        assert len(text.text_hash) == 64


def test_loading_twice_adds_nothing(db):
    list(documents.load(WORDS, now=NOW))
    assert list(documents.load(WORDS, now=NOW)) == []


def test_a_version_keeps_its_words(db, tmp_path):
    _write(tmp_path, "1", "Раз")
    list(documents.load(WORDS, tmp_path, now=NOW))
    _write(tmp_path, "1", "Два")
    with pytest.raises(documents.DocumentFileError, match="новую версию"):
        list(documents.load(WORDS, tmp_path, now=NOW))
    assert Document.get().text == "Раз\n"


def test_a_newer_version_counts_from_its_day(db, tmp_path):
    _write(tmp_path, "1", "Раз", "2026-01-01")
    list(documents.load(WORDS, tmp_path, now=NOW))
    _write(tmp_path, "2", "Два", "2026-11-22")
    list(documents.load(WORDS, tmp_path, now=NOW))
    before = DAY - timedelta(days=1)
    assert documents.get_document("help", day=before).version == "1"
    assert documents.get_document("help", day=DAY).version == "2"
    old = documents.get_document("help", "1", day=DAY)
    assert (old.text, old.is_current) == ("Раз\n", False)
    with pytest.raises(documents.DocumentNotFoundError):
        documents.get_document("help", "2", day=before)
    shown = documents.versions("help", day=DAY)
    assert [(text.version, text.is_current) for text in shown] == [
        ("2", True),
        ("1", False),
    ]


@pytest.mark.parametrize("head", ["title: А\nversion: 1", "title: А\nstarts: завтра"])
def test_a_file_without_its_head_is_told(db, tmp_path, head):
    (tmp_path / "help.md").write_text(f"{head}\n\nТекст\n")
    with pytest.raises(documents.DocumentFileError, match=r"help\.md"):
        list(documents.load(WORDS, tmp_path, now=NOW))
    assert not Document.select().exists()
