from cabinet.domain.energy import Energy
from cabinet.web import charts


def _kwh(number):
    return None if number is None else Energy.from_kwh(number)


def _shares(*rows):
    return charts.shares([(_kwh(now), _kwh(before)) for now, before in rows])


def test_the_longest_bar_of_a_table_is_full():
    assert _shares((50, 200), (100, None)) == [(25, 100), (50, None)]


def test_the_smallest_use_stays_visible_and_none_has_no_length():
    assert _shares((1, 1000), (0, -5)) == [(1, 100), (0, 0)]


def test_a_table_without_use_has_no_bars():
    assert _shares((None, None), (0, 0)) == [(None, None), (None, None)]
