"""Whatever is done to sealed entries behind the portal's back is found."""

import random
import threading
from datetime import timedelta

import pytest

from cabinet.models import AuditEntry, AuditSeal
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.triggers import APPEND_ONLY
from cabinet.services import audit, audit_chain
from cabinet.services.audit_chain import Damage

SECRET = "a secret that the database does not hold"
SIZE = 12


def write(now, count=1, **details):
    with writing():
        for number in range(count):
            audit.record(
                audit.Actor(number % 5, "a" * 64),
                f"act.{number}",
                now=now + timedelta(seconds=number),
                subject=f"user:{number}",
                account_id=number % 3 or None,
                number=number,
                **details,
            )


def seal(now, **options):
    return audit_chain.seal(secret=SECRET, now=now, **options)


def verify(**options):
    return audit_chain.verify(secret=SECRET, **options)


@pytest.fixture
def unlocked(db):
    """The database as an administrator may leave it: without triggers."""
    for table in APPEND_ONLY:
        for act in ("update", "delete"):
            on = "" if on_sqlite() else f" ON {table}"
            database.execute_sql(f"DROP TRIGGER {table}_no_{act}{on}")
    return database


def test_an_empty_log_is_whole(db, now):
    assert seal(now) == 0
    verdict = verify()
    assert (verdict.count, verdict.head, verdict.damage) == (0, "", None)


def test_it_works(db, now):
    write(now, 7, word="Ж", nested={"b": [1, None, True], "a": "x"})
    assert seal(now) == 7
    assert seal(now) == 0
    write(now, 2)
    verdict = verify()
    assert (verdict.count, verdict.waiting, verdict.damage) == (7, 2, None)
    assert verdict.head == audit_chain.find_head()
    assert seal(now) == 2
    assert verify(heads=[verdict.head]).count == 9


def test_batches_make_the_same_chain(db, now, monkeypatch):
    monkeypatch.setattr(audit_chain, "BATCH", 3)
    write(now, 10)
    assert seal(now, most=4) == 4
    assert seal(now) == 6
    assert verify().count == 10
    monkeypatch.setattr(audit_chain, "BATCH", 500)
    assert verify().count == 10


def test_another_secret_does_not_fit_and_an_older_one_may_be_given(db, now):
    write(now, 3)
    seal(now)
    with_new = {"secret": "another secret"}
    verdict = audit_chain.verify(**with_new)
    assert (verdict.damage, verdict.entry_id) == (Damage.CHANGED, 1)
    write(now, 2)
    audit_chain.seal(now=now, **with_new)
    assert audit_chain.verify(**with_new, older=[SECRET]).count == 5
    assert verify().entry_id == 4


def test_a_cut_off_end_is_told_by_the_kept_head(unlocked, now):
    write(now, 6)
    seal(now)
    head = audit_chain.find_head()
    AuditSeal.delete().where(AuditSeal.entry_id > 4).execute()
    AuditEntry.delete().where(AuditEntry.id > 4).execute()
    assert verify().damage is None
    assert verify(heads=[head]).damage is Damage.CUT
    AuditSeal.delete().execute()
    AuditEntry.delete().execute()
    assert verify(heads=[head]).damage is Damage.CUT


def test_what_was_put_in_is_never_sealed_afterwards(unlocked, now):
    write(now, 6)
    AuditEntry.delete().where(AuditEntry.id == 3).execute()
    seal(now)
    assert verify().damage is None
    AuditEntry.create(id=3, at=now, action="forged")
    assert seal(now) == 0
    verdict = verify()
    assert (verdict.damage, verdict.entry_id) == (Damage.PUT_IN, 3)
    AuditEntry.delete().where(AuditEntry.id == 3).execute()
    AuditEntry.create(id=-1, at=now, action="forged")
    assert verify().entry_id == -1


def test_what_no_program_of_ours_wrote_is_told_and_stops_nothing(unlocked, now):
    if not on_sqlite():  # a server refuses what its columns do not take
        return
    write(now, 6)
    seal(now)
    for number, (table, change) in enumerate(
        (
            ("audit_entry", "at = 'yesterday'"),
            ("audit_entry", "details = '{'"),
            ("audit_entry", "actor_id = 'root'"),
            ("audit_entry", "subject = x'ff00'"),
            ("audit_entry", "subject = CAST(x'ff' AS TEXT)"),
            ("audit_seal", "sealed_at = 'never'"),
            ("audit_seal", "chain = CAST(x'ff' AS TEXT)"),
            ("audit_seal", "entry_id = 'x'"),
        )
    ):
        which = 6 if number % 2 else 3
        column = "id" if table == "audit_entry" else "entry_id"
        with database.transaction() as change_of:
            database.execute_sql(
                f"UPDATE {table} SET {change} WHERE {column} = {which}"
            )
            # The check wants a transaction of its own, the change must go again.
            verdict = audit_chain._verdict([audit_chain.key_of(SECRET)], set())
            change_of.rollback()
        assert verdict.damage is not None, change
        assert verdict.entry_id in (which, which - 1), change
    assert verify().damage is None


def test_two_who_seal_at_once_make_one_chain(db, now):
    write(now, 60)

    def one():
        seal(now)
        database.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify().count == 60


def test_a_slow_transaction_with_a_smaller_id_is_waited_for(db, now):
    """On Postgres ids are taken before their rows can be seen."""
    if on_sqlite():  # has one writer at a time
        return
    taken, go_on = threading.Event(), threading.Event()

    def slow():
        with writing():
            audit.record(audit.SYSTEM, "slow", now=now)
            taken.set()
            go_on.wait(10)
        database.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert taken.wait(10)
    write(now)
    sealing = threading.Thread(target=lambda: (seal(now), database.close()))
    sealing.start()
    go_on.set()
    thread.join()
    sealing.join()
    verdict = verify()
    assert (verdict.count, verdict.waiting, verdict.damage) == (2, 0, None)


def test_a_writer_who_does_not_end_is_not_waited_for_long(db, now, monkeypatch):
    if on_sqlite():
        return
    monkeypatch.setattr(audit_chain, "PATIENCE", "10ms")
    taken, go_on = threading.Event(), threading.Event()

    def slow():
        with writing():
            audit.record(audit.SYSTEM, "slow", now=now)
            taken.set()
            go_on.wait(10)
        database.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert taken.wait(10)
    with pytest.raises(audit_chain.OperationalError):
        seal(now)
    go_on.set()
    thread.join()
    assert seal(now) == 1


class Attacker:
    """Does what an administrator with SQL could, and takes it back."""

    FIELDS = ("at", "actor_id", "action", "subject", "account_id", "address_hash")

    def __init__(self, chance, now):
        self.chance = chance
        self.now = now
        self.acts = (
            self.edit,
            self.edit_details,
            self.edit_seal,
            self.delete,
            self.delete_with_seal,
            self.delete_seal,
            self.delete_span,
            self.swap_entries,
            self.swap_ids,
            self.swap_seals,
            self.insert,
            self.replace_and_reseal,
        )

    def some(self):
        return self.chance.randrange(SIZE) * 2 + 2  # ids are even: there is room

    def pair(self):
        first, second = sorted(self.chance.sample(range(SIZE), 2))
        return first * 2 + 2, second * 2 + 2

    def change(self, number, **values):
        AuditEntry.update(**values).where(AuditEntry.id == number).execute()
        return number

    def edit(self):
        number, field = self.some(), self.chance.choice(self.FIELDS)
        was = getattr(AuditEntry.get_by_id(number), field)
        new = {
            "at": lambda: was + timedelta(microseconds=self.chance.randint(1, 10**9)),
            "actor_id": lambda: self.chance.choice([None, 77]),
            "account_id": lambda: self.chance.choice([0, 99]),
        }.get(field, lambda: (was + "x")[-60:-1] + "y")()
        return self.change(number, **{field: new})

    def edit_details(self):
        number = self.some()
        was = AuditEntry.get_by_id(number).details
        new = self.chance.choice(
            [{}, was | {"number": str(was["number"])}, was | {"more": None}, [was]]
        )
        return self.change(number, details=new)

    def edit_seal(self):
        number = self.some()
        row = AuditSeal.get(AuditSeal.entry_id == number)
        values = self.chance.choice(
            [
                {"chain": row.chain[::-1]},
                {"chain": ""},
                {"sealed_at": row.sealed_at - timedelta(microseconds=1)},
                {"entry_id": number + 1},
            ]
        )
        AuditSeal.update(**values).where(AuditSeal.id == row.id).execute()
        return number + 1

    def delete(self):
        number = self.some()
        AuditEntry.delete().where(AuditEntry.id == number).execute()
        return number

    def delete_seal(self):
        number = self.some()
        AuditSeal.delete().where(AuditSeal.entry_id == number).execute()
        return number + 2

    def delete_with_seal(self):
        self.delete_seal()
        last = self.delete()
        AuditSeal.delete().where(AuditSeal.entry_id == last).execute()
        return SIZE * 2 + 2

    def delete_span(self):
        first, last = self.pair()
        AuditEntry.delete().where(AuditEntry.id.between(first, last)).execute()
        AuditSeal.delete().where(AuditSeal.entry_id.between(first, last)).execute()
        return last + 2

    def swap_entries(self):
        first, second = (AuditEntry.get_by_id(each) for each in self.pair())
        fields = (*self.FIELDS, "details")
        self.change(first.id, **{name: getattr(second, name) for name in fields})
        self.change(second.id, **{name: getattr(first, name) for name in fields})
        return first.id

    def swap_ids(self):
        first, second = self.pair()
        for old, new in ((first, -5), (second, first), (-5, second)):
            AuditEntry.update(id=new).where(AuditEntry.id == old).execute()
        return first

    def swap_seals(self):
        first, second = self.pair()
        for old, new in ((first, -5), (second, first), (-5, second)):
            AuditSeal.update(entry_id=new).where(AuditSeal.entry_id == old).execute()
        return first

    def insert(self):
        number = self.some() - 1
        AuditEntry.create(id=number, at=self.now, action="forged")
        if self.chance.random() < 0.5:
            chain = self.chance.choice(list(AuditSeal.select())).chain
            AuditSeal.create(entry_id=number, chain=chain, sealed_at=self.now)
        return number

    def replace_and_reseal(self):
        """Forge an entry and make a chain to the end with a secret of one's own."""
        number = self.some()
        self.change(number, action="forged")
        AuditSeal.delete().where(AuditSeal.entry_id >= number).execute()
        _, chain = audit_chain._last()
        for entry in AuditEntry.select().where(AuditEntry.id >= number):
            key = audit_chain.key_of("a guess")
            chain = audit_chain._link(key, chain, entry, self.now)
            AuditSeal.create(entry_id=entry.id, chain=chain, sealed_at=self.now)
        return number


def test_of_a_thousand_attacks_a_thousand_are_found(unlocked, now):
    for number in range(SIZE):
        AuditEntry.create(
            id=number * 2 + 2,
            at=now + timedelta(seconds=number),
            actor_id=number,
            action=f"act.{number}",
            subject=f"user:{number}",
            account_id=number + 1,
            address_hash=f"{number:064}",
            details={"number": number},
        )
    seal(now)
    head = audit_chain.find_head()
    keys = [audit_chain.key_of(SECRET)]
    attacker = Attacker(random.Random(20261122), now)
    found = 0
    for number in range(1000):
        attack = attacker.acts[number % len(attacker.acts)]
        with database.transaction() as change:
            last_possible = attack()
            verdict = audit_chain._verdict(keys, {head})
            change.rollback()
        assert verdict.damage is not None, (number, attack.__name__)
        if verdict.damage is not Damage.CUT:
            assert verdict.entry_id <= last_possible, (number, attack.__name__)
        found += 1
    assert found == 1000
    assert verify(heads=[head]).damage is None
