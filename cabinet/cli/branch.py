"""Commands about branches."""

from typing import TYPE_CHECKING, Any

import click

from cabinet.cli.context import open_installation

if TYPE_CHECKING:
    from cabinet.domain.money import Money


@click.group()
def branch() -> None:
    """Manage branches: everything regional hangs on them."""


@branch.command("add")
@click.argument("code")
@click.option("--name", required=True, help="As customers read it.")
@click.option("--region", required=True, help="As the files of prices call it.")
@click.option(
    "--time-zone", default="Europe/Moscow", show_default=True, help="Of its customers."
)
@click.option(
    "--window",
    nargs=2,
    type=int,
    default=(20, 25),
    show_default=True,
    help="First and last day of taking readings.",
)
@click.option("--company", required=True, help="The payee, as its bank knows it.")
@click.option("--inn", required=True, help="Of the payee, 10 digits.")
@click.option("--kpp", required=True, help="Of the payee, 9 digits.")
@click.option("--bic", required=True, help="Of the bank, 9 digits.")
@click.option("--bank", required=True, help="Name of the bank, up to 45 characters.")
@click.option("--account", "settlement_account", required=True, help="Of the payee.")
@click.option("--correspondent-account", required=True, help="Of the bank, 20 digits.")
@click.option("--address", required=True, help="Of the office.")
@click.option("--phone", required=True, help="Where customers call.")
@click.option("--hours", required=True, help="When the phone is answered.")
@click.option("--email", required=True, help="Where customers write.")
@click.option("--site", default="", help="Where the company's own pages are.")
def add(window: tuple[int, int], **values: Any) -> None:
    """Add the branch CODE, which registries and staff are then given.

    Requisites are checked as far as a payment code and the keys of accounts go. Exit
    codes: 0 added, 2 refused with every fault, a line each.
    """
    from cabinet.services import branches

    context = open_installation()
    first, last = window
    new = branches.NewBranch(window_first=first, window_last=last, **values)
    try:
        branches.add_branch(new, now=context.clock.now())
    except branches.BranchFaultyError as error:
        raise click.UsageError("\n".join(error.faults)) from error
    except branches.BranchTakenError as error:
        raise click.UsageError(f"there is a branch {new.code} already") from error
    click.echo(f"added branch {new.code}")


class SumType(click.ParamType["Money"]):
    """A sum in roubles like 5000 or 49,90."""

    name = "roubles"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> "Money":
        """Return the sum."""
        from cabinet.domain.money import Money

        try:
            return Money.parse(value)
        except ValueError:
            self.fail(f"{value!r} is no sum in roubles", param, ctx)


_sum = SumType()


@branch.command("set")
@click.argument("code")
@click.option(
    "--opens-on-match/--no-opens-on-match",
    default=None,
    help="Open an account at once on two facts that fit; otherwise a specialist looks.",
)
@click.option(
    "--least-evidence",
    type=_sum,
    help="A payment below this is no evidence of who asks.",
)
@click.option(
    "--refund-alone-up-to", type=_sum, help="Above this a second person agrees."
)
@click.option(
    "--recalculate-alone-up-to", type=_sum, help="Above this a second person agrees."
)
def set_(code: str, **values: Any) -> None:
    """Change settings of the branch CODE; what is not named stays.

    Exit codes: 0 changed or so already, 2 wrong use.
    """
    from cabinet.services import branches

    context = open_installation()
    told = {name: value for name, value in values.items() if value is not None}
    if not told:
        raise click.UsageError("name at least one setting")
    try:
        branches.set_branch(code, told, now=context.clock.now())
    except branches.BranchMissingError as error:
        raise click.UsageError(f"no branch of the code {code}") from error
    except branches.BranchFaultyError as error:
        raise click.UsageError("\n".join(error.faults)) from error
    click.echo(f"set branch {code}")
