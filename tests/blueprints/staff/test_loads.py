"""Загрузки: a specialist sends a file, looks, checks, commits, and takes it back."""

import io
import json
from datetime import timedelta

import openpyxl
import pytest

from cabinet.app import MAX_BODY
from cabinet.domain.loads import LoadState
from cabinet.domain.money import Money
from cabinet.models import (
    Account,
    AuditEntry,
    Branch,
    ColumnProfile,
    ImportBatch,
    ImportClaim,
    ImportRow,
    Job,
    LedgerEntry,
    StoredFile,
)
from cabinet.services.importing import import_file, running, work
from tests import dressing, factories
from tests.browsing import Browser

PAYMENTS = "Дата;Время;Код операции;ЛС;Период;Сумма\n"
ROW = "14.03.2026;12:29:00;{code};{account};0226;{sum}\n"
COUNTED = ("Новых", "Изменено", "Без изменений", "С ошибкой")
MINE, FOREIGN = "460000000001", "690000000009"


def registry(*codes, account=MINE, total="10,50"):
    rows = [ROW.format(code=code, account=account, sum=total) for code in codes]
    return PAYMENTS + "".join(rows)


@pytest.fixture
def chief(desk, household):
    return Browser(desk).sign_in(
        factories.make_staff("chief@example.org", role="supervisor")
    )


@pytest.fixture
def worker(worker, household):
    return worker


def send(browser, text, name="реестр.csv", encoding="cp1251", status=None, **fields):
    body = text if isinstance(text, bytes) else text.encode(encoding)
    page = browser.get("/staff/loads")
    return browser.submit(
        page,
        "#receive-form",
        file=(io.BytesIO(body), name),
        status=status,
        **{"branch": "kursk"} | fields,
    )


def sent():
    """The loads of the back office; prices of the fixture came by command."""
    return ImportBatch.select().where(ImportBatch.key.is_null(False))


def let_the_worker_work(now):
    while work.load_next(clock=lambda: now, is_stopping=lambda: False):
        pass


def check(browser, page, now, **fields):
    shown = browser.submit(page, "#columns-form", **fields)
    let_the_worker_work(now)
    return browser.get(shown.url)


def commit(browser, page, now):
    shown = browser.submit(page, "form[action$='/commit']")
    let_the_worker_work(now)
    return browser.get(shown.url)


def cells(page, name):
    (row,) = [row for row in page.select("tr") if row.findtext("th") == name]
    return " ".join(row.find("td").itertext()).replace("\xa0", " ").strip()


def test_a_file_is_sent_looked_at_checked_committed_and_taken_back(chief, now):
    text = registry("1", "2", "2") + registry("3", account=FOREIGN)[len(PAYMENTS) :]
    page = send(chief, text + "=4;42,00\n")
    assert "Windows-1251, точка с запятой, даты дд.мм.гггг" in page.text
    assert page.one("#kind option[selected]").get("value") == "payments"
    assert [cell.text for cell in page.select("tbody tr")[0]][2] == "1"
    shown = chief.submit(page, "#columns-form")
    assert shown.one("#load").get("data-hx-trigger") == "load delay:3s"
    assert "проверяется" in shown.text
    let_the_worker_work(now)
    shown = chief.get(shown.url)
    assert (cells(shown, "Новых"), cells(shown, "Повторов")) == ("2", "1")
    assert cells(shown, "В карантине") == "1"
    assert "Счета искали только в филиале Курск" in shown.text
    assert cells(shown, "Контрольная строка") == "42,00 ₽, сходится"
    assert "повтор строки 3, ничего не изменено" in shown.text
    # So far nothing has changed.
    assert not LedgerEntry.select().exists()
    assert not ImportClaim.select().exists()
    shown = commit(chief, shown, now)
    assert "загружена" in shown.text
    assert Account.get(Account.number == MINE).balance == Money(-2100)
    assert ImportClaim.select().count() == 3
    shown = chief.submit(shown, "form[action$='/undo']", why="не тот день")
    assert "отменяется" in shown.text
    let_the_worker_work(now)
    shown = chief.get(shown.url)
    assert "не тот день" in shown.text
    assert Account.get(Account.number == MINE).balance == Money(0)
    assert not ImportClaim.select().exists()
    acts = [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]
    acts = acts[acts.index("import.received") :]
    assert [act for act in acts if act.startswith("import.") and "look" not in act] == [
        "import.received",
        "import.check_asked",
        "import.commit_asked",
        "import.committed",
        "import.undo_begun",
        "import.undone",
    ]


def test_a_check_counts_what_is_new_changed_the_same_and_faulty(worker, now):
    header = "ЛС;Филиал;ФИО;Адрес;Категория;Проживает\n"
    row = "46000000000{};Курск;{};пр. Труда, 2;село;{}\n"
    import_file(
        "раньше", io.BytesIO((header + row.format(2, "Орлова", 1)).encode()), now=now
    )
    before = list(Account.select().order_by(Account.id).tuples())
    rows = [(1, "Петров", 1), (2, "Орлова", 1), (3, "Новая", 1), (4, "Ёж", "двое")]
    text = header + "".join(row.format(*one) for one in rows)
    shown = check(worker, send(worker, text), now)
    told = {name: cells(shown, name) for name in COUNTED}
    assert told == dict.fromkeys(COUNTED, "1")
    assert list(Account.select().order_by(Account.id).tuples()) == before


def test_a_check_that_is_at_work_says_how_far_it_is(worker, now, monkeypatch):
    monkeypatch.setattr(running, "ROWS_AT_ONCE", 2)
    page = send(worker, registry(*"12345") + "=5;52,50\n")
    shown = worker.submit(page, "#columns-form")
    asked = []

    def is_stopping():
        asked.append(1)
        return len(asked) == 2

    assert work.load_next(clock=lambda: now, is_stopping=is_stopping) == 0
    for htmx in (True, False):
        shown = worker.get(shown.url, htmx=htmx)
        assert "Готово строк: 4 из 5" in shown.text
    let_the_worker_work(now)
    assert cells(worker.get(shown.url), "Новых") == "5"


def test_the_same_file_again_says_which_load_it_was(worker, now):
    commit(worker, check(worker, send(worker, registry("1")), now), now)
    number = sent().get().id
    page = send(worker, registry("1"))
    shown = worker.submit(page, "#columns-form", status=409)
    assert f"Он есть в загрузке {number}" in shown.text
    assert LedgerEntry.select().count() == 1


def test_two_who_checked_the_same_file_commit_it_once(worker, now):
    first = check(worker, send(worker, registry("1")), now)
    second = check(worker, send(worker, registry("1")), now)
    commit(worker, first, now)
    shown = worker.submit(second, "form[action$='/commit']", status=409)
    assert "Этот файл уже загружали" in shown.text
    assert LedgerEntry.select().count() == 1


def test_a_form_that_is_sent_twice_is_one_load(worker):
    page = worker.get("/staff/loads")
    for _ in range(2):
        file = (io.BytesIO(registry("1").encode()), "a.csv")
        worker.submit(page, "#receive-form", file=file, branch="kursk")
    assert sent().count() == StoredFile.select().count() == 1


def test_columns_are_chosen_saved_and_used_again(worker, now):
    text = "Когда|Чек|Договор|Рублей\n14.03.2026|А-1|460000000001|10,50\n"
    page = send(worker, text, encoding="cp866")
    page = worker.submit(
        page, "#columns-form", kind="payments", delimiter="|", status=200
    )
    columns = {
        "column-paid_on": "Когда",
        "column-code": "Чек",
        "column-account": "Договор",
        "column-amount": "Рублей",
    }
    wrong = worker.submit(
        page, "#columns-form", **columns | {"column-amount": ""}, status=422
    )
    assert "Выберите столбец" in wrong.text
    shown = check(worker, page, now, **columns, name="Банк «Восток»")
    assert cells(shown, "Новых") == "1"
    profile = ColumnProfile.get()
    assert profile.name == "Банк «Восток»"
    again = send(
        worker,
        text.replace("А-1", "А-2"),
        encoding="cp866",
        profile=str(profile.public_id),
    )
    assert again.one("#column-amount option[selected]").get("value") == "Рублей"
    assert cells(check(worker, again, now), "Новых") == "1"


#: More words that columns are known by than the header itself has.
ABOVE = "ЛС;ФИО;Адрес;Период;Сумма;Время;Комиссия\nитог по кассам\n"


def test_the_line_of_the_header_is_told_kept_and_used_again(chief, now):
    page = send(chief, ABOVE + registry("1"))
    assert page.one("#header-line").get("value") == ""
    assert [each.text for each in page.select("table th")][1] == "ФИО"
    page = chief.submit(
        page,
        "#columns-form",
        kind="payments",
        header_line=" 3 ",
        button=("look", "1"),
        status=200,
    )
    assert [each.text for each in page.select("table th")][1] == "Время"
    assert page.one("#header-line").get("value") == "3"
    shown = check(chief, page, now, name="Под шапкой")
    assert cells(shown, "Новых") == "1"
    assert sent().get().layout["header_line"] == 3
    profile = ColumnProfile.get()
    (link,) = chief.get("/staff/profiles").select("td a")
    told = json.loads(chief.get(link.get("href"), check=False).body)
    assert told["shape"]["header_line"] == 3
    again = send(chief, ABOVE + registry("2"), profile=str(profile.public_id))
    assert again.one("#header-line").get("value") == "3"
    assert cells(check(chief, again, now), "Новых") == "1"


def test_the_first_row_is_told_where_there_is_no_header(worker, now):
    text = "40702810000000000001\n460000000001;7;2026-03-14;10.50\n"
    page = send(worker, text)
    fields = {"has_header": "", "header_line": "2", "delimiter": ";"}
    page = worker.submit(page, "#columns-form", kind="payments", status=200, **fields)
    names = ("account", "code", "paid_on", "amount")
    columns = {f"column-{one}": f"Столбец {n}" for n, one in enumerate(names, 1)}
    assert cells(check(worker, page, now, **columns), "Новых") == "1"


@pytest.mark.parametrize("button", [None, ("look", "1")])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0", "Введите номер строки от 1 до 1000"),
        ("-1", "Введите номер строки от 1 до 1000"),
        ("²", "Введите номер строки от 1 до 1000"),
        ("третья", "Введите номер строки от 1 до 1000"),
        ("9" * 9, "Введите номер строки от 1 до 1000"),
        ("40", "в файле нет строки 40"),
    ],
)
@pytest.mark.parametrize("is_book", [False, True])
def test_what_is_no_line_of_the_file_is_said_at_its_field(
    worker, line, told, button, is_book
):
    text = registry("1")
    book = dressing.book([row.split(";") for row in text.splitlines()])
    page = send(worker, *([book, "а.xlsx"] if is_book else [text]))
    shown = worker.submit(
        page, "#columns-form", header_line=line, button=button, status=422
    )
    assert told in shown.one("#header-line-e").text
    assert shown.one("#header-line").get("value") == line
    assert shown.one("details").get("open") is not None
    assert shown.one("#column-amount option[selected]").get("value") == "Сумма"
    assert sent().get().state is LoadState.WAITING


def test_a_profile_goes_out_and_comes_in_as_a_file(chief, now):
    check(chief, send(chief, registry("1")), now, name="Сбербанк")
    page = chief.get("/staff/profiles")
    (link,) = [a for a in page.select("td a") if "Скачать" in a.text]
    file = chief.get(link.get("href"), check=False)
    assert file.headers["Content-Disposition"].startswith("attachment")
    before = ColumnProfile.get().layout
    chief.submit(page, "form[action$='/delete']")
    assert "Профилей пока нет" in chief.get("/staff/profiles").text
    page = chief.get("/staff/profiles")
    shown = chief.submit(page, "#profile-form", file=(io.BytesIO(file.body), "p.json"))
    assert "Сбербанк" in shown.text
    assert ColumnProfile.get().layout == before
    bad = chief.submit(
        page, "#profile-form", file=(io.BytesIO(b"{}"), "p.json"), status=422
    )
    assert "Профиль не прочитать" in bad.text


def test_a_profile_deleted_by_mistake_comes_back_within_ten_minutes(
    desk, chief, clock, now
):
    check(chief, send(chief, registry("1")), now, name="Вид 7")
    other = Browser(desk).sign_in(
        factories.make_staff("other@example.org", role="supervisor")
    )
    page = chief.submit(chief.get("/staff/profiles"), "form[action$='/delete']")
    assert "Профилей пока нет" in page.text
    assert "Вид 7" not in chief.get("/staff/loads").text
    seen = other.get("/staff/profiles")
    assert "Вернуть" not in seen.text
    (form,) = page.select("form[action$='/take-back']")
    token = seen.select("[name=csrf_token]")[0].get("value")
    told = other.post(form.get("action"), {"csrf_token": token}, status=409)
    assert "Вернуть уже нельзя" in told.text
    back = chief.submit(page, "form[action$='/take-back']")
    assert "Только что" not in back.text
    assert "Вид 7" in chief.get("/staff/loads").text
    told = chief.submit(page, "form[action$='/take-back']", status=409)
    assert "Вернуть уже нельзя" in told.text
    acts = [
        entry.action
        for entry in AuditEntry.select().where(
            AuditEntry.action.startswith("import.profile")
        )
    ]
    assert acts[-2:] == ["import.profile_deleted", "import.profile_taken_back"]
    page = chief.submit(chief.get("/staff/profiles"), "form[action$='/delete']")
    clock.set(now + timedelta(minutes=10))
    assert "Только что" not in chief.get("/staff/profiles").text
    chief.submit(page, "form[action$='/take-back']", status=409)


def test_a_profile_of_the_name_of_a_deleted_one_is_the_new_one(chief, now):
    check(chief, send(chief, registry("1")), now, name="Вид 7")
    page = chief.submit(chief.get("/staff/profiles"), "form[action$='/delete']")
    check(chief, send(chief, registry("2")), now, name="Вид 7")
    chief.submit(page, "form[action$='/take-back']", status=409)
    assert ColumnProfile.get().removed_at is None


def test_faulty_rows_are_downloaded_corrected_and_sent_again(worker, now):
    bad = registry("1").replace("14.03", "41.03").replace("10,50", "=1+1")
    shown = check(worker, send(worker, bad), now)
    assert "такого дня нет в календаре" in shown.text
    (link,) = shown.select("a[href$='/faults']")
    answer = worker.get(link.get("href"), check=False)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).active
    head, row = sheet.iter_rows(values_only=True)
    assert head[-1] == "Причина"
    assert row[:6] == ("41.03.2026", "12:29:00", "1", MINE, "0226", "=1+1")
    assert "Дата: такого дня нет в календаре" in row[-1]
    assert "Сумма: формула вместо значения" in row[-1]
    book = openpyxl.Workbook()
    for cells_ in (head, ("14.03.2026", *row[1:5], "10,50", "")):
        book.active.append(list(cells_))
    stream = io.BytesIO()
    book.save(stream)
    shown = check(worker, send(worker, stream.getvalue(), "исправлено.xlsx"), now)
    assert cells(shown, "Новых") == "1"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "файл пуст"),
        (b"%PDF-1.7 \x00\x01", "PDF"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "Excel"),
        (b"PK\x03\x04" + b"\0" * 600, "Файл не прочитать"),
    ],
)
def test_what_is_no_table_is_refused_and_not_kept(worker, body, told):
    shown = send(worker, body, status=422)
    assert told in shown.text
    assert not StoredFile.select().exists()
    assert not sent().exists()


def test_a_form_without_a_file_says_so(worker):
    page = worker.get("/staff/loads")
    shown = worker.submit(page, "#receive-form", status=422)
    assert "Выберите файл" in shown.text


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.csv", "a\u202evsc.csv", "x" * 300 + ".csv", "<b>.csv"]
)
def test_the_name_of_a_file_is_only_a_name(worker, name):
    send(worker, registry("1"), name=name)
    kept = sent().get().file_name
    assert "/" not in kept
    assert "\u202e" not in kept
    assert len(kept) <= 240
    assert "<b>.csv" not in worker.get("/staff/loads").html.replace("&lt;b&gt;", "")


def test_a_registry_of_gorod_without_names_of_columns_is_mapped_and_kept(worker, now):
    head = "#FILESUM 10,50\n#TYPE 9\n#SERVICE 5258\n#NOTE касса ТВК\n"
    row = "Иванов;460000000001;14.03.2026;{};10,50\n"
    page = send(worker, head + row.format(7))
    assert "реестр системы «Город», Windows-1251" in page.text
    page = worker.submit(page, "#columns-form", kind="payments", status=200)
    names = ("holder", "account", "paid_on", "code", "amount")
    columns = {f"column-{one}": f"Столбец {n}" for n, one in enumerate(names, 1)}
    shown = check(worker, page, now, **columns, name="Город")
    assert "Примечание отправителя: касса ТВК." in shown.text
    assert cells(shown, "Контрольная строка") == "10,50 ₽, сходится"
    again = send(
        worker,
        head.replace("10,50", "10,51") + row.format(8),
        profile=str(ColumnProfile.get().public_id),
    )
    wrong = worker.submit(again, "#columns-form", status=422)
    assert "строка 1, #FILESUM: сумма не сходится, по строкам 10.50" in wrong.text


def test_a_control_line_that_does_not_fit_is_told_before_anything(worker):
    page = send(worker, registry("1") + "=2;21,00\n")
    shown = worker.submit(page, "#columns-form", status=422)
    assert "контрольная строка: строк 2, в файле 1" in shown.text
    assert sent().get().state is LoadState.WAITING


def test_rows_of_another_branch_are_nobodys(desk, worker, now):
    other = factories.make_branch("tver", name="Тверь")
    factories.make_account("690000000009", other)
    shown = check(worker, send(worker, registry("1", account=FOREIGN)), now)
    assert cells(shown, "В карантине") == "1"
    stranger = Browser(desk).sign_in(
        factories.make_staff("tver@example.org", branches=("tver",))
    )
    assert "реестр.csv" not in stranger.get("/staff/loads").text
    stranger.get(shown.url, status=404)


def test_prices_are_an_administrators(worker, desk, household):
    page = send(worker, "valid_from,rate_percent\n2026-01-01,16.00\n")
    assert "key_rates" not in page.html.split("<form", 1)[1]
    admin = Browser(desk).sign_in(
        factories.make_staff("admin@example.org", role="admin")
    )
    page = send(admin, "valid_from,rate_percent\n2026-01-01,16.00\n", branch="")
    assert page.one("#kind option[selected]").get("value") == "key_rates"


def test_money_moves_only_by_who_proved_who_it_is(unsure, household, now):
    page = send(unsure, registry("1"))
    shown = check(unsure, page, now + timedelta(hours=1))
    assert not shown.select("form[action$='/commit']")
    assert "Подтвердите, что это вы" in shown.text


def test_what_stands_on_a_load_is_told(chief, now):
    shown = check(
        chief,
        send(
            chief,
            "ЛС;Филиал;ФИО;Адрес;Категория;Проживает\n460000000777;Курск;Новый;пр. Труда, 2;село;1\n",
        ),
        now,
    )
    shown = commit(chief, shown, now)
    factories.make_meter(Account.get(Account.number == "460000000777"))
    told = chief.submit(shown, "form[action$='/undo']", why="не то", status=409)
    assert "лицевой счёт 460000000777: есть счётчик, 1" in told.text
    empty = chief.submit(shown, "form[action$='/undo']", why="", status=422)
    assert "Напишите, почему вы так решили" in empty.text


def test_a_load_the_worker_gave_up_goes_on(worker, now):
    shown = check(worker, send(worker, registry("1")), now)
    shown = worker.submit(shown, "form[action$='/commit']")
    Job.update(failed_at=now).execute()
    shown = worker.get(shown.url)
    assert "Работа прервалась" in shown.text
    shown = worker.submit(shown, "form[action$='/resume']")
    let_the_worker_work(now)
    assert "загружена" in worker.get(shown.url).text


def test_a_file_that_is_not_wanted_is_thrown_away(worker, now):
    page = send(worker, registry("1"))
    shown = worker.submit(page, "form[action$='/drop']")
    assert "Загрузок пока нет" in shown.text
    assert not StoredFile.select().exists()


def test_checking_again_forgets_what_was_said_before(worker, now):
    page = send(worker, registry("1").replace("14.03", "41.03"))
    check(worker, page, now)
    assert ImportRow.select().count() == 1
    shown = check(worker, page, now)
    assert ImportRow.select().count() == 1
    assert cells(shown, "С ошибкой") == "1"


def test_what_a_command_takes_in_is_left_to_it(worker, now):
    """A command that was killed: its file is not here, so it is to be given again."""
    load = ImportBatch.create(
        kind="payments",
        file_name="сервер.csv",
        sha256="0" * 64,
        state="running",
        branch=Branch.get(Branch.code == "kursk"),
        started_at=now,
        done=2000,
    )
    shown = worker.get(f"/staff/loads/{load.public_id}")
    assert "Готово строк: 2 000" in shown.text
    assert "повторите её с тем же файлом" in shown.text
    assert not shown.select("form[action$='/resume']")


def multipart(body, **fields):
    """Return a form with a large file as it goes over the wire.

    The client of the tests would leave a file of its own open.
    """
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="file"; filename="a.csv"'
    wire = "".join([*parts, f"--x\r\n{head}\r\n\r\n"]).encode()
    return {
        "data": wire + body + b"\r\n--x--\r\n",
        "content_type": "multipart/form-data; boundary=x",
    }


def test_a_registry_may_be_larger_than_what_others_send(worker):
    text = registry("1") + ROW.format(code="2", account=MINE, sum="1,00") * 300_000
    body = text.encode("cp1251")
    assert len(body) > MAX_BODY
    form = worker.get("/staff/loads").one("#receive-form")
    hidden = {one.get("name"): one.get("value") for one in form.iter("input")}
    fields = {name: hidden[name] for name in ("csrf_token", "key")}
    answer = worker.client.post(
        "/staff/loads", **multipart(body, **fields, branch="kursk", profile="")
    )
    assert answer.status_code == 303
    assert sent().get().file.size == len(body)


def test_a_visitor_sends_no_more_than_others(desk, household):
    body = multipart(b"a" * (MAX_BODY + 1))
    assert desk.test_client().post("/staff/loads", **body).status_code == 413
