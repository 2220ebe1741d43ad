"""Bill runs that somebody asked for, allowed or released: prepared, issued, published."""

import logging
from collections.abc import Callable
from datetime import datetime

from peewee import OperationalError

from cabinet.domain.billing.run import RunMoved, RunState
from cabinet.services.audit import SYSTEM
from cabinet.services.billing import runs, slices
from cabinet.services.billing.issuing import issue, prepare_run
from cabinet.services.billing.publishing import publish

log = logging.getLogger(__name__)

_WORK: dict[RunState, Callable[..., object]] = {
    RunState.PREPARING: prepare_run,
    RunState.ISSUING: issue,
    RunState.PUBLISHING: publish,
}


class _StoppingError(Exception):
    """The worker is told to stop: what is done stays, another goes on."""


def work_on_runs(
    *, clock: Callable[[], datetime], is_stopping: Callable[[], bool]
) -> int:
    """Do what is to do with open runs, and drop what is left of those given up.

    Returns how many runs were worked on. Several workers share one by its slices. What
    fails is noted at the run and left alone until somebody lets it go on.
    """

    def report(_done: int) -> None:
        if is_stopping():
            raise _StoppingError

    done = 0
    for run_id, state in runs.waiting():
        try:
            _WORK[state](
                run_id, actor=SYSTEM, clock=clock, report=report, pause=slices.GAP
            )
        except _StoppingError:
            return done
        except RunMoved:
            log.info("bill run moved meanwhile", extra={"run": run_id})
        except OperationalError:
            # The database is away: it is back at some turn.
            raise
        except Exception as error:
            log.exception("bill run failed", extra={"run": run_id})
            runs.set_fault(run_id, type(error).__name__)
        done += 1
    for run_id in runs.abandoned():
        runs.drop(run_id)
    return done
