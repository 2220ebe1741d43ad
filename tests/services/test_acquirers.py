"""Shops of the office: secrets go in and never out, and every process sees a change."""

from contextlib import suppress
from dataclasses import replace
from threading import Barrier, Thread

import pytest

from cabinet.domain.people import Role
from cabinet.gateways import open_gateway
from cabinet.gateways import shops as gateway_shops
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.gateways.shops import OpenShop, Shops
from cabinet.models import AcquirerShop, AuditEntry, SettingChange
from cabinet.models.base import database
from cabinet.services import acquirers, setting_returns
from cabinet.services.acquirers import (
    Answer,
    Draft,
    KeptShops,
    ShopFaultyError,
)
from cabinet.services.audit import Actor
from cabinet.services.sealed import SealBrokenError, seal, unseal
from cabinet.services.setting_changes import ChangedMeanwhileError
from cabinet.services.staff import Member
from tests import factories
from tests.banking import SHOP

PEPPER = "a secret of the installation"
SECRET = "live_canary-of-a-shop"
VALUES = {
    "provider": "yookassa",
    "branches": ["kursk"],
    "login": "100500",
    "methods": ["card"],
    "receipts": True,
    "vat_code": 11,
    "provider_vat": "",
    "most_roubles": 50_000,
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Processes look for changes at each use."""
    monkeypatch.setattr(gateway_shops, "LOOK_SECONDS", 0.0)


def process(pepper=PEPPER, own=()):
    """Return the shops as a process of the installation has them."""
    kept = KeptShops(pepper, is_production=True)
    return Shops(own, open_gateway, kept)


def save(
    now, *, version=0, name="main", shops=None, secret=SECRET, is_on=True, **values
):
    draft = Draft(
        name=name,
        values={**VALUES, **values},
        secrets={"password": secret, "notice_secret": ""},
        is_on=is_on,
    )
    acquirers.save(
        draft,
        shops or process(),
        version=version,
        is_production=True,
        pepper=PEPPER,
        actor=Actor(),
        now=now,
    )


def test_every_process_sees_a_change_without_a_restart(db, now):
    web, worker = process(), process()
    assert web.of_branch("kursk") is None
    save(now, shops=web)
    for each in (web, worker):
        found = each.of_branch("kursk")
        assert (found.name, found.settings.password) == ("main", SECRET)
        assert found.settings.most_roubles == 50_000
    before = worker.named("main")
    assert worker.named("main") is before
    save(now, version=1, secret="", most_roubles=60_000)
    assert worker.named("main").settings.most_roubles == 60_000
    assert worker.named("main").settings.password == SECRET


def test_a_change_is_looked_for_now_and_then(db, now, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(gateway_shops, "LOOK_SECONDS", 2.0)
    monkeypatch.setattr(gateway_shops, "monotonic", lambda: clock[0])
    shops = process()
    assert shops.named("main") is None
    save(now)
    clock[0] += 1.9
    assert shops.named("main") is None
    clock[0] += 0.2
    assert shops.named("main") is not None


def test_a_closed_shop_takes_nothing_new_and_is_followed_on(db, now):
    save(now)
    save(now, version=1, secret="", is_on=False)
    shops = process()
    assert shops.of_branch("kursk") is None
    assert shops.named("main").settings.is_closed


def test_the_file_of_the_installation_comes_first(db, now):
    save(now)
    own = replace(SHOP, name="own", branches=("kursk",))
    shops = process(own=[own])
    assert shops.of_branch("kursk").name == "own"
    assert shops.named("main") is not None
    with pytest.raises(ShopFaultyError, match="taken"):
        save(now, name="own", shops=shops)


def test_secrets_lie_encrypted_and_are_told_nowhere(db, now):
    save(now)
    row = AcquirerShop.get()
    assert SECRET not in row.secrets
    kept = [*SettingChange.select().dicts(), *AuditEntry.select().dicts()]
    assert SECRET not in repr(kept)
    assert SECRET not in repr(row.config)
    card = acquirers.card("main", process(), pepper=PEPPER)
    assert SECRET not in repr(card)
    assert card.told_at == {"password": now}
    assert SECRET not in repr(process().named("main").settings)
    change = SettingChange.get()
    assert (change.before["password"], change.after["password"]) == (None, "новый")
    save(now, version=1, secret="live_canary-anew")
    change = SettingChange.select().order_by(SettingChange.id.desc()).get()
    assert (change.before["password"], change.after["password"]) == ("прежний", "новый")


def test_with_another_secret_of_the_installation_a_shop_is_said_anew(db, now, caplog):
    save(now)
    other = process(pepper="another secret")
    assert other.named("main") is None
    assert "sealed" in caplog.text
    assert SECRET not in caplog.text
    card = acquirers.card("main", other, pepper="another secret")
    assert not card.is_readable


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "Курск"}, "name"),
        ({"branches": []}, "branches"),
        ({"login": ""}, "login"),
        ({"secret": ""}, "password"),
        ({"methods": []}, "methods"),
        ({"methods": ["cash"]}, "methods"),
        ({"provider": "bank"}, "provider"),
        ({"vat_code": 0}, "vat_code"),
        ({"most_roubles": 0}, "most_roubles"),
        ({"provider": "sberbank"}, "provider_vat"),
        ({"secret": "test_key"}, "password"),
        ({"provider": "tbank", "login": "1DEMO"}, "login"),
    ],
)
def test_what_cannot_be_a_shop_is_told(db, now, changed, field):
    with pytest.raises(ShopFaultyError) as refused:
        save(now, **changed)
    assert field in [name for name, _ in refused.value.faults]
    assert not AcquirerShop.select().exists()


@pytest.mark.parametrize(
    "path", ["base_url", "certificates", "password_file", "notice_certificate"]
)
def test_no_page_sends_a_secret_elsewhere_or_reads_a_file(path):
    assert path not in VALUES
    from cabinet.forms.shops import ShopForm

    assert not hasattr(ShopForm, path)


@pytest.mark.parametrize("changed", [{"login": "100501"}, {"provider": "tbank"}])
def test_a_password_goes_to_no_other_shop(db, now, changed):
    """Whoever took over a session learns nothing by leading the key elsewhere."""
    save(now)
    with pytest.raises(ShopFaultyError, match="again"):
        save(now, version=1, secret="", **changed)
    save(now, version=1, secret="live_other", **changed)
    assert AcquirerShop.select().count() == 2


def test_a_branch_has_one_shop_of_the_office(db, now):
    save(now)
    with pytest.raises(ShopFaultyError, match="other"):
        save(now, name="second")
    save(now, name="second", is_on=False)


def test_what_is_so_already_is_no_change(db, now):
    save(now)
    save(now, version=1, secret="")
    assert AcquirerShop.select().count() == 1
    assert SettingChange.select().count() == 1


def test_of_eight_at_once_one_is_first(db, now):
    save(now)
    start, said = Barrier(8), []

    def play(number):
        start.wait()
        try:
            save(now, version=1, secret="", most_roubles=1000 + number)
            said.append("done")
        except ChangedMeanwhileError:
            said.append("stale")
        finally:
            database.close()

    threads = [Thread(target=play, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["done", *["stale"] * 7]
    assert AcquirerShop.select().count() == 2


def test_a_change_goes_back_with_its_secret(db, now):
    boss = factories.make_staff("a@example.org", "admin")
    member, actor = Member(boss.id, Role.ADMIN), Actor(boss.id)
    save(now)
    save(now, version=1, secret="live_wrong", most_roubles=1)
    last = SettingChange.select().order_by(SettingChange.id.desc()).get()
    assert (
        setting_returns.put_back(last.id, member, actor=actor, now=now) == "shop:main"
    )
    shop = process().named("main").settings
    assert (shop.password, shop.most_roubles) == (SECRET, 50_000)
    assert AcquirerShop.select().count() == 3
    with suppress(ChangedMeanwhileError):
        setting_returns.put_back(last.id, member, actor=actor, now=now)
    assert AcquirerShop.select().count() == 3


def test_going_back_before_there_was_a_shop_closes_it(db, now):
    boss = factories.make_staff("a@example.org", "admin")
    save(now)
    change = SettingChange.get()
    member = Member(boss.id, Role.ADMIN)
    setting_returns.put_back(change.id, member, actor=Actor(boss.id), now=now)
    assert process().named("main").settings.is_closed


def test_a_shop_whose_branch_another_has_now_does_not_go_back(db, now):
    boss = factories.make_staff("a@example.org", "admin")
    save(now)
    save(now, version=1, secret="", is_on=False)
    closed = SettingChange.select().order_by(SettingChange.id.desc()).get()
    save(now, name="second")
    member, actor = Member(boss.id, Role.ADMIN), Actor(boss.id)
    with pytest.raises(ShopFaultyError, match="other"):
        setting_returns.put_back(closed.id, member, actor=actor, now=now)
    assert process().of_branch("kursk").name == "second"


class Asked:
    """A gateway that says what it is told to."""

    def __init__(self, fault=None):
        self.fault, self.numbers = fault, []

    def find(self, number, _at):
        self.numbers.append(number)
        if self.fault is not None:
            raise self.fault


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (None, Answer.FINE),
        (RefusedError("5", "Доступ запрещён"), Answer.REFUSED),
        (UnclearError(), Answer.SILENT),
    ],
)
def test_a_bank_is_asked_for_what_nobody_ordered(db, now, fault, answer):
    gateway = Asked(fault)
    said = acquirers.ask(OpenShop(SHOP, gateway), actor=Actor(), now=now)
    assert said[0] is answer
    assert gateway.numbers[0].startswith("check-")
    entry = AuditEntry.get(AuditEntry.action == "acquirer.asked")
    assert entry.details == {"answer": str(answer)}


def test_a_seal_is_of_its_purpose():
    kept = seal({"a": "б"}, purpose="one", pepper=PEPPER)
    assert unseal(kept, purpose="one", pepper=PEPPER) == {"a": "б"}
    for purpose, pepper in (("two", PEPPER), ("one", "other")):
        with pytest.raises(SealBrokenError):
            unseal(kept, purpose=purpose, pepper=pepper)
