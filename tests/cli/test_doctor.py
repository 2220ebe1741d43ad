"""`cabinet doctor`: a well installation, and each way it can be ill."""

import json
import os
import socket
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cabinet.cli.context import Context, secret_files
from cabinet.cli.doctor import CHECKS, OUTSIDE, database, machine, safety
from cabinet.cli.doctor.words import FAULT, WARNING, WELL
from cabinet.cli.security import portal
from cabinet.config import Clock, Mode
from cabinet.domain.money import Money
from cabinet.models import (
    Account,
    AcquirerShop,
    AuditEntry,
    Beat,
    OtherRule,
    OutboxMessage,
    Rate,
    Tariff,
)
from cabinet.models.base import writing
from cabinet.services import audit, audit_chain, beats, outbox
from cabinet.services.acquirers import PURPOSE
from cabinet.services.sealed import seal
from cabinet.web import state_lines
from cabinet.web.security import HEADERS
from tests import factories
from tests.certificates import Front, Served
from tests.conftest import SERVER
from tests.ports import free_port

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
#: Forty-eight bytes by chance.
KEY = "p3Zs0kVYqT7bq1n4b8wJ2m+o/6uHc9R5dXGfLtEaIvCyNrW0AeQhSjDgKxUzMBiP"


@pytest.fixture
def doctor(command, monkeypatch):
    """Run the command at noon of Moscow; gives what each check said."""
    monkeypatch.setenv("CABINET_NOW", "2026-11-22T12:00:00+03:00")
    monkeypatch.setenv("CABINET_SECRET_KEY", factories.SECRET_KEY)

    def doctor(*arguments):
        done = command("doctor", "--json", *arguments)
        said = {}
        for one in json.loads(done.output):
            said.setdefault(one["name"], []).append((one["level"], one["text"]))
            assert one["level"] == WELL or one["remedy"], one
        is_ill = any(level == FAULT for words in said.values() for level, _ in words)
        assert done.exit_code == is_ill, done.output
        return said

    return doctor


def levels(words):
    return {level for level, _ in words}


def test_a_new_installation_is_well(doctor, command):
    said = doctor("--inside")
    faults = {name for name, words in said.items() if FAULT in levels(words)}
    if SERVER != "sqlite":
        # The server of the tests is made to forget: that is just what is told.
        assert "fsync = off" in said["надёжность"][0][1]
        faults.remove("надёжность")
    assert not faults, said
    assert command("backup").exit_code == 0
    assert levels(doctor("--inside")["копии"]) == {WELL}


def test_people_read_it_with_what_to_do(command, monkeypatch):
    monkeypatch.setenv("CABINET_NOW", "2026-11-22T12:00:00+03:00")
    done = command("doctor", "--inside")
    assert "  ! копии         в папке backups копий нет" in done.output
    assert "→ cabinet backup каждый день" in done.output


def test_a_folder_others_can_read_is_told(doctor, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o755)
    ((level, text),) = doctor("--inside")["папка данных"]
    assert level == WARNING
    assert "открыта другим" in text


def test_a_folder_that_cannot_be_written_is_told(doctor, monkeypatch):
    monkeypatch.setattr(machine, "_write_in", _refuse)
    ((level, text),) = doctor("--inside")["папка данных"]
    assert level == FAULT
    assert "нельзя писать" in text


def _refuse(*_, **__):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("free", "level"), [(0.5, WELL), (0.1, WARNING), (0.01, FAULT)]
)
def test_the_room_on_the_disk_is_told(doctor, monkeypatch, free, level):
    total = 100 * 1024**3
    usage = type("usage", (), {"total": total, "free": int(total * free)})
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage)
    assert levels(doctor("--inside")["диск"]) == {level}


def test_a_schema_that_is_behind_is_told(doctor, monkeypatch):
    monkeypatch.setattr(database, "missing_migrations", lambda: ["0099_newer"])
    assert doctor("--inside")["таблицы"] == [(FAULT, "не хватает: 0099_newer")]


def test_rules_that_end_are_told(doctor, account):
    factories.make_rates()
    Rate.update(ends=NOW.date() + timedelta(days=20)).execute()
    price = "цена, Курская область: последний день {}, дальше строк нет"
    assert (WARNING, price.format("11.12.2026")) in doctor("--inside")["правила"]
    Rate.update(ends=NOW.date() + timedelta(days=47)).execute()
    assert not [word for word in doctor("--inside")["правила"] if "цена" in word[1]]
    Rate.update(ends=NOW.date()).execute()
    assert (FAULT, price.format("был 21.11.2026")) in doctor("--inside")["правила"]


def test_a_rule_that_ends_is_not_hidden_by_one_that_does_not(doctor, dated):
    def ends():
        said = doctor("--inside")["правила"]
        return [word for word in said if "последний день" in word[1]]

    cap = "правило, предел ставки для пени: последний день {}, дальше строк нет"
    price = "цена, Курская область: последний день {}, дальше строк нет"
    kursk = Tariff.select().where(Tariff.region == "Курская область")
    of_kursk = Rate.tariff.in_(kursk) & (Rate.ends.is_null() | (Rate.ends > NOW.date()))
    Rate.update(ends=None).where(Rate.ends == date(2027, 1, 1)).execute()
    assert ends() == [(WARNING, cap.format("31.12.2026"))]
    Rate.update(ends=NOW.date() + timedelta(days=9)).where(of_kursk).execute()
    assert ends() == [
        (WARNING, cap.format("31.12.2026")),
        (WARNING, price.format("30.11.2026")),
    ]
    Rate.update(ends=NOW.date() - timedelta(days=9)).where(of_kursk).execute()
    OtherRule.update(ends=NOW.date()).where(
        OtherRule.rule == "penalty_rate_cap"
    ).execute()
    assert ends() == [
        (FAULT, price.format("был 12.11.2026")),
        (FAULT, cap.format("был 21.11.2026")),
    ]


def test_regions_that_end_together_are_told_in_one_line(doctor, db):
    for code in "abcdef":
        factories.make_branch(code, region=f"Область {code}")
        factories.make_rates(f"Область {code}", ends=NOW.date())
    words = "цена, Область a, Область b, Область c, Область d, ещё 2: последний день"
    said = doctor("--inside")["правила"]
    assert (FAULT, f"{words} был 21.11.2026, дальше строк нет") in said


def test_a_region_that_never_had_prices_is_told(doctor, account):
    empty = "ещё нет ни одной строки: {}ключевая ставка, ставка НДС, срок оплаты"
    assert (WARNING, empty.format("цена, ")) in doctor("--inside")["правила"]
    factories.make_rates()
    factories.make_branch("omsk", region="Омская область")
    said = doctor("--inside")["правила"]
    assert (WARNING, empty.format("")) in said
    assert (FAULT, "цена, Омская область: на сегодня строки нет") in said


def test_a_database_nobody_reaches_is_told_once_and_in_one_line(doctor, monkeypatch):
    url = f"postgresql://cabinet:secretword@127.0.0.1:{free_port()}/cabinet"
    monkeypatch.setenv("CABINET_DATABASE_URL", url)
    said = doctor("--inside")
    ((level, text),) = said["база"]
    assert level == FAULT
    assert text.startswith("не отвечает: connection failed: ")
    assert "Connection refused" in text
    assert "\n" not in text
    assert "secretword" not in str(said)
    blind = [(FAULT, "не проверено: база не отвечает")]
    others = {name for name, words in said.items() if words == blind}
    assert others == {
        *("надёжность", "таблицы", "правила", "работник", "письма", "копии"),
        *("книга", "сверка", "дела"),
    }
    # What needs no database is looked at as ever.
    assert levels(said["шрифты"]) == levels(said["секреты"]) == {WELL}


def test_what_to_do_about_it_is_said(command, monkeypatch):
    url = f"postgresql://cabinet@127.0.0.1:{free_port()}/cabinet"
    monkeypatch.setenv("CABINET_DATABASE_URL", url)
    done = command("doctor", "--inside")
    assert done.exit_code == 1
    assert "→ запущена ли база, верен ли CABINET_DATABASE_URL" in done.output
    assert done.output.count("→ сначала исправьте названное выше") == 9


def test_a_worker_that_is_away_is_told(doctor):
    with writing():
        audit.record(audit.SYSTEM, "trial", now=NOW - timedelta(hours=1))
    ((level, text),) = doctor("--inside")["работник"]
    assert level == FAULT
    assert "журнал не запечатан с 2026-11-22 08:00 UTC" in text
    audit_chain.seal(secret=factories.SECRET_KEY, now=NOW)
    assert levels(doctor("--inside")["работник"]) == {WELL}
    assert AuditEntry.select().count()


def test_a_part_of_the_worker_that_is_silent_is_told(doctor):
    beats.note(beats.LETTERS, now=NOW - timedelta(minutes=6))
    beats.note(beats.PAYMENTS, now=NOW - timedelta(minutes=4))
    ((level, text),) = doctor("--inside")["работник"]
    assert level == FAULT
    assert "письма: работник не отмечался с 2026-11-22 08:54 UTC" in text
    beats.note(beats.LETTERS, now=NOW)
    assert levels(doctor("--inside")["работник"]) == {WELL}


def test_letters_that_wait_or_were_given_up_are_told(doctor):
    with writing():
        for key in ("waits", "lost"):
            outbox.put(
                "bill_ready",
                key=key,
                recipient="a@example.org",
                context={},
                now=NOW - timedelta(hours=1),
            )
        OutboxMessage.update(failed_at=NOW, error="SMTPException").where(
            OutboxMessage.key == "lost"
        ).execute()
    assert levels(doctor("--inside")["письма"]) == {FAULT, WARNING}


def test_an_old_copy_is_told(doctor, command, monkeypatch):
    monkeypatch.setenv("CABINET_NOW", "2026-11-20T12:00:00+03:00")
    command("backup")
    monkeypatch.setenv("CABINET_NOW", "2026-11-22T12:00:00+03:00")
    for path in Path(os.environ["CABINET_HOME"], "backups").glob("*.json"):
        told = json.loads(path.read_text()) | {
            "taken_at": (NOW - timedelta(days=2)).isoformat()
        }
        path.write_text(json.dumps(told))
    ((level, text),) = doctor("--inside")["копии"]
    assert (level, text) == (FAULT, "последней 48 ч")


def test_a_copy_taken_by_another_program_is_told_by_its_age(doctor, command):
    assert command("backup", "--elsewhere").exit_code == 0
    assert doctor("--inside")["копии"] == [(WELL, "последней 0 ч")]
    beats.note_made(beats.BACKUP, now=NOW - timedelta(hours=27))
    assert doctor("--inside")["копии"] == [(FAULT, "последней 27 ч")]


def test_a_ledger_nobody_has_proved_is_told(doctor):
    assert doctor("--inside")["книга"] == [(WARNING, "книгу ещё не проверяли")]
    beats.expect(now=NOW - timedelta(hours=25))
    assert levels(doctor("--inside")["книга"]) == {WARNING}
    Beat.update(at=NOW - timedelta(hours=27)).execute()
    assert levels(doctor("--inside")["книга"]) == {FAULT}


def test_what_the_night_found_is_told_until_it_is_proved_again(
    doctor, command, account
):
    Account.update(balance=Money(1)).execute()
    assert command("ledger", "check").exit_code == 1
    told = (FAULT, "не сходится: 1, проверено 0 ч назад")
    assert doctor("--inside")["книга"] == [told]
    Account.update(balance=Money(0)).execute()
    assert command("ledger", "check").exit_code == 0
    assert levels(doctor("--inside")["книга"]) == {WELL}
    beats.note_made(beats.LEDGER, now=NOW - timedelta(hours=30), findings=0, seconds=2)
    late = (FAULT, "последняя проверка книги 30 ч назад")
    assert doctor("--inside")["книга"] == [late]


def test_a_night_that_did_not_come_to_its_end_is_told(doctor):
    beats.note_made(beats.LEDGER, now=NOW, findings=0, seconds=2)
    beats.note_failed(beats.LEDGER, now=NOW, why="OperationalError")
    told = (FAULT, "проверка книги не дошла до конца: OperationalError")
    assert doctor("--inside")["книга"] == [told]


def test_shops_that_were_not_compared_are_told(doctor):
    assert doctor("--inside")["сверка"] == [(WELL, "сверять с банками нечего")]
    for made, hours, level, words in (
        (False, 25, WELL, "первая ещё впереди"),
        (True, 7, WELL, "7 ч назад"),
        (False, 27, FAULT, "с банками не сверено 27 ч"),
        (True, 27, FAULT, "с банками не сверено 27 ч"),
    ):
        beats.note(
            beats.RECONCILIATION,
            now=NOW - timedelta(hours=hours),
            told={"made": made, "shops": 1},
        )
        assert doctor("--inside")["сверка"] == [(level, words)]


def test_a_part_that_has_not_succeeded_for_long_is_told(doctor):
    assert levels(doctor("--inside")["дела"]) == {WELL}
    beats.note(beats.MAILBOX, now=NOW - timedelta(minutes=16))
    beats.note(beats.SWEEP, now=NOW - timedelta(minutes=16))
    assert doctor("--inside")["дела"] == [
        (FAULT, "ящик ответов: не выходит с 2026-11-22 08:44 UTC")
    ]


def test_every_fault_of_a_day_without_a_worker_has_its_remedy(doctor, command):
    beats.expect(now=NOW - timedelta(days=3))
    beats.note(beats.WINDOW, now=NOW - timedelta(days=3))
    beats.note(beats.RECONCILIATION, now=NOW - timedelta(days=3), told={"shops": 1})
    told = json.loads(command("doctor", "--inside", "--json").output)
    found = [
        one
        for one in told
        if one["name"] in ("книга", "сверка", "дела") and one["level"] == FAULT
    ]
    assert len(found) == 2 + len(state_lines.PARTS)
    assert all(one["remedy"] for one in found)


def test_a_mail_server_that_is_away_is_told(doctor, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("CABINET_MAIL_SERVER", "127.0.0.1")
    monkeypatch.setenv("CABINET_MAIL_PORT", str(port))
    monkeypatch.setenv("CABINET_MAILBOX_SERVER", "127.0.0.1")
    monkeypatch.setenv("CABINET_MAILBOX_PORT", str(port))
    monkeypatch.setenv("CABINET_MAILBOX_USER", "a")
    monkeypatch.setenv("CABINET_MAILBOX_PASSWORD", "b")
    monkeypatch.setenv("CABINET_MAILBOX_ADDRESS", "a@example.org")
    said = doctor()
    assert levels(said["почта"]) == levels(said["ящик"]) == {FAULT}


@pytest.fixture
def front():
    """A web server in front of the portal: `front.sent` is what it answers with."""

    class Handler(Front):
        sent, asked = HEADERS, []

    with Served(Handler) as served:
        Handler.url = served.url
        yield Handler


def test_headers_that_were_changed_on_the_way_are_told(doctor, front, monkeypatch):
    monkeypatch.setenv("CABINET_PUBLIC_URL", front.url)
    assert levels(doctor()["адрес"]) == {WELL}
    front.sent = {**HEADERS, "X-Frame-Options": "SAMEORIGIN"}
    ((level, text),) = doctor()["адрес"]
    assert (level, text) == (FAULT, "заголовки изменены по дороге: X-Frame-Options")
    front.status = 502
    assert "отвечает 502" in doctor()["адрес"][0][1]


def test_a_portal_nobody_reaches_is_told(doctor, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("CABINET_PUBLIC_URL", f"http://127.0.0.1:{port}")
    assert levels(doctor()["адрес"]) == {FAULT}


def test_notices_that_somebody_else_answers_are_told(doctor, front, monkeypatch):
    monkeypatch.setenv("CABINET_PUBLIC_URL", front.url)
    monkeypatch.setenv("CABINET_EMULATOR", "http://127.0.0.1:9")
    assert levels(doctor()["банки"]) == {WELL}
    front.sent = {}
    assert levels(doctor()["банки"]) == {FAULT}


def kept_shop(*, pepper=factories.SECRET_KEY, **values):
    """Set a shop as the page «Приём карт» does."""
    config = {"provider": "yookassa", "branches": ["kursk"], "login": "100500"}
    return AcquirerShop.create(
        name="main",
        version=AcquirerShop.select().count() + 1,
        config=config,
        secrets=seal({"password": "тайна"}, purpose=PURPOSE, pepper=pepper),
        made_at=NOW,
        **values,
    )


def test_a_shop_of_the_page_is_asked_for_like_one_of_the_file(
    doctor, front, monkeypatch
):
    monkeypatch.setenv("CABINET_PUBLIC_URL", front.url)
    assert doctor()["банки"] == [(WELL, "магазинов нет")]
    kept_shop(is_on=False)
    # One that takes nothing new still has notices of what it took.
    assert doctor()["банки"] == [
        (WELL, "main: адрес уведомлений открыт, если идти с этой машины")
    ]
    assert front.asked.count("/webhooks/main") == 1
    monkeypatch.setenv("CABINET_EMULATOR", "http://127.0.0.1:9")
    names = {text.partition(":")[0] for _, text in doctor()["банки"]}
    assert names > {"main"}
    front.sent = {}
    assert levels(doctor()["банки"]) == {FAULT}
    monkeypatch.delenv("CABINET_PUBLIC_URL")
    assert levels(doctor()["банки"]) == {WARNING}


def test_a_shop_of_the_page_that_cannot_be_opened_is_told(doctor, front, monkeypatch):
    monkeypatch.setenv("CABINET_PUBLIC_URL", front.url)
    kept_shop(pepper="another secret of the installation")
    (sealed, none) = doctor()["банки"]
    assert (sealed[0], "main: ключи магазина не открываются" in sealed[1]) == (
        FAULT,
        True,
    )
    assert none == (WELL, "магазинов нет")


def test_missing_fonts_are_told(doctor, monkeypatch, tmp_path):
    assert levels(doctor("--inside")["шрифты"]) == {WELL}
    monkeypatch.setattr("cabinet.pdf.fonts.font_folder", lambda _: tmp_path)
    ((level, text),) = doctor("--inside")["шрифты"]
    assert (level, text) == (FAULT, "шрифтов для PDF нет")


def test_a_library_of_fonts_that_is_gone_is_told(doctor, monkeypatch):
    monkeypatch.setattr("cabinet.pdf.fonts.font_folder", _refuse)
    ((level, text),) = doctor("--inside")["шрифты"]
    assert (level, "PermissionError" in text) == (FAULT, True)


@pytest.fixture
def production(settings, db):
    """Return a production installation with settings otherwise."""

    def production(**values):
        safe = {
            "mode": Mode.PRODUCTION,
            "secret_key": KEY,
            "public_url": "https://lk.example.ru",
            "trusted_proxies": 1,
        }
        return Context(replace(settings, **(safe | values)), Clock())

    return production


def said_by(check, context):
    words = list(check(context))
    assert all(word.remedy for word in words if word.level != WELL)
    return {word.level for word in words}


def test_secrets_are_looked_at_as_security_check_does(
    production, monkeypatch, tmp_path
):
    for name in [name for name in secret_files() if name]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("CABINET_SECRET_KEY", raising=False)
    assert said_by(safety.secrets, production()) == {WELL}
    assert FAULT in said_by(safety.secrets, production(secret_key="ab12" * 20))
    key = tmp_path / "key"
    key.write_text(KEY)
    key.chmod(0o644)
    monkeypatch.setenv("CABINET_SECRET_KEY_FILE", str(key))
    assert FAULT in said_by(safety.secrets, production())
    key.chmod(0o600)
    assert said_by(safety.secrets, production()) == {WELL}
    assert said_by(safety.secrets, production(mode=Mode.DEMO)) == {WELL}


def test_headers_of_the_portal_itself_are_looked_at(production, monkeypatch):
    assert said_by(safety.headers, production()) == {WELL}
    assert said_by(safety.headers, production(public_url="")) == {FAULT}
    context = production()
    monkeypatch.setitem(HEADERS, "X-Frame-Options", "ALLOWALL")
    app = portal._app(context)
    monkeypatch.undo()
    monkeypatch.setattr(portal, "_app", lambda _: app)
    assert said_by(safety.headers, context) == {FAULT}
    # A page without its tables would only fail, and say so at length.
    monkeypatch.setattr(safety, "missing_migrations", lambda: ["0099_newer"])
    assert said_by(safety.headers, context) == {WARNING}


def test_all_the_issue_asks_for_is_looked_at(doctor, front, monkeypatch):
    monkeypatch.setenv("CABINET_PUBLIC_URL", front.url)
    inside, whole = set(doctor("--inside")), set(doctor())
    assert inside == {name for name, _ in CHECKS}
    assert whole == inside | {name for name, _ in OUTSIDE}
    assert inside >= {"шрифты", "база", "таблицы", "часы", "диск", "правила"}
    assert inside >= {"секреты", "заголовки"}
    assert whole >= {"почта", "адрес", "банки"}


def test_a_check_that_fails_itself_ends_no_other(doctor, monkeypatch):
    monkeypatch.setattr(machine.shutil, "disk_usage", _refuse)
    said = doctor("--inside")
    assert "проверить не удалось: PermissionError" in said["диск"][0][1]
    assert "копии" in said
