"""Журнал: by day, account, person and act; customers by number only; each look noted."""

import ast
import csv
import io
import re
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from cabinet.models import AuditEntry
from cabinet.services import log_reading
from cabinet.web.log_words import GROUPS
from tests import factories

LOG = "/staff/settings/log"


@pytest.fixture
def admin(browser, db):
    return browser.sign_in(factories.make_staff("admin@example.org", "admin"))


def entry(now, action="reading.submitted", **values):
    return AuditEntry.create(at=now, action=action, **values)


def test_a_day_is_shown_and_customers_are_told_by_number(admin, alice, account, now):
    entry(now, actor_id=alice.id, account_id=account.id, details={"register": 4772})
    entry(now - timedelta(days=1), "export.made")
    page = admin.get(LOG)
    assert "reading.submitted" in page.text
    assert "register: 4772" in page.text
    assert f"клиент {alice.id}" in page.text
    assert "Алиса" not in page.html
    assert account.number not in page.html
    assert "export.made" not in page.text
    assert "export.made" in admin.get(f"{LOG}?day=21.11.2026").text


def test_it_is_filtered(admin, alice, account, now):
    entry(now, actor_id=alice.id)
    entry(now - timedelta(days=40), "paper.opened", account_id=account.id)
    entry(now, "import.committed")
    page = admin.submit(admin.get(LOG), "#log-form", email="ALICE@example.org")
    assert "reading.submitted" in page.text
    assert "import.committed" not in page.text
    page = admin.submit(admin.get(LOG), "#log-form", group="import")
    assert "import.committed" in page.text
    assert "reading.submitted" not in page.text
    page = admin.submit(admin.get(LOG), "#log-form", number="4600 0000 0001")
    assert "paper.opened" in page.text
    assert "import.committed" not in page.text


def test_each_look_is_written_down(admin, account, now):
    admin.get(f"{LOG}?number={account.number}&group=paper")
    look = AuditEntry.get(AuditEntry.action == "log.looked")
    assert (look.account_id, look.details["group"]) == (account.id, "paper")
    admin.client.get(f"{LOG}.csv?day=21.11.2026")
    taken = AuditEntry.get(AuditEntry.action == "log.taken")
    assert taken.details["day"] == "2026-11-21"


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("email=nobody@example.org", "email", "С этой почтой никто не входит"),
        ("number=460000000999", "number", "Такого лицевого счёта нет"),
        ("number=дом", "number", "только цифры"),
        ("day=вчера", "day", "Введите дату"),
    ],
)
def test_what_is_not_there_is_told(admin, query, field, words):
    page = admin.get(f"{LOG}?{query}", status=422)
    assert words in page.text_of(f"#{field}-e")
    assert admin.client.get(f"{LOG}.csv?{query}").status_code == 303


def test_pages_go_on_where_the_last_one_ended(admin, now, monkeypatch):
    monkeypatch.setattr(log_reading, "PAGE", 2)
    made = [entry(now, f"paper.kind{n}") for n in range(5)]
    seen, url = [], f"{LOG}?group=paper"
    while url:
        page = admin.get(url)
        seen += re.findall(r"paper\.kind\d", page.text)
        older = [a.get("href") for a in page.select("a") if a.text == "Раньше"]
        url = older[0] if older else None
    assert seen == [row.action for row in reversed(made)]


def test_the_file_has_what_the_page_has_and_runs_nothing(admin, now):
    entry(now, "import.committed", subject="=cmd", details={"why": "=1+1"})
    answer = admin.client.get(f"{LOG}.csv?group=import")
    text = answer.get_data().decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text), delimiter=";")
    assert header[:3] == ["Номер", "Когда", "Кто"]
    assert row[5] == "import.committed"
    assert row[6] == "'=cmd"
    assert "attachment" in answer.headers["Content-Disposition"]


def test_every_act_of_the_log_has_a_group_with_a_name():
    found = set()
    for path in Path(str(files("cabinet"))).rglob("services/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(
                node.func, "attr", getattr(node.func, "id", "")
            ) in {"record", "record_each", "note", "_note"}:
                found |= {
                    arg.value.partition(".")[0]
                    for arg in node.args
                    if isinstance(arg, ast.Constant)
                    and isinstance(arg.value, str)
                    and re.fullmatch(r"[a-z_]+\.[a-z_]+", arg.value)
                }
    assert len(found) > 30
    assert found <= set(GROUPS)
