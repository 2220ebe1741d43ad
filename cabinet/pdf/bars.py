"""A year's bars as a small picture: xhtml2pdf draws no shapes of its own."""

import base64
import struct
import zlib
from collections.abc import Sequence
from itertools import pairwise

#: A bar is told apart by colour where nothing was read: the brand's dark, a pale one.
_COLOURS = bytes.fromhex("ffffff12283f9db0c2")
_PAPER, _READ, _ESTIMATED = range(3)

# Bars have straight edges and stay sharp at 150 dots an inch; more costs time.
_STEP = 40
_GAP = 7
_HEIGHT = 100


def bars_uri(values: Sequence[tuple[int, bool] | None]) -> str:
    """Return bars as a `data:` address of a PNG picture, a column a value.

    A value is its size and whether it is an estimate; nothing is an empty column. What
    is above zero stays visible, what is below has no bar.
    """
    most = max((one[0] for one in values if one is not None), default=0)
    bars = [_bar(one, most) for one in values]
    # Rows differ only where a bar begins: few are made, the others are repeated.
    tops = sorted({_HEIGHT - height for height, _ in bars} | {0, _HEIGHT})
    rows = b"".join(
        _row(bars, below=_HEIGHT - first) * (last - first)
        for first, last in pairwise(tops)
    )
    return "data:image/png;base64," + base64.b64encode(_png(rows, len(bars))).decode()


def _bar(value: tuple[int, bool] | None, most: int) -> tuple[int, int]:
    """Return the height of a bar and its colour."""
    if value is None or value[0] <= 0:
        return 0, _PAPER
    size, is_estimate = value
    height = max(2, round(size * _HEIGHT / most))
    return height, _ESTIMATED if is_estimate else _READ


def _row(bars: list[tuple[int, int]], *, below: int) -> bytes:
    """Return the dots of a row so high above the ground, its filter byte first."""
    edge = bytes([_PAPER]) * _GAP
    return b"\0" + b"".join(
        edge
        + bytes([colour if height >= below else _PAPER]) * (_STEP - 2 * _GAP)
        + edge
        for height, colour in bars
    )


def _png(rows: bytes, columns: int) -> bytes:
    """Return a picture of palette colours, a byte a dot."""
    size = struct.pack(">IIBBBBB", columns * _STEP, _HEIGHT, 8, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (
            (b"IHDR", size),
            (b"PLTE", _COLOURS),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        )
    )
