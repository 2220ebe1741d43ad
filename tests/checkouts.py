"""A checkout in a folder of its own, as a stranger has one after cloning."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: What the two scripts need in their checkout; all else comes with the package.
PARTS = ("script", "setup.cfg", "pyproject.toml", "constraints.txt")
RECIPE = '. "$ROOT/script/lib/environment.sh"; recipe "[test]"'


def make(root):
    """Make the checkout; it has no environment yet."""
    root.mkdir(exist_ok=True)
    for name in PARTS:
        (root / name).symlink_to(ROOT / name)
    return root


def lend_environment(root):
    """Give the checkout the environment of the tests: nothing is installed there."""
    venv = root / ".venv"
    venv.mkdir()
    for part in Path(sys.prefix).iterdir():
        if not part.name.startswith(".installed"):
            (venv / part.name).symlink_to(part)
    recipe = subprocess.run(
        ["sh", "-c", RECIPE],
        env={**os.environ, "ROOT": str(root)},
        capture_output=True,
        check=True,
    )
    (venv / ".installed[test]").write_bytes(recipe.stdout)
