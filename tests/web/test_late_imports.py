"""What is large and seldom asked for is loaded when it is, and not with the portal."""

import importlib.util
import os
import subprocess
import sys

import pytest

MAKE = """
import sys
from cabinet.app import create_app
from cabinet.cli import context
from cabinet.config import Clock

settings = context.read_settings()
create_app(settings, clock=Clock.of(settings))
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Return what a fresh interpreter has loaded when the portal is made."""
    home = tmp_path_factory.mktemp("home")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
    done = subprocess.run(
        [sys.executable, "-c", MAKE],
        env={**kept, "CABINET_MODE": "demo", "CABINET_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_portal_is_whole(loaded):
    assert loaded > {"cabinet.app", "cabinet.blueprints.calendars.views", "flask"}


@pytest.mark.parametrize("library", ["openpyxl", "icalendar", "xhtml2pdf", "reportlab"])
def test_a_large_library_is_loaded_by_the_first_that_asks(loaded, library):
    # By this name it would be found.
    assert importlib.util.find_spec(library) is not None
    assert library not in loaded
