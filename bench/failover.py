"""The failover drill: an app machine dies, then the primary of the database, under load.

`python -m bench.failover`, as root: two app machines behind HAProxy, a primary and a
synchronous standby under Patroni, three of etcd, each in a network namespace of its own,
by the files of deploy/cluster as they are. Customers look, send readings and pay the whole
time. Nothing acknowledged may be missing afterwards, nobody signed out, and whoever was
refused was so for half a minute at most. Needs Debian's haproxy, patroni, etcd-server,
postgresql, openssl, iproute2.
"""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
from peewee import PeeweeException

from bench.machines import OUTSIDE, Net, call, enter, folder_inside
from bench.measure import machine, write
from bench.processes import CABINET, Processes, run, wait_for
from bench.witnesses import (
    BUSY,
    TOKEN,
    Act,
    Crowd,
    Customer,
    Where,
    deals_of,
    is_once,
    missing_readings,
    settle,
)
from cabinet.config import Clock, load
from cabinet.models import Payment
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database

CUSTOMERS = 24
#: Seconds of load before each death, and how long errors may last after one.
CALM, AFTER_APP, AFTER_DATABASE, AT_MOST = 12, 36, 50, 30
HOST = "lk.example.ru"
#: Signs of each machine's last words, where the drill fails.
MOST_LOG = 6000
MACHINES = {
    "app1": "10.0.0.11",
    "app2": "10.0.0.12",
    "db1": "10.0.0.21",
    "db2": "10.0.0.22",
    "lb": "10.0.0.23",
}
ETCD = ("db1", "db2", "lb")
DEPLOY = Path(__file__).parent.parent / "deploy"
PASSWORD = "drill"
NODES = f"{MACHINES['db1']},{MACHINES['db2']}"
#: As deploy/cluster/cabinet.env says.
QUERY = "target_session_attrs=read-write&sslmode=require&connect_timeout=3"
URL = f"postgresql://cabinet:{PASSWORD}@{NODES}/cabinet?{QUERY}"

HEADER = (
    "| what died | answers meanwhile | of them «too many pay just now» | errors | first"
    " error, s after | last error, s after | longest good answer, s |\n"
    "|---|---|---|---|---|---|---|"
)
WORDS = (
    f"{CUSTOMERS} signed-in customers with an address each look, send readings and pay"
    " through HAProxy (TLS), two app machines with `cabinet serve` and `cabinet work`,"
    " Postgres 15 with one synchronous standby under Patroni, three of etcd: each machine a"
    " network namespace of one host with 2 cores, by deploy/cluster/haproxy.cfg and"
    " patroni.yml as they are. A machine dies by its link going down and every process on"
    " it killed (-9), so that no goodbye reaches anybody. Errors may last"
    f" {AT_MOST} s at most."
)


def main() -> None:
    """Drill and write the section of docs/bench.md; ends with 1 when a promise broke."""
    folder = folder_inside()
    if folder is None:
        enter("bench.failover")
        return
    for program in ("haproxy", "patroni", "etcd", "openssl", "runuser"):
        if shutil.which(program, path="/usr/bin:/usr/sbin:/sbin") is None:
            raise SystemExit(f"{program} is missing: see the first lines of the module")
    try:
        rows, words = _drill(folder)
    except BaseException:
        for log in sorted((folder / "logs").glob("*.log")):
            print(f"== {log.name}\n{log.read_text(errors='replace')[-MOST_LOG:]}")
        raise
    write("failover", f"{machine()}\n\n{HEADER}\n" + "\n".join(rows) + f"\n\n{words}")


def _drill(folder: Path) -> tuple[list[str], str]:
    logs = folder / "logs"
    logs.mkdir()
    net = Net(logs, CUSTOMERS)
    for name, address in MACHINES.items():
        net.add(name, address)
    _certify(folder)
    began = time.monotonic()
    net.start("lb", _balancer(folder), _environ() | _haproxy(folder))
    for name in ("db1", "db2"):
        net.start(name, _database_machine(folder, name), _environ() | _patroni(name))
    _until(lambda: _role("synchronous standby"), 150, "no synchronous standby")
    _make_database()
    environ = _portal_environ(folder, "home")
    run([CABINET, "migrate"], environ)
    os.environ.update(environ)
    open_database(URL)
    customers = settle(CUSTOMERS, Clock.of(load(environ)).now())
    close_database()
    for name in ("app1", "app2"):
        net.start(name, _app_machine(), _portal_environ(folder, name))
    with Processes(logs) as processes:
        processes.start(
            "bank",
            [CABINET, "emulator", "--host", "0.0.0.0", "--token", TOKEN],
            _portal_environ(folder, "bank"),
        )
        wait_for(f"https://{HOST}/readyz")
        print(f"ready after {time.monotonic() - began:.0f} s")
        rows, promoted, crowd = _run(net, folder, customers)
        return rows, _judge(crowd, customers, promoted)


def _run(
    net: Net, folder: Path, customers: list[Customer]
) -> tuple[list[str], float, Crowd]:
    """Let machines die under load; the table's rows and when the standby took over."""
    where = Where(
        f"https://{HOST}",
        f"http://{OUTSIDE}:8010",
        cookie="__Host-sid",
        addresses="10.1.{}.{}",
    )
    with Crowd(customers, where) as crowd:
        time.sleep(CALM)
        net.cut("app1")
        app_died = crowd.now()
        time.sleep(AFTER_APP)
        net.start("app1", _app_machine(), _portal_environ(folder, "app1"))
        time.sleep(CALM)
        primary = _role("primary")
        net.cut(primary)
        base_died, moment = crowd.now(), time.monotonic()
        standby = "db2" if primary == "db1" else "db1"
        _until(lambda: _role("primary") == standby, 90, "the standby takes no writes")
        promoted = time.monotonic() - moment
        time.sleep(max(AFTER_DATABASE - promoted, 15))
        base_over = crowd.now()
        # The dead one comes back, as a standby that has forgotten what nobody heard of.
        net.start(
            primary, _database_machine(folder, primary), _environ() | _patroni(primary)
        )
        crowd.stop()
    acts = crowd.told.acts
    rows = [
        # Its return is looked at too: until the database dies.
        _row("an app machine", acts, app_died, base_died),
        _row("the primary of the database", acts, base_died, base_over),
    ]
    print("\n".join(rows), crowd.told.counts())
    return rows, promoted, crowd


def _row(what: str, acts: list[Act], died: float, over: float) -> str:
    mine = [act for act in acts if died <= act.at < over]
    bad = sorted(act.at - died for act in mine if not act.is_good)
    for (second, kind, status, why), count in sorted(_kinds(mine, died).items()):
        print(f"{what}: after {second:3} s {count} of {kind}: {status or why}")
    longest = max((act.seconds for act in mine if act.is_good), default=0.0)
    if bad and bad[-1] > AT_MOST:
        raise SystemExit(f"{what}: errors for {bad[-1]:.1f} s")
    busy = sum(act.why == BUSY for act in mine)
    first, last = (f"{bad[0]:.1f}", f"{bad[-1]:.1f}") if bad else ("", "")
    return f"| {what} | {len(mine)} | {busy} | {len(bad)} | {first} | {last} | {longest:.1f} |"


def _kinds(acts: list[Act], since: float) -> Counter[tuple[int, str, int, str]]:
    """Count what went wrong, by spans of five seconds."""
    return Counter(
        (int(act.at - since) // 5 * 5, act.what, act.status, act.why)
        for act in acts
        if not act.is_good
    )


def _judge(crowd: Crowd, customers: list[Customer], promoted: float) -> str:
    """Look for everything that was acknowledged; the words below the table."""
    told = crowd.told
    out = [one for one in customers if not _is_signed_in(one)]
    open_database(URL)
    paid = [
        deal
        for deal in deals_of(f"http://{OUTSIDE}:8010")
        if deal["state"] == "succeeded"
    ]
    _until(lambda: all(is_once(deal) for deal in paid), 60, "payments are not credited")
    lost = missing_readings(told)
    unpaid = [deal for deal in told.deals if not _is_known(deal)]
    close_database()
    run([CABINET, "ledger", "check"], os.environ)
    _until(lambda: _role("synchronous standby"), 60, "the dead node does not come back")
    if lost or unpaid or out or told.signed_out:
        raise SystemExit(
            f"lost: {len(lost)} readings, {len(unpaid)} payments; signed out: {len(out)},"
            f" sent to sign in: {told.signed_out}"
        )
    return (
        f"{WORDS} The standby took writes {promoted:.1f} s after the primary's death."
        f" Acknowledged: {len(told.readings)} readings, of them lost 0;"
        f" {len(told.deals)} payments, of them lost 0, each credited once. Signed out: 0"
        f" of {len(customers)}. The dead node came back as a synchronous standby by itself."
    )


def _is_known(deal: str) -> bool:
    return bool(Payment.select().where(Payment.provider_id == deal).exists())


def _is_signed_in(one: Customer) -> bool:
    answer = httpx.get(
        f"https://{HOST}/",
        cookies={"__Host-sid": one.cookie},
        timeout=20,
        trust_env=False,
        verify=False,
    )
    return answer.status_code == 200


def _until(is_so: Callable[[], object], seconds: float, words: str) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            if is_so():
                return
        except (psycopg.Error, PeeweeException):
            pass
        finally:
            if database.obj is not None:
                database.close()
        if time.monotonic() > until:
            raise SystemExit(words)
        time.sleep(0.3)


# What runs on each machine ----------------------------------------------------------------


def _environ() -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


def _etcd(folder: Path, name: str) -> str:
    """Return how etcd is run on the machine."""
    there = MACHINES[name]
    peers = ",".join(f"{one}=http://{MACHINES[one]}:2380" for one in ETCD)
    return (
        f"exec etcd --name {name} --data-dir {folder / f'etcd-{name}'}"
        f" --listen-peer-urls http://{there}:2380"
        f" --initial-advertise-peer-urls http://{there}:2380"
        f" --listen-client-urls http://{there}:2379"
        f" --advertise-client-urls http://{there}:2379"
        f" --initial-cluster {peers} --log-level error"
        # One host stands for five machines: its etcd is told not to hurry.
        " --heartbeat-interval 300 --election-timeout 3000"
    )


def _database_machine(folder: Path, name: str) -> list[str]:
    """Return what a node of the database runs; its disk is a folder of its own."""
    disk = folder / f"disk-{name}"
    disk.mkdir(exist_ok=True)
    shutil.chown(disk, "postgres", "postgres")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    private = "/etc/ssl/private/ssl-cert-snakeoil.key"
    patroni = (
        f"mount --bind {disk} /var/lib/postgresql"
        " && mount -t tmpfs tmpfs /run && install -d -o postgres /run/postgresql"
        " && mount -t tmpfs tmpfs /etc/ssl/private && chmod 755 /etc/ssl/private"
        f" && install -o postgres -m 600 {key} {private}"
        " && mount -t tmpfs tmpfs /etc/ssl/certs"
        f" && install -m 644 {certificate} /etc/ssl/certs/ssl-cert-snakeoil.pem"
        " && cd / && while :; do runuser -u postgres --"
        f" patroni {DEPLOY / 'cluster/patroni.yml'}; sleep 1; done"
    )
    return [_etcd(folder, name), patroni]


def _patroni(name: str) -> dict[str, str]:
    return {
        "PATRONI_NAME": name,
        "PATRONI_RESTAPI_CONNECT_ADDRESS": f"{MACHINES[name]}:8008",
        "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"{MACHINES[name]}:5432",
        "PATRONI_SUPERUSER_PASSWORD": PASSWORD,
        "PATRONI_REPLICATION_PASSWORD": PASSWORD,
        "PATRONI_REWIND_PASSWORD": PASSWORD,
    }


def _balancer(folder: Path) -> list[str]:
    haproxy = (
        "mount -t tmpfs tmpfs /run && mkdir /run/haproxy"
        # Fewer connections than the file allows: a drill may not raise its own limits.
        f" && exec haproxy -n 2000 -f {DEPLOY / 'cluster/haproxy.cfg'}"
    )
    return [_etcd(folder, "lb"), haproxy]


def _haproxy(folder: Path) -> dict[str, str]:
    return {
        "CERTIFICATE": str(folder / "both.pem"),
        "PAGES": str(DEPLOY / "pages"),
        "PORTAL_HOST": HOST,
    }


def _app_machine() -> list[str]:
    """Return what an app machine runs; what ends is started again, as systemd does."""
    programs = ("serve --host 0.0.0.0", "work")
    return [f"while :; do {CABINET} {one}; sleep 1; done" for one in programs]


def _portal_environ(folder: Path, name: str) -> dict[str, str]:
    """Return what a program of the portal is told; all have the time of the same demo."""
    home = folder / name
    home.mkdir(exist_ok=True)
    clock = folder / "home" / "clock.json"
    if clock.exists() and name != "home":
        shutil.copy(clock, home)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
    return kept | {
        "SSL_CERT_FILE": str(folder / "certificate.pem"),
        "CABINET_MODE": "demo",
        "CABINET_HOME": str(home),
        "CABINET_DATABASE_URL": URL,
        "CABINET_SECRET_KEY": "a secret of the drill that is long enough to be one",
        "CABINET_PUBLIC_URL": f"https://{HOST}",
        "CABINET_EMULATOR": f"http://{OUTSIDE}:8010",
        "CABINET_TRUSTED_PROXIES": "1",
    }


def _certify(folder: Path) -> None:
    """Make a certificate for the portal and the database, and tell where the portal is."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    call(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    both = folder / "both.pem"
    both.write_text(certificate.read_text() + key.read_text())
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{MACHINES['lb']} {HOST}\n")
    call("mount", "--bind", str(hosts), "/etc/hosts")


def _make_database() -> None:
    where = f"host={NODES} user=postgres password={PASSWORD} dbname=postgres"
    where += " target_session_attrs=read-write sslmode=require connect_timeout=3"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE cabinet LOGIN PASSWORD '{PASSWORD}'")
        connection.execute("CREATE DATABASE cabinet OWNER cabinet")


def _role(wanted: str) -> str:
    """Return the node that is the primary, or the synchronous standby; else nothing.

    Asked of Patroni itself, as a balancer would.
    """
    path = {"primary": "primary", "synchronous standby": "synchronous"}[wanted]
    for name in ("db1", "db2"):
        try:
            answer = httpx.get(
                f"http://{MACHINES[name]}:8008/{path}", timeout=5, trust_env=False
            )
        except httpx.HTTPError:
            continue
        if answer.status_code == 200:
            return name
    return ""


if __name__ == "__main__":
    main()
