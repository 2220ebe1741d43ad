"""Templates compiled once are read by every process after; whatever the disk does."""

import pytest
from flask import Flask

from cabinet.web import compiled

PAGE = "home/index.html"


@pytest.fixture
def templates(tmp_path):
    folder = tmp_path / "templates"
    (folder / "home").mkdir(parents=True)
    (folder / "staff").mkdir()
    (folder / PAGE).write_text("Показание {{ value }}", encoding="utf-8")
    (folder / "staff" / "rare.html").write_text("Редкое", encoding="utf-8")
    return folder


def _process(templates, kept, monkeypatch):
    """Return an application as a new process makes it, and what it had to compile."""
    app = Flask("portal", template_folder=str(templates))
    compiles, told = app.jinja_env.compile, []

    def compile_(source, name=None, *args, **more):
        told.append(name)
        return compiles(source, name, *args, **more)

    monkeypatch.setattr(app.jinja_env, "compile", compile_)
    compiled.make_ready(app, kept)
    return app, told


def _shown(app):
    return app.jinja_env.get_template(PAGE).render(value=7)


def test_the_first_process_compiles_and_the_others_read(
    templates, tmp_path, monkeypatch
):
    kept = tmp_path / "cache" / "templates"
    first, told = _process(templates, kept, monkeypatch)
    assert told == [PAGE]
    second, told = _process(templates, kept, monkeypatch)
    assert _shown(first) == _shown(second) == "Показание 7"
    assert told == []


def test_what_is_rarely_opened_waits_until_it_is(templates, tmp_path, monkeypatch):
    app, told = _process(templates, tmp_path / "cache", monkeypatch)
    app.jinja_env.get_template("staff/rare.html")
    assert told == [PAGE, "staff/rare.html"]


def test_a_changed_template_is_compiled_anew(templates, tmp_path, monkeypatch):
    _process(templates, tmp_path / "cache", monkeypatch)
    (templates / PAGE).write_text("Новое показание {{ value }}", encoding="utf-8")
    app, told = _process(templates, tmp_path / "cache", monkeypatch)
    assert _shown(app) == "Новое показание 7"
    assert told == [PAGE]


def test_a_torn_file_is_compiled_anew(templates, tmp_path, monkeypatch):
    kept = tmp_path / "cache"
    _process(templates, kept, monkeypatch)
    for file in kept.iterdir():
        file.write_bytes(file.read_bytes()[:40])
    app, told = _process(templates, kept, monkeypatch)
    assert _shown(app) == "Показание 7"
    assert told == [PAGE]


def test_a_folder_that_takes_nothing_costs_time_alone(templates, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be")
    app, told = _process(templates, tmp_path / "cache" / "templates", monkeypatch)
    assert _shown(app) == "Показание 7"
    assert told == [PAGE]
