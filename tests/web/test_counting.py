"""Figures that several processes count together: places, and what is left by the dead."""

import os
import shutil

import pytest
from prometheus_client import generate_latest, parser, values

from cabinet.web import counting
from cabinet.web.counting import Counts, Places

LABELS = ("home.index", "GET", "2xx")


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")


def count(counts):
    """Return how often it was counted, and the seconds, as another's parser reads them."""
    text = generate_latest(counts.registry()).decode()
    found = {
        sample.name: sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }
    return found.get("cabinet_request_seconds_count", 0)


def elsewhere(counts, times):
    """Count in a process of its own, which is gone without a word."""
    child = os.fork()
    if child == 0:
        for _ in range(times):
            counts.note(LABELS, 0.01)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_processes_add_up_and_the_next_goes_on_with_the_file_of_a_dead_one(tmp_path):
    counts = Counts(Places(tmp_path))
    assert count(counts) == 0
    assert list(tmp_path.glob("*.db")) == []  # who only forks others takes no place
    for times in (3, 4, 5):
        elsewhere(counts, times)
    assert [path.name for path in tmp_path.glob("*.db")] == ["histogram_0.db"]
    assert count(counts) == 12
    counts.note(LABELS, 0.01)
    elsewhere(counts, 1)  # while this process has the first place
    assert count(counts) == 14
    assert len(list(tmp_path.glob("*.db"))) == 2


def test_what_this_process_counted_is_told_without_the_folder(tmp_path):
    counts = Counts(Places(tmp_path / "metrics"))
    counts.note(LABELS, 0.01)
    shutil.rmtree(tmp_path / "metrics")
    counts.note(LABELS, 0.01)
    assert count(counts) == 2


def test_the_disk_gives_all_room_of_a_file_at_once(tmp_path):
    Counts(Places(tmp_path)).note(LABELS, 0.01)
    (path,) = tmp_path.glob("*.db")
    assert path.stat().st_size == counting.ROOM
    assert path.stat().st_blocks * 512 >= counting.ROOM


def test_every_endpoint_of_the_portal_has_room(app, tmp_path):
    """Each with three kinds of answers; a file that grows could meet a full disk."""
    counts = Counts(Places(tmp_path))
    for rule in app.url_map.iter_rules():
        for status in ("2xx", "3xx", "4xx"):
            method = min(rule.methods - {"HEAD", "OPTIONS"})
            counts.note((rule.endpoint, method, status), 0.01)
    (path,) = tmp_path.glob("*.db")
    assert path.stat().st_size == counting.ROOM


def test_what_an_earlier_run_left_is_taken_away_and_not_what_others_use(tmp_path):
    first = Places(tmp_path)
    (tmp_path / "histogram_7.db").write_bytes(b"")
    second = Places(tmp_path)
    assert (tmp_path / "histogram_7.db").exists()
    for each in (first, second):
        os.close(each._run)
    Places(tmp_path)
    assert not (tmp_path / "histogram_7.db").exists()


def test_a_disk_that_is_full_fails_no_answer(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    counts = Counts(Places(tmp_path))
    monkeypatch.setattr(os, "posix_fallocate", full)
    counts.note(LABELS, 0.01)
    assert count(counts) == 0
    monkeypatch.undo()
    counts.note(LABELS, 0.01)
