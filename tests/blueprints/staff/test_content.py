"""Содержание: new versions of consents and documents, and who may write what."""

from datetime import UTC, datetime, timedelta

import pytest

from cabinet.models import AuditEntry, Document, Session
from cabinet.services import documents
from tests import factories
from tests.browsing import Browser

ALL = "/staff/content/documents"
POLICY = f"{ALL}/data-policy"
FORM = "#edition-form"


@pytest.fixture
def texts(db):
    factories.load_documents()


@pytest.fixture
def admin(app, texts):
    return Browser(app).sign_in(
        factories.make_staff("root@example.org", role="admin", branches=())
    )


def write(worker, status=303, button=None, **fields):
    page = worker.get(POLICY)
    text = page.one("#text").text.lstrip("\n")
    return worker.submit(
        page,
        FORM,
        status=status,
        button=button,
        **{
            "version": "2026-12",
            "starts": "01.12.2026",
            "text": text.replace("Сколько храним", "Сколько и зачем храним"),
            **fields,
        },
    )


def test_a_new_version_counts_from_its_day(admin, app, clock):
    write(admin)
    page = admin.get(POLICY)
    assert "с 1 декабря 2026 года: ещё не действует" in page.text
    reader = Browser(app)
    assert "Сколько и зачем храним" not in reader.get("/documents/data-policy").text
    reader.get("/documents/data-policy?version=2026-12", status=404)
    assert "с 1 декабря 2026 года — 2026-12" in admin.get(ALL).text
    clock.set(datetime(2026, 12, 1, 9, tzinfo=UTC))
    admin = Browser(app).sign_in(factories.User.get(email="root@example.org"))
    page = reader.get("/documents/data-policy")
    assert "Сколько и зачем храним" in page.text
    assert "Редакция 2026-12" in page.text
    assert "2026-11 , с 1 ноября" in page.text
    assert "прежняя" in admin.get(POLICY).text
    row = Document.get(Document.version == "2026-12")
    assert row.made_by.email == "root@example.org"
    told = AuditEntry.select().where(AuditEntry.action == "document.published")
    assert told.order_by(AuditEntry.id.desc()).get().details == {
        "code": "data-policy",
        "version": "2026-12",
        "starts": "2026-12-01",
    }


def test_what_differs_is_seen_before_and_nothing_is_kept(admin):
    page = write(admin, 200, ("look", "1"), text="## Новое\n\nТолько это.")
    assert "Только это." in page.text_of(".box.ok")
    rows = [" ".join(" ".join(r.itertext()).split()) for r in page.select("tbody tr")]
    assert rows[-2:] == ["Добавлено ## Новое", "Добавлено Только это."]
    assert rows[0].startswith("Убрано ")
    assert page.one("#text").text.strip() == "## Новое\n\nТолько это."
    assert not Document.select().where(Document.version == "2026-12").exists()
    same = admin.submit(
        admin.get(POLICY), FORM, status=200, button=("look", "1"), version="2026-12"
    )
    assert "От действующей не отличается." in same.text


def test_a_version_is_looked_at_beside_the_one_in_force(admin):
    write(admin)
    page = admin.get(f"{POLICY}/2026-12")
    assert "Добавлено" in page.text_of("table")
    assert "зачем" in page.text_of("table")
    assert not admin.get(f"{POLICY}/2026-11").select("table")
    admin.get(f"{POLICY}/1999", status=404)
    admin.get(f"{ALL}/nothing", status=404)


def test_a_version_in_force_is_never_changed(admin):
    before = Document.get(Document.code == "data-policy").text
    page = write(admin, 422, version="2026-11")
    assert "Такая редакция уже есть" in page.text_of("#version-e")
    assert "зачем" in page.one("#text").text
    assert Document.get(Document.code == "data-policy").text == before
    assert not admin.get(POLICY).select("form[action*='/2026-11/']")


def test_the_same_version_sent_twice_is_one(admin):
    write(admin)
    write(admin)
    assert Document.select().where(Document.version == "2026-12").count() == 1
    page = write(admin, 422, starts="02.12.2026")
    assert "Такая редакция уже есть" in page.text


def test_a_version_to_come_is_withdrawn_and_restored(admin, app, clock):
    write(admin)
    act = f"form[action^='{POLICY}/2026-12/']"
    page = admin.submit(admin.get(POLICY), act, status=303)
    assert "убрана" in page.text
    page = admin.submit(page, act, status=303)
    assert "ещё не действует" in page.text
    admin.submit(page, act, status=303)
    clock.set(datetime(2026, 12, 1, 9, tzinfo=UTC))
    reader = Browser(app)
    assert "Редакция 2026-11" in reader.get("/documents/data-policy").text
    reader.get("/documents/data-policy?version=2026-12", status=404)
    with pytest.raises(documents.AlreadyInForceError):
        documents.restore(
            "data-policy",
            "2026-12",
            day=datetime(2026, 12, 1, tzinfo=UTC).date(),
            actor=factories.Actor(),
            now=datetime(2026, 12, 1, 9, tzinfo=UTC),
        )


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("title", " ", "Введите название"),
        ("text", " ", "Напишите текст"),
        ("version", "12/2026", "Введите номер"),
        ("version", "", "Введите номер"),
        ("starts", "скоро", "Введите дату"),
        ("starts", "21.11.2026", "Этот день прошёл"),
    ],
)
def test_what_is_not_understood_is_told_at_its_field(admin, field, typed, said):
    page = write(admin, 422, **{field: typed})
    assert said in page.text_of(f"#{field}-e")
    assert not Document.select().where(Document.version == "2026-12").exists()


def test_who_was_not_asked_lately_who_they_are_is_asked_first(admin, now):
    page = admin.get(POLICY)
    Session.update(sure_until=now - timedelta(minutes=1)).execute()
    answer = admin.client.get(POLICY)
    assert answer.status_code == 303
    assert answer.location.startswith("/factor/sure?next=")
    shown = admin.submit(page, FORM, status=303, version="2026-12")
    assert shown.url.startswith("/factor/sure")
    assert not Document.select().where(Document.version == "2026-12").exists()


def test_each_sees_what_they_may_write(app, admin):
    def links(worker):
        page = worker.get("/staff/content")
        return [link.get("href") for link in page.select("main a")]

    chief = Browser(app).sign_in(
        factories.make_staff("chief@example.org", role="supervisor")
    )
    assert ALL in links(admin)
    written = [url for url in links(admin) if url != ALL]
    assert links(chief) == written
    for url in written:
        chief.get(url)
    chief.get(ALL, status=404)
    worker = Browser(app).sign_in(factories.make_staff())
    for url in links(worker):
        worker.get(url)
    for url in written:
        worker.get(url, status=404)


def test_an_installation_without_documents_says_who_brings_them(app, db):
    admin = Browser(app).sign_in(
        factories.make_staff("root@example.org", role="admin", branches=())
    )
    assert "Документов пока нет." in admin.get(ALL).text
