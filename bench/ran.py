"""How long a whole run of `script/test --long` took, step by step.

`script/test --long` calls it in the end: `python -m bench.ran TABLE`, where TABLE has a
line a step: name, result, seconds, `s`, and what pytest said of it.
"""

import sys
from pathlib import Path

from bench.measure import machine, write

#: Minutes a run without `--long` may take, and one with it; installation apart.
SHORT, LONG = 20, 60
LAST_OF_SHORT = "browser"


def main() -> None:
    """Write the section of docs/bench.md."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    rows, total, short = [], 0, 0
    for line in lines:
        name, result, seconds, _, *words = line.split()
        total += int(seconds)
        if name == LAST_OF_SHORT:
            short = total
        rows.append(f"| {name} | {result} | {seconds} | {' '.join(words)} |")
    write(
        "run",
        f"{machine()}\n\n| step | | s | |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n\n"
        f"Without `--long` the run ends after `{LAST_OF_SHORT}`: {_minutes(short)},"
        f" {SHORT} at most. All of it: {_minutes(total)}, {LONG} at most.",
    )


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60} s"


if __name__ == "__main__":
    main()
