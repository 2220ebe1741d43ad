"""Commands about people of the back office."""

import click

from cabinet.cli.context import open_installation
from cabinet.domain.people import Role
from cabinet.services import staff as people

ROLES = tuple(str(role) for role in Role if role.is_staff)


@click.group()
def staff() -> None:
    """Manage people of the back office."""


@staff.command("add")
@click.argument("email")
@click.option("--name", required=True, help="Full name, as colleagues see it.")
@click.option("--role", type=click.Choice(ROLES), default="operator", show_default=True)
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
    except people.PasswordTooShortError as error:
        raise click.UsageError("the password needs at least 12 characters") from error
    except people.EmailTakenError as error:
        raise click.UsageError(f"{email} is taken") from error
    except people.BranchUnknownError as error:
        raise click.UsageError(f"no branch has the code {error}") from error
    click.echo(f"added {role} {email}")
