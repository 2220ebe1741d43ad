"""The figures of the installation as Prometheus reads them (text, version 0.0.4)."""

import platform
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from cabinet.services import beats as parts
from cabinet.services.vitals import Figures, Queue, Vitals
from cabinet.web import counting

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
#: What is done once a day, by its name here.
DAILY = {
    parts.LEDGER: ("ledger_check", "the ledger was proved"),
    parts.RECONCILIATION: (
        "reconciliation",
        "all shops were compared with their banks",
    ),
    parts.BACKUP: ("backup", "the database was copied"),
}


def text(vitals: Vitals) -> bytes:
    """Return what there is to tell: requests of this machine, figures of the database."""
    told = counting.counts().registry()
    told.register(_Told(vitals))
    return generate_latest(told)


class _Told(Collector):
    """The figures of a moment."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def describe(self) -> Iterator[Metric]:
        """Return nothing: the names are not known to be clashing with any."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield every figure there is."""
        vitals = self._vitals
        yield _info("cabinet_build", "What runs", **_build())
        yield _gauge("cabinet_database_up", "1 while it answers", int(vitals.answers))
        if not vitals.answers:
            return
        yield _info("cabinet_schema", "Newest migration applied", last=vitals.schema)
        yield _gauge(
            "cabinet_schema_missing", "Migrations to apply", len(vitals.missing)
        )
        if vitals.figures is not None:
            yield from _figures(vitals, vitals.figures)


@cache
def _build() -> dict[str, str]:
    try:
        ours = version("cabinet")
    except PackageNotFoundError:
        ours = "checkout"  # run from its folder, not installed
    return {"version": ours, "python": platform.python_version()}


def _figures(vitals: Vitals, found: Figures) -> Iterator[Metric]:
    letters = GaugeMetricFamily(
        "cabinet_outbox_waiting", "Letters due and not sent", labels=["kind"]
    )
    oldest = GaugeMetricFamily(
        "cabinet_outbox_oldest_seconds", "Age of the oldest of them", labels=["kind"]
    )
    for kind, queue in (("one", found.letters), ("many", found.many)):
        letters.add_metric([kind], queue.waiting)
        oldest.add_metric([kind], queue.age(vitals.at).total_seconds())
    yield from (letters, oldest)
    yield _gauge(
        "cabinet_outbox_failed_day", "Letters given up in a day", found.letters_failed
    )
    yield from _queue("jobs", "Jobs due that nobody does", "due", found.jobs, vitals)
    yield _gauge("cabinet_jobs_running", "Jobs somebody does", found.jobs_running)
    yield _gauge("cabinet_jobs_failed_day", "Jobs given up in a day", found.jobs_failed)
    yield from _queue(
        "notices", "Notices of acquirers not used", "waiting", found.notices, vitals
    )
    yield from _queue(
        "payments_in_doubt",
        "Payments nobody knows the end of",
        "count",
        found.doubts,
        vitals,
    )
    yield _gauge(
        "cabinet_payments_in_doubt_kopecks", "Their sum", found.doubtful.kopecks
    )
    yield _gauge(
        "cabinet_payments_late",
        "Payments, refunds and notices not asked about in two minutes",
        found.late.waiting,
    )
    yield from _windows(vitals, found)
    beats = GaugeMetricFamily(
        "cabinet_worker_beat_seconds",
        "Since a part of the worker last succeeded",
        labels=["part"],
    )
    for part, at in sorted(found.beats.items()):
        beats.add_metric([part], Queue(1, at).age(vitals.at).total_seconds())
    yield beats
    yield from _daily(vitals, found)


def _daily(vitals: Vitals, found: Figures) -> Iterator[Metric]:
    for each in found.daily:
        name, words = DAILY[each.name]
        yield _gauge(
            f"cabinet_{name}_age_seconds",
            f"Since {words}, or since that is awaited",
            each.age(vitals.at).total_seconds(),
        )
        if each.name == parts.LEDGER:
            yield _gauge(
                "cabinet_ledger_check_failed",
                "1 where the last try did not come to its end",
                bool(each.failed),
            )
        if each.name == parts.LEDGER and each.is_made:
            yield _gauge(
                "cabinet_ledger_check_findings", "What does not hold", each.found
            )
            yield _gauge(
                "cabinet_ledger_check_seconds", "How long it took", each.seconds
            )


def _windows(vitals: Vitals, found: Figures) -> Iterator[Metric]:
    all_, sent, month = (
        GaugeMetricFamily(f"cabinet_window_{name}", words, labels=["branch"])
        for name, words in (
            ("accounts", "Accounts a month's readings are awaited of"),
            ("accounts_sent", "Those that have sent them all"),
            ("month", "The month, as 202611"),
        )
    )
    for window in found.windows:
        all_.add_metric([window.code], window.all)
        sent.add_metric([window.code], window.sent)
        month.add_metric([window.code], int(window.month.replace("-", "")))
    yield from (all_, sent, month)
    if found.counted_at is not None:
        age = Queue(1, found.counted_at).age(vitals.at)
        yield _gauge(
            "cabinet_window_counted_seconds",
            "Since they were counted",
            age.total_seconds(),
        )


def _queue(
    name: str, words: str, unit: str, queue: Queue, vitals: Vitals
) -> Iterator[Metric]:
    yield _gauge(f"cabinet_{name}_{unit}", words, queue.waiting)
    yield _gauge(
        f"cabinet_{name}_oldest_seconds",
        "Age of the oldest of them",
        queue.age(vitals.at).total_seconds(),
    )


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value)


def _info(name: str, words: str, **labels: str) -> Metric:
    return InfoMetricFamily(name, words, labels)
