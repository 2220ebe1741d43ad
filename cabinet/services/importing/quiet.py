"""Charges of months that were not read, and of those that settle them, as they are kept.

After plain months one to three in a row go by the average of the last six, or of as many
as there are since the first of all; then a reading settles them. What is written is what
the general computing gives; where there is more to say it is left to that.
"""

from typing import NamedTuple

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import WH_IN_KWH
from cabinet.domain.period import Month
from cabinet.domain.volume import MOST_PERIODS_BY_AVERAGE, Silence
from cabinet.domain.volume.values import LEAST_OF_AVERAGE, MOST_OF_AVERAGE
from cabinet.exchange.registry_rows import ChargeRow
from cabinet.services.importing.plain import (
    NOTHING,
    Mark,
    PlainAccount,
    Told,
    previous,
    registers,
    used_between,
)

_UNREAD = str(Silence.UNREAD)


class Quiet(NamedTuple):
    """Months in a row without readings before another, and what stood for each.

    `since` is what the meter showed before them, `known` of how many months the average
    `by_zone` is.
    """

    months: int
    since: Mark
    by_zone: list[int]
    known: int


class QuietAccount(PlainAccount):
    """An account that was read most months, and not in some."""

    def told(self, row: ChargeRow, code: int) -> Told | None:
        """Return what is kept of the charge of a month; None where more is to be said."""
        told = super().told(row, code)
        if told is not None:
            return told
        after = self.read.get(code)
        if after is None:
            return None if code in self.read else self._unread(row, code)
        return None if previous(code) in self.read else self._resumed(row, code, after)

    def _unread(self, row: ChargeRow, code: int) -> Told | None:
        """Return what is kept of a month that goes by the average."""
        quiet = self._before(code)
        if quiet is None or quiet.months >= MOST_PERIODS_BY_AVERAGE:
            return None
        if sum(quiet.by_zone) != row.energy.wh or row.basis is not ChargeBasis.AVERAGE:
            return NOTHING, False
        lines, charged = self.lines(code, quiet.by_zone)
        if charged != row.charged.kopecks:
            return NOTHING, False
        silent = quiet.months + 1
        next_norm = "true" if silent >= MOST_PERIODS_BY_AVERAGE else "false"
        text = (
            f'{{"silence":"{_UNREAD}","registers":[],"lines":{lines}'
            f',"mean_of":{quiet.known},"silent":{silent},"resumed":0'
            f',"next_norm":{next_norm},"recalculation":null}}'
        )
        return text, not row.recalculated.kopecks

    def _resumed(self, row: ChargeRow, code: int, after: Mark) -> Told | None:
        """Return what is kept of a month whose reading settles those before it."""
        quiet = self._before(code)
        if quiet is None or quiet.since.dial is not after.dial:
            return None
        used = used_between(quiet.since, after)
        parts = (quiet.months + 1) * WH_IN_KWH
        own = [one // parts * WH_IN_KWH for one in used]
        if sum(own) != row.energy.wh or row.basis is not ChargeBasis.ACTUAL:
            return NOTHING, False
        measured = [whole - mine for whole, mine in zip(used, own, strict=True)]
        counted = [one * quiet.months for one in quiet.by_zone]
        lines, charged = self.lines(code, own)
        settled, recalculated = self.prices.last(
            code, [real - guess for real, guess in zip(measured, counted, strict=True)]
        )
        if charged != row.charged.kopecks or recalculated is None:
            return NOTHING, False
        is_settled = recalculated == row.recalculated.kopecks
        last = Month.from_code(previous(code))
        part = (
            f'{{"first":"{last.plus(1 - quiet.months)}","last":"{last}"'
            f',"measured":{sum(measured)},"counted":{sum(counted)},"act":""'
            f',"lines":{settled}}}'
        )
        text = (
            f'{{"registers":{registers(quiet.since, after, used)},"lines":{lines}'
            f',"mean_of":0,"silent":0,"resumed":{quiet.months},"next_norm":false'
            f',"recalculation":{part if is_settled else "null"}}}'
        )
        return text, is_settled

    def _before(self, code: int) -> Quiet | None:
        """Return the quiet months before that one, None where the average is not plain."""
        months = 0
        at = previous(code)
        while at not in self.read and months < MOST_PERIODS_BY_AVERAGE:
            months += 1
            at = previous(at)
        since = self.read.get(at)
        if since is None:
            return None
        known: list[list[int]] = []
        while len(known) < MOST_OF_AVERAGE and self.is_plain(at):
            known.append(self.used_in(at))
            at = previous(at)
        is_whole = len(known) == MOST_OF_AVERAGE or at == self.opened
        if not is_whole or len(known) < LEAST_OF_AVERAGE:
            return None
        by_zone = [_mean(column) for column in zip(*known, strict=True)]
        return Quiet(months, since, by_zone, len(known))


def _mean(energies: tuple[int, ...]) -> int:
    """Return the average in whole kilowatt-hours, a half going to the even one."""
    parts = len(energies) * WH_IN_KWH
    whole, rest = divmod(sum(energies), parts)
    if rest * 2 > parts or (rest * 2 == parts and whole % 2):
        whole += 1
    return whole * WH_IN_KWH
