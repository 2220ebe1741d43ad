"""Shops at providers that the office sets: secrets go in and never come out again.

Each change is another row; the last one of a name holds. The secrets lie encrypted in it
(`sealed`), so that a copy of the database alone takes nobody's money. A shop of the
installation's file has its name before one of the office's.
"""

import logging
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from peewee import IntegrityError, fn

from cabinet.config.acquirers import Shop, read_shop
from cabinet.domain.errors import NotFound
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.gateways.shops import OpenShop, Shops
from cabinet.models import AcquirerShop, SettingChange
from cabinet.models.base import database, reading, writing
from cabinet.services import audit, setting_changes
from cabinet.services.audit import Actor
from cabinet.services.sealed import SealBrokenError, seal, unseal
from cabinet.services.setting_changes import ChangedMeanwhileError
from cabinet.services.staff import Member

log = logging.getLogger(__name__)

PURPOSE = "acquirers"
#: What goes in and never comes out.
SECRETS = ("password", "notice_secret")
#: What is told of a secret that was said anew.
_BEFORE, _AFTER = "прежний", "новый"
#: Whose money a password is good for: it goes nowhere else without being said again.
_OF_PASSWORD = ("provider", "login")


class ShopFaultyError(ValueError):
    """What was said of the shop cannot be; carries the fields and a word or the reason."""

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{name}: {why}" for name, why in faults))
        self.faults = faults


class ShopNotFoundError(NotFound):
    """There is no such shop."""


class Answer(StrEnum):
    """What a provider said to a harmless question."""

    FINE = "fine"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopCard:
    """A shop as it is set; of secrets only when they were said.

    `is_readable` is false where the installation's secret changed since.
    """

    name: str
    version: int
    values: dict[str, Any]
    is_on: bool
    is_of_file: bool
    is_readable: bool = True
    told_at: dict[str, datetime] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Return how changes name it."""
        return f"shop:{self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A shop as it was typed; a secret that was left empty stays what it is."""

    name: str
    values: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    is_on: bool


class KeptShops:
    """The shops of the office for every process of the installation."""

    def __init__(self, pepper: str, *, is_production: bool) -> None:
        self._pepper = pepper
        self._is_production = is_production

    def mark(self) -> int:
        """Return how many changes there were.

        Not the greatest id: on Postgres a smaller one may be there after it.
        """
        return int(AcquirerShop.select().count())

    def shops(self) -> Iterator[Shop]:
        """Yield the shops as they are now; what cannot be opened is told in the log."""
        for row in _last():
            try:
                said = _said(row, self._pepper)
            except SealBrokenError:
                log.exception("a shop's secrets are sealed", extra={"shop": row.name})
                continue
            shop, faults = read_shop(said, is_production=self._is_production)
            if faults:
                log.error("a shop cannot be opened", extra={"shop": row.name})
                continue
            yield replace(shop, is_closed=not row.is_on)


def cards(shops: Shops, *, pepper: str) -> tuple[ShopCard, ...]:
    """Return every shop, those of the file first."""
    with reading():
        kept = [_card(row, shops, pepper) for row in _last()]
    return (*(_of_file(shop) for shop in shops if shop.name in shops.of_file), *kept)


def card(name: str, shops: Shops, *, pepper: str) -> ShopCard:
    """Return a shop of the office; raises ShopNotFoundError."""
    with reading():
        return _card(_row(name), shops, pepper)


def save(
    draft: Draft,
    shops: Shops,
    *,
    version: int,
    is_production: bool,
    pepper: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Set a shop, a new one where the version is 0; what is so already is no change.

    Raises ShopFaultyError, ShopNotFoundError and ChangedMeanwhileError.
    """
    with writing():
        row = _row(draft.name) if version else None
        if row is None and (
            draft.name in shops.of_file or _find(draft.name) is not None
        ):
            raise ShopFaultyError((("name", "taken"),))
        kept = _unsealed(row, pepper)
        said = {name: text for name, text in draft.secrets.items() if text}
        if row is not None and _is_so(row, draft) and not said:
            return
        if row is not None and row.version != version:
            raise ChangedMeanwhileError(draft.name)
        if row is not None and "password" not in said and _moves(row, draft):
            raise ShopFaultyError((("password", "again"),))
        _check(draft, {**kept, **said}, is_production=is_production)
        config = {
            **draft.values,
            "told_at": {
                **(row.config.get("told_at", {}) if row is not None else {}),
                **dict.fromkeys(said, now.isoformat()),
            },
        }
        _put(
            draft.name,
            row,
            config,
            seal({**kept, **said}, purpose=PURPOSE, pepper=pepper),
            is_on=draft.is_on,
            said=tuple(said),
            actor=actor,
            now=now,
        )
    shops.refresh()


def put_back(
    _member: Member, change: SettingChange, *, actor: Actor, now: datetime
) -> None:
    """Make a shop what a change had found, secrets included, in the open transaction.

    One that was not there before takes no more payments. Raises ShopNotFoundError,
    ShopFaultyError where another has its branch now, and ChangedMeanwhileError.
    """
    row = _row(change.subject.partition(":")[2])
    last = setting_changes.get_last(change.id)
    then = AcquirerShop.get_or_none(
        AcquirerShop.name == row.name,
        AcquirerShop.version == (last.before.get("version") or 0),
    )
    other = then or row
    if then is not None and then.is_on and _is_taken(row.name, then.config["branches"]):
        raise ShopFaultyError((("branches", "other"),))
    _put(
        row.name,
        row,
        other.config,
        other.secrets,
        is_on=False if then is None else then.is_on,
        said=SECRETS if other.secrets != row.secrets else (),
        actor=actor,
        now=now,
        reverts=last.id,
    )


def ask(shop: OpenShop, *, actor: Actor, now: datetime) -> tuple[Answer, str]:
    """Ask the provider for an order that nobody made: nothing is changed by it.

    Returns what came of it and the provider's own words where it refused.
    """
    answer, words = Answer.FINE, ""
    try:
        shop.gateway.find(f"check-{secrets.token_hex(8)}", now)
    except RefusedError as error:
        answer, words = Answer.REFUSED, f"{error.code} {error.words}".strip()[:200]
    except UnclearError:
        answer = Answer.SILENT
    with writing():
        audit.record(
            actor,
            "acquirer.asked",
            now=now,
            subject=f"shop:{shop.name}",
            answer=str(answer),
        )
    return answer, words


def _put(
    name: str,
    row: AcquirerShop | None,
    config: Mapping[str, Any],
    sealed: str,
    *,
    is_on: bool,
    said: tuple[str, ...],
    actor: Actor,
    now: datetime,
    reverts: int | None = None,
) -> None:
    """Keep another version; whoever was quicker has its number."""
    version = 1 if row is None else row.version + 1
    try:
        with database.savepoint():
            AcquirerShop.create(
                name=name,
                version=version,
                config=dict(config),
                secrets=sealed,
                is_on=is_on,
                made_by=actor.user_id,
                made_at=now,
            )
    except IntegrityError as error:
        raise ChangedMeanwhileError(name) from error
    before = {} if row is None else _told(row.config, row.is_on)
    after = _told(config, is_on)
    hidden = dict.fromkeys(said)
    before |= {"version": row and row.version, **dict.fromkeys(hidden, row and _BEFORE)}
    after |= {"version": version, **dict.fromkeys(hidden, _AFTER)}
    subject = f"shop:{name}"
    setting_changes.write(subject, before, after, actor=actor, now=now, reverts=reverts)
    setting_changes.note(subject, "acquirer.set", before, after, actor=actor, now=now)


def _check(draft: Draft, known: Mapping[str, str], *, is_production: bool) -> None:
    """Refuse what cannot be a shop; raises ShopFaultyError."""
    said = {"name": draft.name, **draft.values, **known}
    _shop, faults = read_shop(_plain(said), is_production=is_production)
    if draft.is_on and _is_taken(draft.name, draft.values["branches"]):
        faults = (*faults, ("branches", "other"))
    if faults:
        raise ShopFaultyError(faults)


def _is_taken(name: str, branches: Iterable[str]) -> bool:
    """Tell whether another shop of the office takes the money of one of the branches."""
    others = [row for row in _last() if row.name != name and row.is_on]
    return any(set(row.config["branches"]) & set(branches) for row in others)


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said with nothing of what was left empty."""
    return {
        name: value
        for name, value in said.items()
        if value not in ("", None) and name != "told_at"
    }


def _said(row: AcquirerShop, pepper: str) -> dict[str, Any]:
    known = unseal(row.secrets, purpose=PURPOSE, pepper=pepper)
    return _plain({"name": row.name, **row.config, **known})


def _unsealed(row: AcquirerShop | None, pepper: str) -> dict[str, str]:
    """Return the secrets there are; none where they cannot be read any more."""
    if row is None:
        return {}
    try:
        return unseal(row.secrets, purpose=PURPOSE, pepper=pepper)
    except SealBrokenError:
        return {}


def _told(config: Mapping[str, Any], is_on: bool) -> dict[str, Any]:  # noqa: FBT001 - a column's own value
    plain = {name: value for name, value in config.items() if name != "told_at"}
    return plain | {"is_on": is_on}


def _is_so(row: AcquirerShop, draft: Draft) -> bool:
    return _told(row.config, row.is_on) == _told(draft.values, draft.is_on)


def _moves(row: AcquirerShop, draft: Draft) -> bool:
    return any(row.config[name] != draft.values[name] for name in _OF_PASSWORD)


def _last() -> list[AcquirerShop]:
    """Return the last version of each shop, by name."""
    newest = AcquirerShop.select(fn.MAX(AcquirerShop.id)).group_by(AcquirerShop.name)
    query = AcquirerShop.select().where(AcquirerShop.id.in_(newest))
    return list(query.order_by(AcquirerShop.name))


def _find(name: str) -> AcquirerShop | None:
    query = AcquirerShop.select().where(AcquirerShop.name == name)
    found: AcquirerShop | None = query.order_by(AcquirerShop.version.desc()).first()
    return found


def _row(name: str) -> AcquirerShop:
    row = _find(name)
    if row is None:
        raise ShopNotFoundError(name)
    return row


def _card(row: AcquirerShop, shops: Shops, pepper: str) -> ShopCard:
    told = row.config.get("told_at", {})
    return ShopCard(
        name=row.name,
        version=row.version,
        values={k: v for k, v in row.config.items() if k != "told_at"},
        is_on=row.is_on,
        is_of_file=False,
        is_readable=bool(_unsealed(row, pepper)) and row.name not in shops.of_file,
        told_at={name: datetime.fromisoformat(at) for name, at in told.items()},
    )


def _of_file(shop: OpenShop) -> ShopCard:
    return ShopCard(
        name=shop.name,
        version=0,
        values={
            "provider": shop.settings.provider,
            "branches": list(shop.settings.branches),
            "login": shop.settings.login,
        },
        is_on=True,
        is_of_file=True,
    )
