"""What the served script and the configuration of htmx may contain."""

import json
import os
import re
import shutil
import subprocess
from importlib.resources import files

import pytest
from lxml import html

ACORN = """
const { parse } = require('acorn');
let source = '';
process.stdin.on('data', (part) => { source += part; });
process.stdin.on('end', () => parse(source, { ecmaVersion: 2020, sourceType: 'module' }));
"""


@pytest.fixture
def script(app):
    return app.extensions["cabinet.statics"].script.body.decode()


def test_the_served_script_is_no_younger_than_es2020(script):
    node = shutil.which("node")
    assert node, "install the Debian packages nodejs and node-acorn"
    done = subprocess.run(
        [node, "-e", ACORN],
        input=script,
        text=True,
        capture_output=True,
        env={**os.environ, "NODE_PATH": "/usr/share/nodejs"},
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_installed_htmx_knows_every_key_of_the_configuration(app, script):
    page = html.fromstring(app.test_client().get("/offline").text)
    (meta,) = page.xpath("//meta[@name='htmx-config']/@content")
    known = set(re.findall(r"(\w+):", re.search(r"config:\{(.*?)\]\}", script)[1]))
    assert set(json.loads(meta)) <= known | {"responseHandling"}


def test_every_answer_but_422_and_409_leaves_the_form_in_place(app):
    page = html.fromstring(app.test_client().get("/offline").text)
    (meta,) = page.xpath("//meta[@name='htmx-config']/@content")
    rules = json.loads(meta)["responseHandling"]

    def is_swapped(code):
        return next(r["swap"] for r in rules if re.match(r["code"], str(code)))

    assert [
        c for c in (200, 204, 400, 401, 404, 409, 422, 429, 500) if is_swapped(c)
    ] == [
        200,
        409,
        422,
    ]


def test_the_installed_htmx_asks_nobody_but_us(script):
    config = re.search(r"config:\{(.*?)\]\}", script)[1]
    assert re.search(r"selfRequestsOnly:(?:true|!0)\b", config)


def test_our_script_takes_only_what_is_ours():
    source = files("cabinet").joinpath("static/cabinet.js").read_text()
    assert not re.search(r"\beval\b|new Function|document\.write|https?:", source)
    # The one piece of HTML is constant; words get in as text.
    assert re.findall(r"innerHTML = (.)", source) == ["'"]
