"""Commands about people of the back office."""

import click

from cabinet.cli.context import open_installation
from cabinet.domain.people import Role
from cabinet.services import audit, factors, password_change, staffing
from cabinet.services import staff as people
from cabinet.services.passwords import PasswordFault, PasswordRefusedError
from cabinet.services.tokens import TokenNotFoundError

ROLES = tuple(str(role) for role in Role if role.is_staff)

#: What is wrong with a password of staff, for the administrator.
REFUSED = {
    PasswordFault.TOO_SHORT: "the password needs at least 12 characters",
    PasswordFault.TOO_SHORT_FOR_STAFF: "the password needs at least 12 characters",
    PasswordFault.TOO_LONG: "the password has more than 128 characters",
    PasswordFault.COMMON: "the password is one of those guessed first",
    PasswordFault.COMPANY: "the password is the company's own word",
    PasswordFault.OWN: "the password is the e-mail",
}


@click.group()
def staff() -> None:
    """Manage people of the back office."""


@staff.command("add")
@click.argument("email")
@click.option("--name", required=True, help="Full name, as colleagues see it.")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="operator",
    show_default=True,
    help="What they may do.",
)
@click.option("--branch", "branches", multiple=True, help="Branch code; repeatable.")
@click.password_option(help="At least 12 characters; asked for when not given.")
def add(
    email: str, name: str, role: str, branches: tuple[str, ...], password: str
) -> None:
    """Add a member of staff who signs in with EMAIL."""
    context = open_installation()
    try:
        people.add_staff(
            email,
            name,
            Role(role),
            branches=branches,
            password=password,
            now=context.clock.now(),
        )
    except PasswordRefusedError as error:
        raise click.UsageError(REFUSED[error.fault]) from error
    except people.EmailTakenError as error:
        raise click.UsageError(f"{email} is taken") from error
    except people.BranchUnknownError as error:
        raise click.UsageError(f"no branch has the code {error}") from error
    click.echo(f"added {role} {email}")


@staff.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--branch", "branches", multiple=True, help="Branch code; repeatable.")
def change_role(email: str, role: str, branches: tuple[str, ...]) -> None:
    """Give EMAIL another ROLE, in these branches only; their sessions end."""
    context = open_installation()
    try:
        staffing.change_role(
            email, Role(role), branches=branches, now=context.clock.now()
        )
    except people.StaffUnknownError as error:
        raise _unknown(email) from error
    except people.LastAdminError as error:
        raise click.UsageError(
            f"{email} is the last admin; make another first"
        ) from error
    except people.BranchUnknownError as error:
        raise click.UsageError(f"no branch has the code {error}") from error
    click.echo(f"{email} is {role} now and signs in again")


@staff.command("reset-factor")
@click.argument("email")
def reset_factor(email: str) -> None:
    """Take the second factor of EMAIL away; another is asked for at the next sign-in."""
    context = open_installation()
    factors.reset(
        _id_of(email),
        actor=audit.SYSTEM,
        reason="command line",
        now=context.clock.now(),
    )
    click.echo(f"{email} signs in with the password and enrols again")


@staff.command("reset-password")
@click.argument("email")
def reset_password(email: str) -> None:
    """Mail EMAIL a link to a new password, and print it."""
    context = open_installation()
    _id_of(email)
    origin = context.settings.public_url
    try:
        link = password_change.send_reset(
            email,
            link_of=lambda secret: f"{origin}/password/{secret}",
            actor=audit.SYSTEM,
            now=context.clock.now(),
        )
    except TokenNotFoundError as error:
        raise click.UsageError(f"{email} is disabled") from error
    click.echo(f"mailed to {email}; it works once, for 30 minutes:\n{link}")


def _id_of(email: str) -> int:
    try:
        return people.id_of(email)
    except people.StaffUnknownError as error:
        raise _unknown(email) from error


def _unknown(email: str) -> click.UsageError:
    return click.UsageError(f"nobody of the back office signs in with {email}")
