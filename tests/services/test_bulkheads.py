"""No kind of dear work takes all threads of a process, nor all kinds together."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from bench.customers import VISITS
from cabinet.services import bulkheads
from cabinet.services.bulkheads import Bulkhead, BusyError, Outside


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
    assert time.monotonic() - began < bulkheads.PATIENCE


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


@pytest.fixture
def outside(monkeypatch):
    """Somebody outside who answers well within a tenth of a second, or does not."""
    monkeypatch.setattr(bulkheads, "SOON", 0.1)
    return Outside("outside", most=4, waiting=0, few=2)


def _call(outside, seconds):
    with outside.place(), outside.call():
        time.sleep(seconds)


def test_while_answers_come_soon_all_places_are_open(outside, held):
    _call(outside, 0)
    held(outside, 4)
    with pytest.raises(BusyError), outside.place():
        pass


def test_after_a_late_answer_few_try_until_one_comes_soon(outside, held):
    _call(outside, 0.2)
    with outside.place():
        _call(outside, 0.2)
        with outside.place(), pytest.raises(BusyError, match="outside"):
            _call(outside, 0)
        # Who was refused has called nobody, and what ends without a call tells nothing.
        with outside.place(), pytest.raises(BusyError):
            _call(outside, 0)
    _call(outside, 0)
    held(outside, 4)


def test_a_call_that_is_still_out_closes_the_places_too(outside, held):
    begun, over = Event(), Event()

    def call():
        with outside.place(), outside.call():
            begun.set()
            over.wait(10)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(call)
        assert begun.wait(5)
        with outside.place(), outside.place():
            pass
        time.sleep(0.2)
        with outside.place(), pytest.raises(BusyError), outside.place():
            pass
        over.set()


def _refused(load, places, waiting):
    """Return the share that find no place: Erlang's formula with a few who wait."""
    weights = [1.0]
    for number in range(1, places + waiting + 1):
        weights.append(weights[-1] * load / min(number, places))
    return weights[-1] / sum(weights)


@pytest.mark.parametrize(
    ("requests", "seconds", "most"),
    [(50, 1, 0.005), (50, 0.5, 0.0001), (20, 1, 0.0001)],
)
def test_an_evening_refuses_nobody_who_pays(requests, seconds, most):
    """As many come as the measured 25th has, to two processes and a bank so slow."""
    asked = sum(share * len(kinds) for share, kinds in VISITS)
    paying = sum(share for share, kinds in VISITS if "payment begun" in kinds)
    payments = requests * paying / asked
    assert requests < 50 or payments > 2
    bank = bulkheads.BANK
    load = payments * seconds / 2
    assert _refused(load, bank.most, bank.waiting) < most
    # What a bank is given that does not answer would not do for one that does.
    assert _refused(load, bank.few, 1) > most
    assert bank.few * 4 <= bulkheads.THREADS


@pytest.mark.parametrize(
    ("cores", "processes", "most"), [(2, 2, 1), (8, 2, 4), (2, 4, 1), (None, 1, 1)]
)
def test_processes_share_the_cores(monkeypatch, cores, processes, most):
    monkeypatch.setattr(bulkheads.os, "cpu_count", lambda: cores)
    before = bulkheads.PASSWORDS.most
    bulkheads.share(processes)
    assert bulkheads.PASSWORDS.most == most
    bulkheads.PASSWORDS.set(before, bulkheads.PASSWORDS.waiting)
