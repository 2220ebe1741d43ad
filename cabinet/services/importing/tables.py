"""A file as a table of the kind it is, read the way its layout says."""

from collections.abc import Mapping
from typing import IO, Any

from cabinet.exchange.benefits import BENEFITS
from cabinet.exchange.control import Control, Tally
from cabinet.exchange.counted import COUNTED
from cabinet.exchange.dated import DATED
from cabinet.exchange.delimited import Table
from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.papers import PAPERS
from cabinet.exchange.profiles import Binding, Profile, bind, recognise
from cabinet.exchange.registry import REGISTRIES

PROFILES: tuple[Profile[Any], ...] = (*REGISTRIES, COUNTED, BENEFITS, PAPERS, *DATED)
BY_KIND = {profile.kind: profile for profile in PROFILES}

Layout = Mapping[str, Any]


def open_table(name: str, stream: IO[bytes], layout: Layout | None = None) -> Table:  # noqa: ARG001 - how the file is read
    """Return the rows of a file; raises UnusableFile for what cannot be read."""
    return Table(name, stream)


def bind_table(table: Table, kind: str | None, layout: Layout | None) -> Binding[Any]:
    """Find the columns of the kind, by its layout or by the header; raises UnusableFile."""
    if kind is None:
        return recognise(PROFILES, table)
    return bind(BY_KIND[kind], table, (layout or {}).get("columns"))


def kind_of(name: str, stream: IO[bytes]) -> str:
    """Tell by its header what kind of file this is; raises UnusableFile."""
    return recognise(PROFILES, open_table(name, stream)).profile.kind


def control_of(table: Table, binding: Binding[Any]) -> Control | None:
    """Read a registry through and compare its control line with its rows.

    Returns what the line says, None without one; raises UnusableFile where it does not
    fit, before anything of the file is taken.
    """
    tally = Tally([binding.places.get(name) for name in binding.profile.sums])
    control = None
    for record in table:
        if control is not None:
            continue
        control = Control.read(record)
        if control is None:
            tally.add(record.cells)
    for _value, reason in control.differences(tally) if control else ():
        raise UnusableFile(reason, line=control.line if control else None)
    return control
