from datetime import timedelta

from cabinet.models import Attempt
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.connection import open_database
from cabinet.services import outbox


def test_a_live_process_says_ok(browser):
    assert browser.get("/healthz").body == b"ok\n"


def test_a_current_schema_is_ready(browser):
    assert browser.get("/readyz").body == b"ok\n"


def test_an_empty_database_is_not_ready(app, browser, tmp_path):
    open_database(f"sqlite:///{tmp_path}/empty.sqlite3")
    page = browser.get("/readyz", status=503)
    assert b"0001_first" in page.body
    database.close()


def test_a_database_that_is_gone_is_not_ready(app, browser, tmp_path):
    open_database(f"sqlite:///{tmp_path}/nowhere/none.sqlite3")
    page = browser.get("/readyz", status=503)
    assert page.body == b"database does not answer\n"
    assert browser.get("/healthz").body == b"ok\n"


def test_through_a_proxy_nobody_is_told_what_is_wrong(app, browser, tmp_path):
    open_database(f"sqlite:///{tmp_path}/nowhere/none.sqlite3")
    page = browser.get("/readyz", status=503, **{"X-Forwarded-For": "203.0.113.7"})
    assert page.body == b"not ready\n"


def test_a_standby_is_not_ready(app, browser):
    """Postgres answers there too, and takes no reading and no payment."""
    if on_sqlite():
        return
    database.execute_sql("SET default_transaction_read_only = on")
    page = browser.get("/readyz", status=503)
    assert page.body == b"database only reads: it is a standby\n"
    database.execute_sql("SET default_transaction_read_only = off")
    assert browser.get("/readyz").body == b"ok\n"


def test_a_database_that_takes_no_row_is_not_ready(app, browser):
    """Every look at it goes on as ever: only a write meets it."""
    if not on_sqlite():
        # There the look itself says so: see the standby above.
        return
    database.execute_sql("PRAGMA query_only = 1")
    page = browser.get("/readyz", status=503)
    assert page.body == b"no row is taken\n"
    far = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}}
    assert browser.client.get("/readyz", **far).data == b"not ready\n"
    assert browser.get("/healthz").body == b"ok\n"
    database.execute_sql("PRAGMA query_only = 0")


def test_many_questions_are_one_row_and_one_write(app, browser):
    written = []

    def note(event):
        if event.sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(event.sql)

    database.obj.query_hooks.append(note)
    for _ in range(30):
        assert browser.get("/readyz").body == b"ok\n"
    database.obj.query_hooks.remove(note)
    assert len(written) == 1
    assert Attempt.select().count() == 1


def test_what_is_late_is_told_to_this_machine_and_closes_nothing(app, browser, now):
    with writing():
        outbox.put(
            "login_notice",
            key="late",
            recipient="a@example.org",
            context={},
            now=now - timedelta(minutes=20),
        )
    page = browser.get("/readyz")
    assert page.body == b"ok\nletters wait for 1200 s\n"
    far = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}}
    assert browser.client.get("/readyz", **far).data == b"ok\n"
    through = browser.get("/readyz", **{"X-Forwarded-For": "203.0.113.7"})
    assert through.body == b"ok\n"


def test_a_browsers_report_is_taken_without_a_token(browser, caplog):
    answer = browser.client.post("/csp-report", data="{}")
    assert answer.status_code == 204
    assert "browser refused content" in caplog.text


def test_the_eleventh_report_of_a_minute_is_not_logged(browser, caplog):
    for _ in range(12):
        assert browser.client.post("/csp-report", data="{}").status_code == 204
    assert caplog.text.count("browser refused content") == 10


def test_a_long_report_is_refused(browser):
    answer = browser.client.post("/csp-report", data="x" * 9000)
    assert answer.status_code == 413


def test_a_far_browser_is_not_told_what_is_wrong(app, browser, tmp_path):
    open_database(f"sqlite:///{tmp_path}/empty.sqlite3")
    answer = browser.client.get(
        "/readyz", environ_overrides={"REMOTE_ADDR": "203.0.113.7"}
    )
    assert answer.status_code == 503
    assert answer.data == b"not ready\n"
