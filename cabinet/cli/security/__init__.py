"""`cabinet security-check`: the installation as an attacker would look at it."""

import click

from cabinet.cli.context import open_installation
from cabinet.cli.doctor import saying
from cabinet.cli.security import data, front, packages, people, portal, secrets

ILL = 1
CHECKS: tuple[saying.Named, ...] = (
    ("режим", secrets.mode),
    ("секрет", secrets.key),
    ("секреты", secrets.files),
    ("папки", secrets.folders),
    ("запуск", secrets.user),
    ("сотрудники", people.factors),
    ("админы", people.admins),
    ("пароли", people.known_passwords),
    ("сеансы", people.sessions),
    ("ключи банков", people.bank_keys),
    ("права базы", data.rights),
    ("связь с базой", data.link),
    ("неизменность", data.triggers),
    ("журнал", data.audit),
    ("заголовки", portal.headers),
    ("куки", portal.cookies),
    ("имена", portal.hosts),
    ("прокси", portal.proxies),
    ("отладка", portal.debug),
    ("снаружи", front.headers),
    ("http", front.plain),
    ("TLS", front.versions),
    ("закрытое", front.closed),
    ("библиотеки", packages.advisories),
)
#: These go over the network; inside they are told as not looked at.
OUTSIDE = (front.__name__, packages.__name__)


@click.command("security-check")
@click.option("--inside", is_flag=True, help="Nothing that goes over the network.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def security_check(*, inside: bool, as_json: bool) -> None:
    """Look at the installation as an attacker would, and say what to do.

    `cabinet doctor` asks whether it works, this whether it is safe. Nothing is changed.
    The public address is asked for real, and known holes of the libraries by pip-audit;
    what could not be looked at is told as not looked at. Exit codes: 0 safe, or only
    warnings, 1 something is not, 2 the settings are wrong.
    """
    context = open_installation()
    checks = [
        (name, saying.untold if inside and check.__module__ in OUTSIDE else check)
        for name, check in CHECKS
    ]
    said = saying.ask(checks, context)
    saying.tell(said, as_json=as_json)
    if saying.is_ill(said):
        raise SystemExit(ILL)
