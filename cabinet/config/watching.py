"""What the installation tells of itself, how, and to whom."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network

#: Of a token somebody could try to guess over the network.
MIN_TOKEN = 20
THIS_MACHINE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

Network = IPv4Network | IPv6Network


class LogForm(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchSettings:
    """The form of the log, and who may read `/metrics`.

    With `requests` the log has a line for each request. `/metrics` is for who shows the
    token, and for who comes from one of the `networks` and through no proxy.
    """

    log: LogForm = LogForm.TEXT
    requests: bool = False
    token: str = ""
    networks: tuple[Network, ...] = THIS_MACHINE


def read_watching(
    get: Callable[[str], str], token: str
) -> tuple[WatchSettings, list[str]]:
    """Return what the settings say, and what is wrong with them."""
    faults = []
    form = get("CABINET_LOG") or LogForm.TEXT
    if form not in set(LogForm):
        faults.append(f"CABINET_LOG is text or json, not {form!r}")
        form = LogForm.TEXT
    lines = get("CABINET_LOG_REQUESTS")
    if lines not in {"", "0", "1"}:
        faults.append(f"CABINET_LOG_REQUESTS is 1 or 0, not {lines!r}")
    if token and not re.fullmatch(rf"[!-~]{{{MIN_TOKEN},}}", token):
        faults.append(
            "CABINET_METRICS_TOKEN (or CABINET_METRICS_TOKEN_FILE) needs at least"
            f" {MIN_TOKEN} characters of ASCII without spaces"
        )
    networks: tuple[Network, ...] = THIS_MACHINE
    text = get("CABINET_METRICS_FROM")
    if text:
        try:
            networks = tuple(ip_network(each.strip()) for each in text.split(","))
        except ValueError:
            faults.append(
                "CABINET_METRICS_FROM is addresses and networks with commas between,"
                f" like 10.0.0.5, 10.1.0.0/24, not {text!r}"
            )
    read = WatchSettings(
        log=LogForm(form),
        requests=lines == "1" or (not lines and form == LogForm.JSON),
        token=token,
        networks=networks,
    )
    return read, faults
