"""The restore drill: a copy under load, everything lost, and the banks' money back.

`python -m bench.restore`: portal, worker and practice bank run while customers read, send
readings and pay; a copy is taken meanwhile; the load goes on; everything but the bank is
killed. The copy is put back elsewhere, and every payment that the bank took must stand on
its accounts exactly once. With `--database` the same is done on Postgres.
"""

import argparse
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from peewee import fn

from bench.measure import machine, write
from bench.processes import CABINET, Processes, run, wait_for
from bench.running import free_port
from bench.town import made_for_the_while
from bench.witnesses import (
    BRANCHES,
    TOKEN,
    Crowd,
    Told,
    Where,
    deals_of,
    is_once,
    missing_readings,
    settle,
)
from cabinet.config import Clock, Settings, load
from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.domain.payments.states import OPEN
from cabinet.domain.people import Role
from cabinet.emulator.shops import demo_shops
from cabinet.gateways import open_gateway
from cabinet.gateways.shops import Shops
from cabinet.models import (
    Account,
    AuditEntry,
    Branch,
    Payment,
    PaymentShare,
    Refund,
    StaffBranch,
    User,
)
from cabinet.models.base import database, writing
from cabinet.models.connection import close_database, open_database
from cabinet.services.audit import Actor
from cabinet.services.payments import reconciling, refund_calls, refunding
from cabinet.services.payments.refunding import RefundWish
from cabinet.services.staff import Member

CUSTOMERS = 60
#: Seconds of load before the copy, and after it.
BEFORE, AFTER = 8, 16
#: An old payment and a new one of each bank.
REFUNDS = 2 * len(BRANCHES)
SETTLES_WITHIN = 90

HEADER = (
    "| database | copy, s | restore, s | of it ready again, s | payments after the copy"
    " | put back by `restore` | by T-Bank's file | left to a specialist | refunds after"
    " the copy, back | credited exactly once | readings acknowledged, of them lost |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)
WORDS = (
    f"{CUSTOMERS} signed-in customers over three branches (YooKassa, Sberbank, T-Bank) look,"
    " send readings and pay for one account or two through `cabinet serve`; `cabinet"
    f" backup` runs {BEFORE} s into it, the load goes on for {AFTER} s, then portal, worker and"
    " database are killed (-9). `cabinet restore` puts the copy into another folder and"
    " database, migrates, asks the banks and checks the ledger; portal and worker start there."
    " T-Bank lists nothing: its register is given as the file an operator loads, and the"
    " numbers of its orders tell the accounts and the sums. After the copy the office gives"
    f" a part of {REFUNDS} payments of one account back, of each bank one that the copy knows"
    " and one that it does not; nothing waits for a specialist. Readings after the"
    " copy are lost by nature, and the office has a letter of it. Ready again: from the start of the two programs to the first good answer."
)


@dataclass(frozen=True)
class Place:
    """An installation: its folder, its database and how its programs are told of them."""

    home: Path
    url: str
    environ: dict[str, str]

    def settings(self) -> Settings:
        """Return the settings as its programs read them."""
        return load(self.environ)


def main() -> None:
    """Drill and write the section of docs/bench.md; ends with 1 when money is lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--database", default="", help="address of a Postgres server, for a second row"
    )
    asked = parser.parse_args()
    rows = [
        drill(name, server)
        for name, server in (("SQLite", ""), ("Postgres", asked.database))
        if name == "SQLite" or server
    ]
    write("restore", f"{machine()}\n\n{HEADER}\n" + "\n".join(rows) + f"\n\n{WORDS}")


@contextmanager
def _place(folder: Path, server: str, bank: int, portal: int) -> Iterator[Place]:
    """Make an empty installation; its address is that of the portal's port."""
    home = folder / "home"
    home.mkdir(parents=True)
    with made_for_the_while(server, folder) as url:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("CABINET_")
        }
        yield Place(
            home,
            url,
            kept
            | {
                "CABINET_MODE": "demo",
                "CABINET_HOME": str(home),
                "CABINET_DATABASE_URL": url,
                "CABINET_SECRET_KEY": "a secret of the drill that is long enough to be one",
                "CABINET_PUBLIC_URL": f"http://127.0.0.1:{portal}",
                "CABINET_EMULATOR": f"http://127.0.0.1:{bank}",
                "CABINET_TRUSTED_PROXIES": "1",
            },
        )


def drill(name: str, server: str) -> str:
    """Drill once and return the row; ends the run where money is lost."""
    bank, portal = free_port(), free_port()
    with (
        tempfile.TemporaryDirectory(prefix="cabinet-restore.") as text,
        _place(Path(text) / "first", server, bank, portal) as first,
        _place(Path(text) / "second", server, bank, portal) as second,
        Processes(Path(text) / "logs") as processes,
    ):
        folder = Path(text)
        run([CABINET, "migrate"], first.environ)
        open_database(first.url)
        customers = settle(CUSTOMERS, Clock.of(first.settings()).now())
        close_database()
        bank_home = folder / "bank"
        bank_home.mkdir()
        shutil.copy(first.home / "clock.json", bank_home)
        shutil.copy(first.home / "clock.json", second.home)
        processes.start(
            "bank",
            [CABINET, "emulator", "--port", str(bank), "--token", TOKEN],
            first.environ | {"CABINET_HOME": str(bank_home)},
        )
        _start(processes, first, portal)
        where = Where(f"http://127.0.0.1:{portal}", f"http://127.0.0.1:{bank}")
        with Crowd(customers, where) as crowd:
            time.sleep(BEFORE)
            copied, _ = run(
                [CABINET, "backup", "--to", str(folder / "copies")], first.environ
            )
            time.sleep(AFTER)
            _give_back(first)
            processes.kill("portal", "worker")
            crowd.stop()
        (note,) = (folder / "copies").glob("cabinet-*.json")
        restored, said = run([CABINET, "restore", str(note)], second.environ)
        print(said)
        ready = _start(processes, second, portal)
        return _judge(name, second, where, crowd.told, (copied, restored, ready))


def _start(processes: Processes, place: Place, port: int) -> float:
    """Start the two programs; the seconds until the portal is ready."""
    processes.start("portal", [CABINET, "serve", "--port", str(port)], place.environ)
    processes.start("worker", [CABINET, "work"], place.environ)
    return wait_for(f"http://127.0.0.1:{port}/readyz")


def _shops(place: Place) -> Shops:
    settings = place.settings()
    return Shops(
        demo_shops(settings.emulator), open_gateway, origin=settings.public_url
    )


def _give_back(place: Place) -> None:
    """Let the office give back parts of payments, some of them older than the copy."""
    now = Clock.of(place.settings()).now()
    shops = _shops(place)
    open_database(place.url)
    with writing():
        user = User.create(
            email="drill-staff@example.org",
            name="Ольга Смирнова",
            role=Role.SUPERVISOR,
            created_at=now,
        )
        for branch in Branch.select().where(Branch.code.in_(BRANCHES)):
            StaffBranch.create(user=user, branch=branch)
    staff = Member(user_id=user.id, role=Role.SUPERVISOR)
    paid = (
        Payment.select(Payment.public_id, Payment.shop, fn.MIN(PaymentShare.account))
        .join(PaymentShare)
        .where(Payment.state == "succeeded")
        .group_by(Payment.public_id, Payment.shop, Payment.paid_at)
        .having(fn.COUNT(PaymentShare.id) == 1)
        .order_by(Payment.paid_at)
        .tuples()
    )
    of_shop: dict[str, list[tuple[uuid.UUID, int]]] = {}
    for public_id, shop, account_id in paid:
        of_shop.setdefault(shop, []).append((public_id, account_id))
    # Of each bank the oldest, which the copy knows, and the newest, which it does not.
    chosen = [one for rows in of_shop.values() for one in (rows[0], rows[-1])]
    if len(of_shop) < len(BRANCHES) or len(set(chosen)) < REFUNDS:
        raise SystemExit("too few payments for the drill: is the machine busy?")
    for public_id, account_id in chosen:
        wish = RefundWish(
            payment=public_id,
            account=Account.get_by_id(account_id).number,
            amount=Money(50_00),
            why="Заплачено дважды",
            nonce=uuid.uuid4(),
        )
        made = refunding.request_refund(
            staff, wish, actor=Actor(staff.user_id), now=now
        )
        refund_calls.follow_now(made, shops, now=now)
    close_database()


def _judge(
    name: str,
    place: Place,
    where: Where,
    told: Told,
    seconds: tuple[float, float, float],
) -> str:
    """Compare what the bank took with what stands on the accounts."""
    open_database(place.url)
    paid = [deal for deal in deals_of(where.bank) if deal["state"] == "succeeded"]
    by_restore = _recovered()
    _settle_open(paid)
    now = Clock.of(place.settings()).now()
    day = now.astimezone(reconciling.MOSCOW).date()
    file = [_row(deal) for deal in paid if deal["provider"] == "tbank"]
    shop = _shops(place).named("smolensk")
    if shop is None:
        raise SystemExit("no shop of T-Bank")
    made = reconciling.reconcile(shop, day, now=now, listed=file)
    left = reconciling.summary(made).open_ones
    by_file = _recovered() - by_restore
    _settle_open(paid)
    once = sum(is_once(deal) for deal in paid)
    after = by_restore + by_file + left
    refunded = sum(int(str(one["refunded"])) for one in paid)
    back = Refund.select(fn.SUM(Refund.amount)).where(Refund.state == "succeeded")
    known = int(back.scalar() or 0)
    lost = len(missing_readings(told))
    close_database()
    run([CABINET, "ledger", "check"], place.environ)
    if once != len(paid) or left or known != refunded:
        message = (
            f"{name}: {once} of {len(paid)} payments are credited once, {left} wait;"
            f" {known} of {refunded} kopecks given back are known"
        )
        raise SystemExit(message)
    copied, restored, ready = seconds
    return (
        f"| {name} | {copied:.1f} | {restored:.1f} | {ready:.1f} | {after}"
        f" | {by_restore} | {by_file} | {left} | {known / 100:.0f} of"
        f" {refunded / 100:.0f} ₽ | {once} of {len(paid)} paid in all"
        f" | {len(told.readings)}, {lost} |"
    )


def _recovered() -> int:
    subjects = AuditEntry.select(AuditEntry.subject).where(
        AuditEntry.action == "payment.recovered"
    )
    return int(subjects.distinct().count())


def _settle_open(paid: list[dict[str, object]]) -> None:
    """Wait until the worker has followed what the copy knew as open."""
    numbers = [str(one["id"]) for one in paid]
    waits = Payment.select().where(
        Payment.provider_id.in_(numbers), Payment.state.in_(sorted(OPEN))
    )
    until = time.monotonic() + SETTLES_WITHIN
    while time.monotonic() < until and waits.exists():
        database.close()
        time.sleep(0.5)


def _row(deal: dict[str, object]) -> SeenPayment:
    """Return a line of the bank's file: it names our order, and no account."""
    return SeenPayment(
        provider_id=str(deal["id"]),
        order=str(deal["number"]),
        state=Seen.SUCCEEDED,
        amount=Money(int(str(deal["amount"]))),
        currency="RUB",
        paid_at=datetime.fromisoformat(str(deal["paid_at"])),
    )


if __name__ == "__main__":
    main()
