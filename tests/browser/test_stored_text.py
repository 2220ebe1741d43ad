"""What customers type, read by specialists and by themselves in Chromium: letters only.

No dialog opens, the policy of the page has nothing to report, nothing is asked of
another host, and what was typed stands there as it was typed.
"""

import secrets
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest

from cabinet.domain.period import Month
from cabinet.models import (
    Account,
    AccountAccess,
    ImportBatch,
    ImportRow,
    Meter,
    Question,
    Reading,
    RegistrationRequest,
    ServiceRequest,
    User,
)
from tests import factories
from tests.browser.conftest import running
from tests.conftest import NOW
from tests.hostile_texts import TEXTS, chunks, folded

DESK = {"width": 1280, "height": 900}
REPORT = """
addEventListener('securitypolicyviolation',
  (event) => reported(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
MOST_QUESTION, MOST_COMMENT, MOST_LABEL, MOST_NAME = 4000, 1000, 60, 160
SHORT = "<img src=x onerror=alert(3)>"


@pytest.fixture(scope="module")
def server(template_database, tmp_path_factory):
    """A portal of its own: nobody else is to read all this."""
    with running(template_database, tmp_path_factory.mktemp("poisoned")) as portal:
        yield portal


@dataclass
class Watched:
    """A page, and what should not have happened in it."""

    page: object
    dialogs: list = field(default_factory=list)
    reports: list = field(default_factory=list)
    foreign: list = field(default_factory=list)
    visited: int = 0

    def visit(self, path):
        """Open the page and let what would start by itself start."""
        answer = self.page.goto(path)
        assert answer.status == 200, f"{path}: {answer.status}"
        self.page.wait_for_timeout(50)
        self.visited += 1
        harm = (self.dialogs, self.reports, self.foreign)
        assert harm == ([], [], []), f"{path}: {harm}"
        assert self.page.url.endswith(path), f"{path} led to {self.page.url}"
        return folded(self.page.evaluate("document.body.innerText"))


@pytest.fixture
def watch(open_page, server):
    """Open a page and listen to all that harm would do."""

    def watch_():
        page = open_page(DESK)
        watched = Watched(page)

        def dismiss(dialog):
            watched.dialogs.append(dialog.message)
            dialog.dismiss()

        def note(request):
            if not request.url.startswith((server.url, "data:")):
                watched.foreign.append(request.url)

        def report(said):
            watched.reports.append(said)

        page.on("dialog", dismiss)
        page.on("request", note)
        page.expose_function("reported", report)
        page.add_init_script(REPORT)
        return watched

    return watch_


@pytest.fixture
def poisoned(house, stored, server):
    """A household every text of which is hostile; what was not typed by hand here."""
    person = house(accounts=1)
    with stored():
        user = User.get(User.email == person.email)
        account = Account.get_by_id(person.account_id)
        for number, chunk in enumerate(chunks(MOST_QUESTION - 100)[1:]):
            made = factories.make_question(account, user, NOW, text=chunk)
            Question.update(rating_words=chunk[:500]).where(
                Question.id == made.id
            ).execute()
            assert number < 20
        User.update(name=chunks(MOST_NAME)[1]).where(User.id == user.id).execute()
        texts = chunks(200)
        Account.update(holder=texts[0], address=texts[1]).where(
            Account.id == account.id
        ).execute()
        own = Meter.get(Meter.account == account.id)
        Meter.update(model=SHORT, place=SHORT).where(Meter.id == own.id).execute()
        Reading.update(state="rejected", reason=texts[2]).where(
            Reading.meter == own.id, Reading.period == Month(2026, 9)
        ).execute()
        for number, chunk in enumerate(chunks(MOST_COMMENT - 50)):
            meter = factories.make_meter(account, serial=f"<b>{number}</b>")
            factories.make_reading(
                meter,
                "2026-11",
                (4700,),
                state="needs_review",
                source="cabinet",
                comment=chunk,
                reason=texts[3 + number],
            )
            factories.make_meter_request(
                account, NOW, meter=meter, words=chunk, asked_by=user, phone=SHORT[:24]
            )
        for text in TEXTS[:20]:
            factories.make_request(
                account,
                NOW,
                email=f"{text[:200]}{secrets.token_hex(4)}@evil.example",
                state="waiting",
                user=None,
            )
        load = ImportBatch.create(
            branch=account.branch,
            kind="payments",
            file_name=texts[5],
            sha256=secrets.token_hex(32),
            state="committed",
            started_at=NOW,
            layout={"header": ["Дата", "Код операции", "ЛС", "ФИО", "Сумма"]},
        )
        for text in TEXTS[::5]:
            ImportRow.create(
                batch=load,
                line=2,
                state="quarantined",
                reason=texts[6],
                raw=["14.03.2026", secrets.token_hex(4), "690000000009", text, "1"],
            )
    folder = server.home / "mail"
    folder.mkdir(exist_ok=True)
    for number, chunk in enumerate(chunks(MOST_QUESTION), start=1):
        letter = EmailMessage()
        letter["Subject"] = folded(chunk[:120])
        letter["From"] = "cabinet@example.org"
        letter["To"] = "x@example.org"
        letter.set_content(chunk)
        letter.add_alternative("<p>a letter</p>", subtype="html")
        (folder / f"{number:08}.eml").write_bytes(letter.as_bytes())
    return person


def test_the_watch_sees_harm(watch, server):
    """Else seeing none would mean nothing."""
    watched = watch()
    body = f"<!doctype html><title>x</title>{SHORT}<img src=//evil.example/x.png>"
    page = watched.page
    page.route(
        "**/plain", lambda route: route.fulfill(body=body, content_type="text/html")
    )
    page.route("//evil.example/**", lambda route: route.abort())
    page.goto("/plain")
    page.wait_for_timeout(300)
    assert watched.dialogs == ["3"]
    assert watched.foreign
    policy = {"Content-Security-Policy": "default-src 'none'"}
    page.route(
        "**/strict",
        lambda route: route.fulfill(
            body=body, content_type="text/html", headers=policy
        ),
    )
    page.goto("/strict")
    page.wait_for_timeout(300)
    assert watched.reports
    assert watched.dialogs == ["3"]
    page.faults.clear()


def missing(seen):
    """Return the texts that do not stand there as they were typed."""
    return [text for text in TEXTS if folded(text) not in seen]


def test_there_are_three_hundred():
    assert len(set(TEXTS)) >= 300
    joined = folded(" ".join(chunks(MOST_QUESTION)))
    assert all(folded(text) in joined for text in TEXTS)


def typed_as_a_customer(watched, sign_in, person):
    """Type a question with a file, a comment of a reading, the name of an account."""
    page = sign_in(watched.page, person)
    first = chunks(MOST_QUESTION - 100)[0]
    page.goto("/questions")
    page.select_option("#question-form [name=topic]", "other")
    page.fill("#question-form [name=text]", first)
    picture = {
        "name": f"{SHORT}.png",
        "mimeType": "image/png",
        "buffer": PIXEL,
    }
    page.set_input_files("#question-form [name=files]", picture)
    page.click("#question-form button:not([name])")
    page.wait_for_url("**/questions/*-*")
    comment = chunks(MOST_COMMENT - 50)[0]
    page.goto("/readings")
    page.fill("#t1", "4000")
    page.click("#reading-form button")
    page.fill("#reading-review [name=comment]", comment)
    page.click("#reading-review button[name='answer:review']")
    page.locator("[data-taken]").wait_for()
    page.goto("/profile/accounts")
    page.locator("a[href^='/profile/accounts/']").first.click()
    page.fill("[name=label]", SHORT[:MOST_LABEL])
    page.locator("form:has([name=label]) button").first.click()
    page.wait_for_url(lambda url: "/profile/accounts/" not in url)
    return first, comment


def typed_as_a_visitor(watched):
    """Type what is no account, no sum and no address into the form to register."""
    page = watched.page
    for text in (SHORT, *TEXTS[::30]):
        page.goto("/registration")
        for control in page.locator("main form input:not([type])").all():
            control.fill(text)
        for control in page.locator("main form input[type=text]").all():
            control.fill(text)
        page.locator("main form button").first.click()
        page.locator("main .err").first.wait_for()
        assert not any((watched.dialogs, watched.reports, watched.foreign)), text


#: A whole PNG of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def test_what_a_customer_types_is_letters_for_everybody(
    watch, sign_in, poisoned, clerk, stored
):
    mine, desk = watch(), watch()
    typed_as_a_visitor(watch())
    first, comment = typed_as_a_customer(mine, sign_in, poisoned)
    with stored():
        account = Account.get_by_id(poisoned.account_id)
        number = account.number
        access = AccountAccess.get(AccountAccess.account == account.id)
        assert access.label == SHORT
        rows = Question.select().where(Question.account == account.id)
        questions = [(str(row.public_id), row.id) for row in rows]
        requests = [
            str(row.public_id)
            for row in RegistrationRequest.select().where(
                RegistrationRequest.account == account.id
            )
        ]
        assert Reading.select().where(Reading.comment == comment).count() == 2
        wishes = [
            str(row.public_id)
            for row in ServiceRequest.select().where(
                ServiceRequest.account == account.id
            )
        ]
    assert not any((mine.dialogs, mine.reports, mine.foreign))
    wished = mine.visit("/requests")
    for public_id in wishes:
        wished += mine.visit(f"/requests/{public_id}")
    assert missing(wished) == []
    seen = ""
    for path in (
        "/",
        "/readings",
        "/history",
        "/statement",
        "/bills",
        "/questions",
        "/profile",
        "/profile/accounts",
        f"/profile/accounts/{access.slug}",
        f"/profile/accounts/{access.slug}/log",
        "/profile/delegates",
        *(f"/questions/{public_id}" for public_id, _ in questions),
    ):
        seen += mine.visit(path)
    assert missing(seen) == []
    sign_in(desk.page, clerk)
    seen = ""
    for path in (
        "/staff/",
        "/staff/questions",
        "/staff/registrations",
        f"/staff/accounts?number={number}",
        f"/staff/accounts/{number}",
        f"/staff/entering?account={number}",
        "/staff/quarantine",
        "/staff/unrecognised",
        "/staff/loads",
        *(f"/staff/registrations/{public_id}" for public_id in requests[:5]),
        *(f"/staff/questions/{public_id}" for public_id, _ in questions),
    ):
        seen += desk.visit(path)
    assert missing(seen) == []
    assert folded(first) in seen
    assert folded(comment) in seen
    wished = desk.visit("/staff/requests")
    for public_id in wishes:
        wished += desk.visit(f"/staff/requests/{public_id}")
    assert missing(wished) == [], "words of requests for work"
    review = desk.visit("/staff/")
    assert missing(review) == [], "comments of readings"
    letters = desk.visit("/demo/mail")
    for letter in range(1, len(chunks(MOST_QUESTION)) + 1):
        letters += desk.visit(f"/demo/mail/{letter}")
    assert missing(letters) == []
    # What is looked for comes back too.
    for text in TEXTS[::12]:
        desk.page.goto("/staff/entering")
        desk.page.fill("#q", text)
        desk.page.press("#q", "Enter")
        desk.page.locator("#entering-search #q").wait_for()
        assert not any((desk.dialogs, desk.reports, desk.foreign)), text
    assert mine.visited + desk.visited > 35
