from cabinet.models import AuditEntry, Session
from tests.browsing import Browser


def test_it_lists_this_device_first(app, alice, account):
    Browser(app).sign_in(alice)
    page = Browser(app).sign_in(alice).get("/profile")
    assert "это устройство" in page.text
    assert page.text.index("это устройство") < page.text.index("Выйти на всех")


def test_one_session_can_be_ended(app, alice, account):
    other = Browser(app).sign_in(alice)
    browser = Browser(app).sign_in(alice)
    page = browser.get("/profile")
    form = page.select("#session-list form")[1]
    browser.post(form.get("action"), _token(form), status=303, check=False)
    other.get("/profile", status=302, check=False)
    browser.get("/profile")


def test_all_others_can_be_ended_with_htmx(app, alice, account):
    others = [Browser(app).sign_in(alice) for _ in range(3)]
    browser = Browser(app).sign_in(alice)
    page = browser.get("/profile")
    form = page.select("form[action='/profile/sessions/end-others']")[0]
    answer = browser.post(form.get("action"), _token(form), htmx=True)
    assert len(answer.select("#session-list li")) == 1
    for other in others:
        other.get("/profile", status=302, check=False)
    assert (
        AuditEntry.select().where(AuditEntry.action == "session.others_ended").count()
        == 1
    )


def test_a_strangers_session_does_not_exist(app, alice, account, charlie):
    Browser(app).sign_in(charlie)
    foreign = Session.get(Session.user == charlie)
    browser = Browser(app).sign_in(alice)
    form = browser.get("/profile").select("#session-list form")[0]
    missing = browser.post(
        "/profile/sessions/999999/end", _token(form), status=404, check=False
    )
    answer = browser.post(
        f"/profile/sessions/{foreign.id}/end", _token(form), status=404, check=False
    )
    assert answer.html == missing.html
    assert Session.get_by_id(foreign.id).revoked_at is None


def _token(form):
    return {"csrf_token": form.xpath(".//input[@name='csrf_token']/@value")[0]}
