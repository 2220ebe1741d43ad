"""No kind of dear work takes all threads of a process, nor all kinds together."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from cabinet.services import bulkheads
from cabinet.services.bulkheads import Bulkhead, BusyError


@pytest.fixture
def held():
    """Hold so many places of a bulkhead, each by a thread of its own."""
    over = Event()
    with ThreadPoolExecutor(16) as pool, contextlib.ExitStack() as stack:
        stack.callback(over.set)

        def hold(bulkhead, count):
            entered = [Event() for _ in range(count)]

            def work(mark):
                with bulkhead.place():
                    mark.set()
                    over.wait(10)

            for mark in entered:
                pool.submit(work, mark)
            assert all(mark.wait(5) for mark in entered)

        yield hold


def test_each_kind_leaves_threads_to_the_others():
    for each in bulkheads.ALL:
        assert each.threads <= bulkheads.MOST_DEAR < bulkheads.THREADS, each.name


def test_together_they_leave_the_last_threads_to_readings(held):
    held(Bulkhead("a", most=4, waiting=0), 4)
    held(Bulkhead("b", most=2, waiting=0), 2)
    with pytest.raises(BusyError), Bulkhead("c", most=1, waiting=0).place():
        pass


def test_who_finds_no_room_to_wait_is_told_at_once(held):
    full = Bulkhead("full", most=1, waiting=0)
    held(full, 1)
    began = time.monotonic()
    with pytest.raises(BusyError, match="full"), full.place():
        pass
    assert time.monotonic() - began < 0.5


def test_a_thread_in_two_kinds_is_one_of_all():
    inner, outer = (Bulkhead(name, most=1, waiting=0) for name in ("in", "out"))
    with outer.place():
        free = bulkheads._dear._value
        with inner.place():
            assert bulkheads._dear._value == free
    assert bulkheads._dear._value == free + 1


def test_who_waits_is_told_after_a_while(held, monkeypatch):
    monkeypatch.setattr(bulkheads, "PATIENCE", 0.1)
    slow = Bulkhead("slow", most=1, waiting=1)
    held(slow, 1)
    with pytest.raises(BusyError), slow.place():
        pass


def test_a_place_comes_back_whatever_happens_in_it():
    one = Bulkhead("one", most=1, waiting=0)
    for _ in range(bulkheads.MOST_DEAR + 1):
        with pytest.raises(ZeroDivisionError), one.place():
            raise ZeroDivisionError


@pytest.mark.parametrize(
    ("cores", "processes", "most"), [(2, 2, 1), (8, 2, 4), (2, 4, 1), (None, 1, 1)]
)
def test_processes_share_the_cores(monkeypatch, cores, processes, most):
    monkeypatch.setattr(bulkheads.os, "cpu_count", lambda: cores)
    before = bulkheads.PASSWORDS.most
    bulkheads.share(processes)
    assert bulkheads.PASSWORDS.most == most
    bulkheads.PASSWORDS.set(before, bulkheads.PASSWORDS.waiting)
