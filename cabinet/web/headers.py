"""Headers that several parts of the portal add to: said once, read by nobody between."""

from collections.abc import Mapping

from flask import Response


def vary(response: Response, *names: str) -> None:
    """Tell caches that the answer depends on these headers of the request too.

    What `response.vary` does at the price of reading and writing the whole list anew.
    """
    standing = response.headers.get("Vary", "")
    known = {name.strip().lower() for name in standing.split(",")}
    more = [name for name in names if name.lower() not in known]
    if more:
        response.headers["Vary"] = ", ".join(([standing] if standing else []) + more)


def add_missing(response: Response, headers: Mapping[str, str]) -> None:
    """Put those headers on the answer that it has not got yet."""
    known = {name.lower() for name in response.headers.keys()}  # noqa: SIM118
    for name, value in headers.items():
        if name.lower() not in known:
            response.headers.add(name, value)
