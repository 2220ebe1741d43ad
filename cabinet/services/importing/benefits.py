"""Benefits of accounts: added, brought up to date, ended by their last day."""

from datetime import timedelta
from typing import Any

from cabinet.domain.people import AccountKind
from cabinet.exchange.benefits import BenefitRow
from cabinet.models import Benefit
from cabinet.services import bulk
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.known import accounts_of
from cabinet.services.importing.report import Outcome

_TOLD = ("percent", "people", "ends", "document", "source")


def take_benefits(rows: list[BenefitRow], intake: Intake) -> None:
    """Add the benefits that are new and change those that differ.

    An account has one of a title from a day. Bills that are out keep what they were
    made of; the next ones take what stands here then.
    """
    accounts = accounts_of([row.account for row in rows], intake)
    known = _known([account_id for account_id, _ in accounts.values()])
    added: list[dict[str, Any]] = []
    for row in rows:
        account_id, kind = accounts.get(row.account, (None, None))
        if account_id is None:
            intake.refuse(row, "account", "лицевой счёт не найден", Outcome.QUARANTINED)
            continue
        if kind is not AccountKind.HOUSEHOLD:
            intake.refuse(row, "account", "льготы бывают у населения, это организация")
            continue
        values = _values(row)
        key = (account_id, row.title, row.starts)
        if key not in known:
            added.append(
                {
                    "account": account_id,
                    "title": row.title,
                    "starts": row.starts,
                    **values,
                }
            )
            intake.count(Outcome.NEW)
            continue
        benefit_id, before = known[key]
        if before == tuple(values.values()):
            intake.count(Outcome.SAME)
            continue
        was = dict(zip(_TOLD, before, strict=True))
        intake.note(Benefit, benefit_id, was, values)
        Benefit.update(values).where(Benefit.id == benefit_id).execute()
        intake.count(Outcome.CHANGED)
    bulk.insert(Benefit, added)
    if added:
        now = _known([one["account"] for one in added])
        for one in added:
            benefit_id, told = now[one["account"], one["title"], one["starts"]]
            values = dict(zip(_TOLD, told, strict=True))
            intake.note(Benefit, benefit_id, None, values)


def _values(row: BenefitRow) -> dict[str, Any]:
    """Return what the row says, with the day after its last one."""
    return {
        "percent": row.percent,
        "people": row.people,
        "ends": row.last_day and row.last_day + timedelta(days=1),
        "document": row.document,
        "source": row.source,
    }


def _known(
    account_ids: list[int],
) -> dict[tuple[object, ...], tuple[int, tuple[object, ...]]]:
    """Return the benefits that exist, by account, title and first day."""
    told = [getattr(Benefit, name) for name in _TOLD]
    query = Benefit.select(
        Benefit.id, Benefit.account, Benefit.title, Benefit.starts, *told
    ).where(Benefit.account.in_(account_ids))
    return {
        (account_id, title, starts): (benefit_id, tuple(rest))
        for benefit_id, account_id, title, starts, *rest in query.tuples()
    }
