from cabinet.models.base import database
from cabinet.models.connection import open_database


def test_a_live_process_says_ok(browser):
    assert browser.get("/healthz").body == b"ok\n"


def test_a_current_schema_is_ready(browser):
    assert browser.get("/readyz").body == b"ok\n"


def test_an_empty_database_is_not_ready(app, browser, tmp_path):
    open_database(f"sqlite:///{tmp_path}/empty.sqlite3")
    page = browser.get("/readyz", status=503)
    assert b"0001_first" in page.body
    database.close()


def test_a_browsers_report_is_taken_without_a_token(browser, caplog):
    answer = browser.client.post("/csp-report", data="{}")
    assert answer.status_code == 204
    assert "browser refused content" in caplog.text
