"""Commands about public documents."""

from pathlib import Path

import click

from cabinet.cli.context import open_installation


@click.group()
def documents() -> None:
    """Load the public documents: policy, consents, terms, help."""


@documents.command()
@click.argument(
    "folder",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
def load(folder: Path | None) -> None:
    """Bring in the *.md files of FOLDER, without it those of the package.

    Each begins with lines `title:`, `version:`, `starts:` and an empty one; {company},
    {phone} and {hours} in it become those of the settings. A version that is there is
    never changed. Exit 1 for a file that cannot be taken; nothing is brought in then.
    """
    from cabinet.services import documents as texts

    context = open_installation()
    try:
        added = list(
            texts.load(context.settings.words, folder, now=context.clock.now())
        )
    except texts.DocumentFileError as error:
        click.echo(f"cabinet: {error}", err=True)
        raise SystemExit(1) from error
    for text in added:
        click.echo(f"{text.code} {text.version}, с {text.starts:%d.%m.%Y}")
    click.echo(f"новых редакций: {len(added)}")
