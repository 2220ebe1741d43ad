"""Weights and steps of the demonstration; its times are `bench.weights --times`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import weights
from bench.journeys import taps


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """The demonstration, served as `cabinet serve` does; gives its address."""
    folder = tmp_path_factory.mktemp("demo")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
    environment = {**kept, "CABINET_MODE": "demo", "CABINET_HOME": str(folder)}
    command = str(Path(sys.executable).parent / "cabinet")
    subprocess.run([command, "demo"], check=True, env=environment, capture_output=True)
    with weights.portal(environment) as url:
        yield url


def _broken(figures):
    return [figure.row() for figure in figures if not figure.is_kept]


def test_every_weight_is_inside_its_budget(chromium, portal):
    figures = weights.weights(chromium, portal)
    assert len(figures) > 40
    assert _broken(figures) == []


def test_no_journey_takes_more_taps_than_it_may(chromium, portal):
    assert _broken(taps(chromium, portal)) == []
