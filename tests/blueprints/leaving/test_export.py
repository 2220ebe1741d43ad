"""Скачать все данные: asked for, gathered by the worker, downloaded by its owner."""

import io
import json
import tracemalloc
import zipfile
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pypdf
import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.people import AccountKind
from cabinet.exchange.green_button import ESPI
from cabinet.jobs import export as job
from cabinet.jobs.worker import _sweep
from cabinet.models import (
    Account,
    AccountAccess,
    AuditEntry,
    FileChunk,
    Job,
    LedgerEntry,
    Reading,
    StoredFile,
)
from cabinet.models.base import writing
from cabinet.pdf.receipt import receipt_pdf
from cabinet.services import erasure, export, files, jobs
from cabinet.services.erasure import Why
from cabinet.services.importing import import_file
from tests import factories
from tests.blueprints.papers.test_papers import HEADER
from tests.browsing import Browser


class _Picture:
    body = b"\xff\xd8 a photo"
    media_type = "image/jpeg"
    sha256 = "0" * 64


@pytest.fixture
def full(alice, account, meter, now):
    """Alice with readings, one of another's hand, a photo, two bills and a payment."""
    factories.make_ranges()
    factories.make_rates()
    with writing():
        photo = files.store(_Picture(), purpose="p", owner_id=alice.id, now=now)
    guest = factories.make_customer("guest@example.org", name="Гость Гостев")
    factories.make_reading(meter, "2026-09", (4300,), user=guest, comment="слова гостя")
    factories.make_reading(
        meter, "2026-10", (4500,), user=alice, comment="=СУММ(1)", photo=photo
    )
    for month in ("2026-09", "2026-10"):
        factories.make_bill(account, month)
    factories.post(account, -Money.parse("500"), kind=EntryKind.PAYMENT)
    return account


@pytest.fixture
def inside(browser, alice, full):
    return browser.sign_in_by_form(alice)


@pytest.fixture
def run(app, settings, clock, monkeypatch):
    """Let the worker do the next one; receipts are drawn where it matters only."""
    monkeypatch.setattr(job, "receipt_pdf", lambda _receipt, *, title: title.encode())

    def run(is_stopping=lambda: False):
        with app.app_context():
            return job.run_next(settings, clock=clock.get, is_stopping=is_stopping)

    return run


def ask(browser, **options):
    return browser.submit(browser.get("/leaving/export"), "#export form", **options)


def link(browser):
    return browser.get("/leaving/export").one("#export .btn").get("href")


def archive(browser):
    answer = browser.get(link(browser), check=False)
    return zipfile.ZipFile(io.BytesIO(answer.body))


def acts():
    return [
        row.action
        for row in AuditEntry.select().order_by(AuditEntry.id)
        if row.action.startswith("export.")
    ]


def test_it_is_gathered_and_downloaded(inside, run, clock, now):
    page = ask(inside)
    assert "Собираем данные" in page.text
    clock.set(now + timedelta(seconds=40))
    assert run() == 1
    assert run() == 0
    page = inside.get("/leaving/export")
    assert "Файл готов" in page.text
    assert "Удалим 29 ноября" in page.text
    answer = inside.get(link(inside), check=False)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/zip"
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert acts() == ["export.asked", "export.made", "export.taken"]


def test_who_has_paid_by_card_has_it_too(inside, run, alice, full, now):
    factories.make_payment(full, "250,00", now, user=alice)
    ask(inside)
    assert run() == 1
    (paid,) = json.loads(archive(inside).read("Данные.json"))["платежи картой"]
    assert (paid["сумма"], paid["состояние"]) == ("250.00", "Оплачен")


def test_everything_is_inside(inside, run, monkeypatch):
    monkeypatch.setattr(job, "receipt_pdf", receipt_pdf)
    ask(inside)
    run()
    found = archive(inside)
    assert found.testzip() is None
    number = "460000000001"
    photo = Reading.get(Reading.photo.is_null(False)).id
    assert set(found.namelist()) == {
        "Прочтите.txt",
        "Данные.json",
        f"{number}/История показаний.csv",
        f"{number}/Green Button.xml",
        f"{number}/Показания.csv",
        f"{number}/Начисления.csv",
        f"{number}/Платежи.csv",
        f"{number}/Квитанции/2026-09.pdf",
        f"{number}/Квитанции/2026-10.pdf",
        f"{number}/Фото счётчика/2026-10 {photo}.jpg",
    }
    assert found.read(f"{number}/Фото счётчика/2026-10 {photo}.jpg") == _Picture.body
    receipt = pypdf.PdfReader(io.BytesIO(found.read(f"{number}/Квитанции/2026-10.pdf")))
    assert "812,40" in receipt.pages[0].extract_text()
    payments = found.read(f"{number}/Платежи.csv").decode("utf-8-sig").split("\r\n")
    assert payments[0] == (
        "ЛС;Дата;Время;Код операции;Вид;Сумма;Период;Способ;Документ"
    )
    entry = LedgerEntry.get(LedgerEntry.kind == EntryKind.PAYMENT).id
    assert payments[1].startswith(
        f"{number};01.11.2026;03:00:00;К{entry:08};платёж;500,00;"
    )
    charges = found.read(f"{number}/Начисления.csv").decode("utf-8-sig").split("\r\n")
    assert charges[1].startswith(f"{number};сентябрь 2026;")
    assert found.read(f"{number}/История показаний.csv").startswith(b"\xef\xbb\xbf")
    usage = ET.fromstring(found.read(f"{number}/Green Button.xml"))
    values = [int(each.text) for each in usage.iter(f"{{{ESPI}}}value")]
    assert 200_000 in values, "from 4300 to 4500"


def test_the_json_is_whole_and_says_it_in_words(inside, run, alice):
    ask(inside)
    run()
    data = json.loads(archive(inside).read("Данные.json"))
    assert data["о вас"]["почта"] == "alice@example.org"
    (account,) = data["лицевые счета"]
    assert (account["номер"], account["доступ"]) == ("460000000001", "полный")
    assert [row["передали вы"] for row in account["показания"]] == [False, True]
    october = account["показания"][1]
    assert (october["месяц"], october["Т1"], october["Т2"]) == ("2026-10", 4500, None)
    assert (october["состояние"], october["источник"]) == ("учтено", "личный кабинет")
    assert account["начисления"][0]["начислено"] == "812.40"
    assert account["платежи"][0]["сумма"] == "500.00"
    assert data["сеансы"]
    assert {row["событие"] for row in data["журнал"]} >= {
        "session.opened",
        "export.asked",
    }


def test_requests_for_work_on_a_meter_are_inside(inside, run, alice, account, now):
    factories.make_meter_request(
        account,
        now,
        asked_by=alice,
        words="Домофон 38",
        phone="8 900 000-00-00",
        first_choice=date(2026, 11, 24),
        body=b"\xff\xd8 her meter",
    )
    factories.make_meter_request(account, now, kind="sealing", words="не её слова")
    ask(inside)
    run()
    found = archive(inside)
    data = json.loads(found.read("Данные.json"))
    (photo,) = [name for name in found.namelist() if name.endswith("заявка 1.jpg")]
    assert found.read(photo) == b"\xff\xd8 her meter"
    (row,) = data["заявки на счётчик"]
    assert (row["вид"], row["состояние"]) == ("Замена счётчика", "Принята")
    assert (row["слова"], row["телефон"]) == ("Домофон 38", "8 900 000-00-00")
    assert row["удобный день"] == "2026-11-24"


def test_nothing_of_another_is_inside(inside, run):
    ask(inside)
    run()
    found = archive(inside)
    text = found.read("Данные.json").decode()
    assert "=СУММ(1)" in text
    assert "слова гостя" not in text
    assert "Гость" not in text


def test_what_is_from_before_the_access_is_not_inside(inside, run):
    AccountAccess.update(since=date(2026, 10, 5)).execute()
    ask(inside)
    run()
    found = archive(inside)
    assert "460000000001/Квитанции/2026-09.pdf" not in found.namelist()
    (account,) = json.loads(found.read("Данные.json"))["лицевые счета"]
    assert [row["месяц"] for row in account["показания"]] == ["2026-10"]
    assert [row["месяц"] for row in account["начисления"]] == ["2026-10"]


def test_who_may_only_send_readings_gets_their_own(app, full, bob, run):
    browser = Browser(app).sign_in(bob)
    ask(browser)
    run()
    found = archive(browser)
    assert set(found.namelist()) == {"Прочтите.txt", "Данные.json"}
    (account,) = json.loads(found.read("Данные.json"))["лицевые счета"]
    assert account["показания"] == account["начисления"] == []
    assert account["владелец"] == ""


@pytest.mark.parametrize("over", ["revoked", "lapsed"])
def test_whose_access_was_taken_away_loses_the_file_with_it(
    app, full, alice, bob, run, clock, now, over
):
    AccountAccess.update(granted_by=alice).where(AccountAccess.user == bob.id).execute()
    browser = Browser(app).sign_in(bob)
    ask(browser)
    run()
    url = link(browser)
    browser.get(url, check=False)
    clock.set(now + timedelta(days=1))
    ended = {"ended_at": now + timedelta(hours=1)}
    lapsed = {"until": date(2026, 11, 23)}
    AccountAccess.update(**(ended if over == "revoked" else lapsed)).where(
        AccountAccess.user == bob.id
    ).execute()
    browser.get(url, status=404)
    assert not browser.get("/leaving/export").select("#export .btn")
    ask(browser)
    run()
    browser.get(link(browser), check=False)  # what is still the person's own


def test_who_unlinks_an_account_keeps_the_file(inside, run, alice, account, now):
    ask(inside)
    run()
    AccountAccess.update(ended_at=now + timedelta(seconds=1)).where(
        AccountAccess.user == alice.id
    ).execute()
    assert archive(inside).namelist()


def test_a_stranger_gets_404(app, inside, run, charlie):
    ask(inside)
    run()
    url = link(inside)
    other = Browser(app).sign_in(charlie)
    other.get(url, status=404)
    assert not other.get("/leaving/export").select("#export .btn")


def test_another_file_of_ones_own_is_no_export(inside, alice):
    photo = StoredFile.get(StoredFile.owner == alice)
    inside.get(f"/leaving/export/{photo.public_id}", status=404)


def test_twice_is_once(inside, run):
    page = inside.get("/leaving/export")
    for htmx in (False, True):
        assert "Собираем" in inside.submit(page, "#export form", htmx=htmx).text
    assert Job.select().count() == 1
    assert acts() == ["export.asked"]


def test_three_a_day_and_the_newest_is_kept(inside, run, clock, now):
    for _ in range(3):
        ask(inside)
        run()
    assert StoredFile.select().where(StoredFile.purpose == "export").count() == 1
    page = ask(inside, status=429)
    assert "три раза в день" in page.text
    clock.set(now + timedelta(days=1))
    assert "Собираем" in ask(inside).text


def test_the_page_looks_again_by_itself_ever_more_rarely(inside, run, clock, now):
    ask(inside)
    for seconds, pause in ((0, 2), (40, 10), (4000, 30)):
        clock.set(now + timedelta(seconds=seconds))
        page = inside.get("/leaving/export")
        assert page.one("#export").get("data-hx-trigger") == f"load delay:{pause}s"
        assert f'<noscript><meta http-equiv="refresh" content="{pause}">' in page.html
        assert page.select("#export a[href='/leaving/export']")
        fragment = inside.get("/leaving/export", htmx=True)
        assert fragment.element("#export") == page.element("#export")
    clock.set(now)
    run()
    page = inside.get("/leaving/export")
    assert "http-equiv" not in page.html
    assert page.one("#export").get("data-hx-trigger") is None


def test_it_says_how_far_it_is(inside, run, monkeypatch):
    ask(inside)
    seen = []
    real = jobs.report

    def report(held, progress, *, now):
        real(held, progress, now=now)
        seen.append(inside.get("/leaving/export").text_of("#export p:first-child"))

    monkeypatch.setattr(job.jobs, "report", report)
    run()
    assert "готово 1 из 4" in seen[0]
    assert "готово 4 из 4" in seen[-1]


def test_a_worker_that_stops_gives_it_back(inside, run):
    ask(inside)
    assert run(is_stopping=lambda: True) == 0
    row = Job.get()
    assert (row.tries, row.lease_until, row.done_at) == (0, None, None)
    assert run() == 1


def test_a_fault_is_tried_again_then_told(inside, run, clock, now, monkeypatch, caplog):
    monkeypatch.setattr(job.export, "person", lambda _user: 1 / 0)
    ask(inside)
    for hours in range(3):
        clock.set(now + timedelta(hours=hours))
        run()
    assert "Собрать не получилось" in inside.get("/leaving/export").text
    assert Job.get().error == "ZeroDivisionError"
    monkeypatch.setattr(job.export, "person", lambda _user: {})
    ask(inside)
    assert run() == 1
    assert "не получилось" not in inside.get("/leaving/export").text


def test_a_worker_that_died_is_replaced_and_comes_in_vain(inside, run, clock, now):
    ask(inside)
    late = jobs.claim("export", now=now)
    assert run() == 0
    clock.set(now + timedelta(minutes=6))
    assert run() == 1
    with pytest.raises(jobs.JobLostError):
        export.keep(late, io.BytesIO(b"late"), name="x", now=clock.get())
    assert StoredFile.select().where(StoredFile.purpose == "export").count() == 1


def test_a_receipt_that_cannot_be_drawn_costs_no_other(inside, run, monkeypatch):
    real = job.receipt_pdf

    def broken(receipt, *, title):
        if receipt.month.number == 9:
            raise job.PdfError(("no font",))
        return real(receipt, title=title)

    monkeypatch.setattr(job, "receipt_pdf", broken)
    ask(inside)
    run()
    found = archive(inside)
    assert "460000000001/Квитанции/2026-10.pdf" in found.namelist()
    assert "Квитанция за сентябрь 2026" in found.read("Прочтите.txt").decode()


def test_it_is_deleted_after_a_week(inside, run, now):
    ask(inside)
    run()
    url = link(inside)
    with_photo = StoredFile.select().count()
    _sweep(now=now + timedelta(days=7) - timedelta(minutes=1))
    assert StoredFile.select().count() == with_photo
    _sweep(now=now + timedelta(days=7))
    assert StoredFile.select().count() == with_photo - 1
    assert not Job.select().exists()
    inside.get(url, status=404)


def test_a_file_out_of_time_is_not_given_before_it_is_swept(inside, run, clock, now):
    ask(inside)
    run()
    url = link(inside)
    clock.set(now + timedelta(days=7))
    inside.get(url, status=404)
    assert "Файл готов" not in inside.get("/leaving/export").text


def test_who_is_erased_meanwhile_leaves_no_file(inside, alice, settings, now):
    ask(inside)
    held = jobs.claim("export", now=now)
    erasure.erase_user(alice.id, why=Why.REQUEST, home=settings.home, now=now)
    with pytest.raises(jobs.JobLostError):
        export.keep(held, io.BytesIO(b"all"), name="x", now=now)
    assert not StoredFile.select().exists()
    assert not Job.select().exists()


def test_the_organisation_gets_its_papers(inside, run, account, tmp_path, now):
    Account.update(kind=AccountKind.ORGANISATION).execute()
    (tmp_path / "1.pdf").write_bytes(b"%PDF-1.4 act")
    row = f"{account.number};акт;1;10.2026;01.11.2026;1.pdf"
    data = io.BytesIO(f"{HEADER}\r\n{row}".encode("cp1251"))
    assert import_file("papers.csv", data, folder=tmp_path, now=now).good == 1
    ask(inside)
    run()
    found = archive(inside)
    (name,) = [x for x in found.namelist() if "/Документы/" in x]
    assert found.read(name) == b"%PDF-1.4 act"
    assert not [x for x in found.namelist() if "Квитанции" in x]


def test_a_large_file_is_kept_and_given_in_pieces(alice, now):
    body = io.BytesIO(b"\x07" * (12 * files.CHUNK + 1))
    tracemalloc.start()
    with writing():
        file = files.store_stream(
            body,
            media_type="application/zip",
            purpose="export",
            owner_id=alice.id,
            name="x",
            expires_at=now,
            now=now,
        )
    sizes = [len(piece) for piece in files.pieces_of(file.id)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sizes == [files.CHUNK] * 12 + [1]
    assert file.size == sum(sizes)
    assert FileChunk.select().count() == 13
    assert peak < 6 * files.CHUNK
