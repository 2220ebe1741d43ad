import gzip
import json
import re

import pytest

from cabinet.web import statics

KB = 1000


@pytest.fixture
def made(app):
    return app.extensions["cabinet.statics"]


def test_the_style_weighs_less_than_four_kilobytes(made):
    assert len(made.styles) == 4
    for style in made.styles.values():
        assert len(style.gzipped) <= 4 * KB


def test_the_script_weighs_less_than_twenty_kilobytes_and_ours_a_tenth_of_it(made):
    ours = statics.own_script().encode()
    assert len(made.script.gzipped) <= 20 * KB
    assert len(gzip.compress(ours, 9)) <= 1.5 * KB


def test_the_worker_and_the_manifest_weigh_half_a_kilobyte_each(made):
    assert len(made.worker.gzipped) <= KB / 2
    assert len(made.manifest.gzipped) <= KB / 2


def test_a_file_with_a_hash_in_its_name_may_be_kept_for_ever(app, made):
    client = app.test_client()
    answer = client.get(made.style.path, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == made.style.body
    assert "Set-Cookie" not in answer.headers


def test_a_browser_without_gzip_gets_the_plain_file(app, made):
    answer = app.test_client().get(made.script.path)
    assert answer.data == made.script.body
    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_file_seen_before_is_not_sent_again(app, made):
    client = app.test_client()
    etag = client.get("/sw.js").headers["ETag"]
    assert client.get("/sw.js", headers={"If-None-Match": etag}).status_code == 304


def test_another_file_is_not_found(app):
    assert app.test_client().get("/s/cabinet.000000000000.css").status_code == 404


def test_the_worker_keeps_only_files_that_hold_nobodys_data(app, made):
    text = made.worker.body.decode()
    kept = json.loads(re.search(r"FILES = (\[.*?\]);", text)[1])
    assert kept == [made.style.path, made.icon.path, "/offline"]
    assert all(app.test_client().get(path).status_code == 200 for path in kept)


def test_the_page_without_a_connection_looks_the_same_for_everyone(app, made):
    client = app.test_client()
    usual = client.get("/offline").data
    client.set_cookie("looks", "large-strong")
    assert client.get("/offline").data == usual
    assert made.style.path in usual.decode()


def test_the_page_without_a_connection_sets_no_cookie(app):
    answer = app.test_client().get("/offline")
    assert "Set-Cookie" not in answer.headers
    assert "csrf_token" not in answer.text


def test_the_manifest_names_the_company(app, settings):
    manifest = app.test_client().get("/manifest.webmanifest").get_json(force=True)
    assert manifest["short_name"] == settings.company
    assert manifest["display"] == "minimal-ui"


def test_another_htmx_stops_the_start(monkeypatch):
    monkeypatch.setattr(statics, "HTMX_SHA256", "0" * 64)
    with pytest.raises(statics.ChangedLibraryError):
        statics._htmx()


def test_the_gate_stands_before_htmx(made):
    assert made.script.body.decode().startswith(statics.GATE)


def test_a_page_is_compressed_and_its_length_varies(app):
    client = app.test_client()
    answers = [
        client.get("/offline", headers={"Accept-Encoding": "gzip"}) for _ in range(20)
    ]
    assert {a.headers["Content-Encoding"] for a in answers} == {"gzip"}
    assert len({len(a.data) for a in answers}) > 1
    assert len({gzip.decompress(a.data) for a in answers}) == 1
