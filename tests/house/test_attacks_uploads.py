"""Hostile files at every place that takes one: nothing runs, nothing opens in a page."""

import io
import re
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

import cabinet
from cabinet.models import (
    AccountAccess,
    Attempt,
    FileChunk,
    ImportBatch,
    Question,
    QuestionFile,
    QuestionMessage,
    Reading,
    ServiceRequest,
    StoredFile,
)
from tests import factories
from tests.browsing import Browser
from tests.hostile_files import CANARY, EXECUTABLE, LARGE, NO, PDF, PHOTO, corpus

#: Where a form takes files: a new one gets its place below.
TEMPLATES = {
    "questions/_dialogue.html": ("write", "write_by_code"),
    "questions/_question_form.html": ("ask", "ask_as_guest"),
    "readings/_reading_review.html": ("reading",),
    "requests/_new_request.html": ("wish",),
    "staff/loads/index.html": ("load",),
    "staff/profiles/index.html": ("profile",),
    "staff/questions/_question.html": ("answer",),
    "staff/reconciliations/index.html": ("register",),
    "staff/requests/new.html": ("wish_at_desk",),
}
CODE = "12345678"
#: MiB of a worker that reads all of them, one after another.
MOST_MEMORY = 200


@dataclass
class Place:
    """Where a file is sent: who sends it, what goes with it, what may be kept."""

    client: object
    url: str
    field: str
    fields: object
    keeps: tuple = ()


@pytest.fixture
def places(app, shops, alice, account, meter, now):
    """Every place that takes a file."""
    app.config["WTF_CSRF_ENABLED"] = False
    app.extensions["cabinet.shops"] = shops
    factories.load_documents()
    factories.make_rates()
    factories.make_reading(meter, values=(4634,))
    question = factories.make_question(account, alice, now)
    mine = Browser(app).sign_in(alice).client
    staff = (
        Browser(app)
        .sign_in(factories.make_staff("chief@example.org", role="supervisor"))
        .client
    )
    slug = AccountAccess.get(AccountAccess.user == alice.id).slug
    text = {"text": "Что это?"}
    dialogue = (PHOTO, PDF)

    def key():
        return {"key": uuid.uuid4().hex}

    def reading():
        Reading.delete().where(Reading.period == factories.Month(2026, 11)).execute()
        return key() | {
            "account": slug,
            "meter": str(meter.public_id),
            "month": "2026-11",
            "t1": "4000",
            "answer:review": "",
        }

    def wished(whose):
        # An account may ask for a thing once, until that is over.
        ServiceRequest.update(slot=None).execute()
        said = {"kind": "replacement", "meter": str(meter.public_id), "hours": "any"}
        return key() | said | {"account": whose, "phone": "8 900 000-00-00"}

    def asked():
        return key() | text | {"topic": "other", "branch": "kursk"}

    def answered():
        version = Question.get_by_id(question.id).version
        return key() | text | {"version": version}

    def by_code():
        return key() | text | {"number": question.id, "code": CODE}

    at = f"/questions/{question.public_id}"
    return {
        "reading": Place(mine, "/readings", "photo", reading, (PHOTO,)),
        "wish": Place(mine, "/requests", "photo", lambda: wished(slug), (PHOTO,)),
        "wish_at_desk": Place(
            staff,
            "/staff/requests/new",
            "photo",
            lambda: wished(account.number),
            (PHOTO,),
        ),
        "ask": Place(mine, "/questions", "files", asked, dialogue),
        "ask_as_guest": Place(
            app.test_client(), "/questions", "files", asked, dialogue
        ),
        "write": Place(mine, at, "files", lambda: key() | text, dialogue),
        "write_by_code": Place(
            app.test_client(), "/questions/state/message", "files", by_code, dialogue
        ),
        "answer": Place(staff, f"/staff{at}/answer", "files", answered, dialogue),
        "load": Place(
            staff, "/staff/loads", "file", lambda: key() | {"branch": "kursk"}
        ),
        "profile": Place(staff, "/staff/profiles", "file", dict),
        "register": Place(
            staff,
            "/staff/reconciliations/file",
            "register",
            lambda: {"shop": "kursk-card", "day": "2026-11-21"},
        ),
    }


def test_every_place_that_takes_a_file_is_here(places):
    folder = Path(cabinet.__path__[0]) / "templates"
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.html")
        if "multipart/form-data" in path.read_text(encoding="utf-8")
    }
    assert found == set(TEMPLATES)
    assert {name for names in TEMPLATES.values() for name in names} == set(places)


def test_the_corpus_is_as_large_as_it_says():
    files = corpus()
    assert len(files) >= 80
    assert len({(file.name, file.body) for file in files}) == len(files)
    assert {file.what for file in files} == {NO, PHOTO, PDF, LARGE}


def send(place, file, **more):
    Attempt.delete().execute()  # what is tried here is not how often
    storage = FileStorage(io.BytesIO(file.body), filename=file.name)
    boundary, body = encode_multipart(place.fields() | {place.field: storage})
    kind = f"multipart/form-data; boundary={boundary}"
    return place.client.post(place.url, data=body, content_type=kind, **more)


def body_of(stored):
    rows = FileChunk.select(FileChunk.body).where(FileChunk.file == stored.id)
    return b"".join(bytes(row.body) for row in rows.order_by(FileChunk.number))


NAMES = sorted({name for names in TEMPLATES.values() for name in names})


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_runs_is_kept_and_nothing_breaks(app, places, name):
    place = places[name]
    home = app.extensions["cabinet.settings"].home
    before = sorted(home.rglob("*"))
    kept = 0
    for file in corpus():
        known = {row.id for row in StoredFile.select(StoredFile.id)}
        # A file that is too large, or whose name ends the part it stands in, is refused
        # before the form is read.
        answer = send(place, file)
        assert answer.status_code in {200, 303, 400, 409, 413, 422}, (name, file.name)
        new = [row for row in StoredFile.select() if row.id not in known]
        if new and place.keeps:
            assert file.what in place.keeps, (name, file.name)
        for row in new:
            kept += 1
            assert_harmless(row, file)
    assert sorted(home.rglob("*")) == before, "a file was written to the disk"
    named = [file for file in corpus() if file.what in place.keeps]
    assert kept >= len(named) - 1 or not named, f"{kept} of {len(named)}"


def assert_harmless(row, file):
    body = body_of(row)
    where = (file.name, row.media_type, body[:40])
    if row.purpose == "load":
        # Kept as it came to be read as a table, and given to nobody.
        assert not body.startswith(EXECUTABLE), where
        return
    assert not body.startswith(EXECUTABLE), where
    if row.media_type == "application/pdf":
        assert body.startswith(b"%PDF-"), where
        assert row.name.endswith(".pdf") or not row.name, where
        return
    assert row.media_type == "image/jpeg", where
    with Image.open(io.BytesIO(body)) as picture:
        assert picture.format == "JPEG", where
        assert not picture.getexif(), where
    assert body.endswith(b"\xff\xd9"), where
    assert CANARY not in body, where
    assert b"<script" not in body, where
    assert b"<?php" not in body, where


def test_what_is_kept_is_only_ever_saved(app, places, alice):
    """By its owner, by number and code, by a specialist: never inside a page."""
    for name in ("ask", "write", "write_by_code", "answer"):
        for file in corpus():
            if file.what in places[name].keeps:
                send(places[name], file)
    mine, staff = places["write"].client, places["answer"].client
    guest = app.test_client()
    rows = (
        QuestionFile.select(QuestionFile, QuestionMessage, Question)
        .join(QuestionMessage)
        .join(Question)
    )
    QuestionMessage.update(shown_at=factories.MADE_AT).execute()
    given = 0
    for row in rows.where(Question.user == alice.id):
        question = row.message.question
        path = f"/questions/{question.public_id}/files/{row.id}"
        answers = [mine.get(path), staff.get(f"/staff{path}")]
        if question.code_hash:
            Attempt.delete().execute()
            answers.append(
                guest.post(
                    f"/questions/state/files/{row.id}",
                    data={"number": question.id, "code": CODE},
                )
            )
        for answer in answers:
            if answer.mimetype == "text/html":
                # Another code than that of the tests.
                assert answer.status_code == 422
                continue
            given += 1
            assert_saved(answer)
    assert given > 100


def test_a_photo_is_only_ever_saved(app, places):
    """Of a reading and of a request: by its sender and by a specialist."""
    mine, staff = places["write"].client, places["answer"].client
    photos = [file for file in corpus() if file.what == PHOTO]
    for name in ("reading", "wish", "wish_at_desk"):
        for file in photos[:5]:
            send(places[name], file)
            row = Reading.select().order_by(Reading.id.desc()).first()
            if name == "reading":
                assert_saved(staff.get(f"/staff/readings/{row.public_id}/photo"))
    wishes = ServiceRequest.select().where(ServiceRequest.photo.is_null(False))
    assert wishes.count() == 10
    for row in wishes:
        assert_saved(staff.get(f"/staff/requests/{row.public_id}/photo"))
        if row.asked_by_id:
            assert_saved(mine.get(f"/requests/{row.public_id}/photo"))


def assert_saved(answer):
    headers = answer.headers
    assert answer.status_code == 200
    assert headers["Content-Type"] in {"image/jpeg", "application/pdf"}
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert re.fullmatch(
        r"attachment; filename=\"[\w .-]*\.(jpg|pdf)\"; filename\*=UTF-8''[\w.~%-]*",
        headers["Content-Disposition"],
        re.ASCII,
    ), headers["Content-Disposition"]
    assert answer.get_data()


def test_the_file_of_an_import_is_given_to_nobody(app, places):
    for file in corpus():
        send(places["load"], file)
    staff = places["load"].client
    urls = {str(rule) for rule in app.url_map.iter_rules() if "loads" in str(rule)}
    asked = 0
    for load in ImportBatch.select().where(ImportBatch.file.is_null(False)):
        body = body_of(load.file)
        for url in urls:
            path = url.replace("<uuid:public_id>", str(load.public_id))
            answer = staff.get(path)
            if answer.status_code != 200:
                continue
            asked += 1
            assert (
                answer.mimetype == "text/html"
                or "attachment" in (answer.headers["Content-Disposition"])
            )
            assert answer.get_data() != body
    assert asked


MEASURE = """
import io, re, sys
from pathlib import Path
from cabinet.exchange.acquirer import read_register
from cabinet.exchange.attachment import NotAnAttachmentError, clean_attachment
from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.recognise import recognise
for path in sorted(Path(sys.argv[1]).iterdir()):
    body = path.read_bytes()
    try:
        clean_attachment("x", body)
    except NotAnAttachmentError:
        pass
    for read in (recognise, read_register):
        try:
            read("x", io.BytesIO(body))
        except UnusableFile:
            pass
# Not what getrusage says: that begins with the memory of who started it.
most = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
sys.stdout.write(str(int(most) // 1024))
"""


def test_no_file_fills_the_memory_of_a_worker(tmp_path):
    for number, file in enumerate(corpus()):
        (tmp_path / f"{number:03}").write_bytes(file.body)
    made = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(cabinet.__path__[0]).parent,
    )
    assert int(made.stdout) < MOST_MEMORY, f"{made.stdout} MiB"
