"""Письма и согласия: each switch and each withdrawal is an act of its own."""

from datetime import UTC, date, datetime

import pytest

from cabinet.domain.people import AccountKind, LetterKind
from cabinet.models import (
    Account,
    AccountAccess,
    AuditEntry,
    Consent,
    Document,
    RegistrationRequest,
    Subscription,
)
from cabinet.services import documents, preferences
from tests import factories
from tests.browsing import Browser

URL = "/profile/consents"
FORM = f"form[action='{URL}/letters']"
DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def texts(db):
    """Two documents in force, one of them with an earlier version."""
    for code, version, title, starts in (
        (documents.PROCESSING, "1", "Обработка данных", date(2026, 1, 1)),
        (documents.LETTERS, "1", "Письма кабинета, прежнее", date(2026, 1, 1)),
        (documents.LETTERS, "2", "Письма кабинета", date(2026, 11, 1)),
    ):
        Document.create(
            code=code,
            version=version,
            title=title,
            text="Слова",
            text_hash=f"{code}-{version}",
            starts=starts,
        )


@pytest.fixture
def mine(browser, alice, account, texts):
    return browser.sign_in(alice)


def agree(user, code=documents.PROCESSING, version="1", *, given=True, **values):
    return Consent.create(
        **{
            "user": user,
            "document": code,
            "version": version,
            "text_hash": f"{code}-{version}",
            "given": given,
            "at": datetime(2026, 1, 2, 9, tzinfo=UTC),
            "channel": "registration",
            **values,
        }
    )


def acts():
    return [
        (row.document, row.version, row.given, row.channel, row.note.partition(":")[0])
        for row in Consent.select().order_by(Consent.id)
    ]


def live():
    rows = Subscription.select().where(Subscription.ended_at.is_null())
    return {(row.user_id, row.kind) for row in rows}


def log(action):
    return AuditEntry.select().where(AuditEntry.action == action).count()


def choose(browser, *kinds, htmx=False, status=None, account=None):
    """Send the form of letters: several boxes of one name."""
    page = browser.get(URL)
    form = page.select(FORM)[0]
    data = {
        "csrf_token": form.xpath(".//input[@name='csrf_token']/@value")[0],
        "account": account or form.xpath(".//input[@name='account']/@value")[0],
        "letters": list(kinds),
    }
    return browser.post(
        f"{URL}/letters",
        data,
        htmx=htmx,
        status=status or (200 if htmx else 303),
        page=page,
    )


def withdraw(browser, code, **options):
    page = browser.get(URL)
    return browser.submit(page, f"form[action='{URL}/{code}/withdraw']", **options)


def checked(page):
    return [box.get("value") for box in page.select(f"{FORM} input[checked]")]


def test_the_way_there_is_on_the_profile(mine):
    assert mine.get("/profile").select(f"a[href='{URL}']")


def test_nothing_is_sent_until_it_is_asked_for(mine):
    page = mine.get(URL)
    assert checked(page) == []
    assert [
        box.get("value") for box in page.select(f"{FORM} input[type=checkbox]")
    ] == [
        "reminder",
        "bill",
        "verification",
    ]
    assert "Действующих согласий нет" in page.text


def test_each_switch_is_an_act(mine, alice):
    answer = choose(mine, "reminder", "bill")
    page = mine.get(answer.headers["Location"])
    assert "Сохранено" in page.text
    assert checked(page) == ["reminder", "bill"]
    assert live() == {(alice.id, "reminder"), (alice.id, "bill")}
    choose(mine, "bill")
    assert live() == {(alice.id, "bill")}
    letters = documents.LETTERS
    assert acts() == [
        (letters, "2", True, "letters", "reminder"),
        (letters, "2", True, "letters", "bill"),
        (letters, "2", False, "letters", "reminder"),
    ]
    assert {row.text_hash for row in Consent.select()} == {f"{letters}-2"}
    assert all(row.address_hash for row in Consent.select())
    assert (log("letters.on"), log("letters.off")) == (2, 1)
    page = mine.get(URL)
    assert "Отказ Напоминать передать показания" in page.text
    assert "22 ноября 2026 года, 12:00" in page.text


def test_twice_is_once(mine, alice):
    for _ in range(2):
        choose(mine, "bill")
    for _ in range(2):
        choose(mine)
    choose(mine, "bill")
    assert [given for _, _, given, _, _ in acts()] == [True, False, True]
    assert live() == {(alice.id, "bill")}
    assert Subscription.select().count() == 1


def test_htmx_gets_the_same_part(mine):
    answer = choose(mine, "bill", htmx=True)
    assert checked(answer) == ["bill"]
    page = mine.get(f"{URL}?saved=1")
    assert answer.element("#consents") == page.element("#consents")


@pytest.mark.parametrize("odd", ["spam", "", "<b>"])
def test_an_odd_letter_is_refused(mine, odd):
    page = choose(mine, odd, status=422)
    assert "Ошибка: Таких писем нет" in page.text
    assert page.title.startswith("Ошибка: ")
    assert page.select("fieldset.bad")
    assert not Consent.select().exists()


def test_bills_are_for_whoever_sees_them(app, bob, account, texts):
    browser = Browser(app).sign_in(bob)
    assert "квитанция готова" not in browser.get(URL).text
    choose(browser, "bill", status=422)
    choose(browser, "reminder")
    assert live() == {(bob.id, "reminder")}


def test_an_organisation_has_no_receipts(mine):
    Account.update(kind=AccountKind.ORGANISATION).execute()
    assert "квитанция готова" not in mine.get(URL).text


def test_a_strangers_account_does_not_exist(app, mine, alice, charlie):
    own = AccountAccess.get(AccountAccess.user == alice)
    other = Browser(app).sign_in(charlie)
    foreign = choose(other, "bill", account=own.slug, status=404)
    missing = choose(other, "bill", account="nothing", status=404)
    assert foreign.html == missing.html
    assert not live()


def test_letters_about_an_account_stay_with_their_person(app, mine, alice, charlie):
    choose(Browser(app).sign_in(charlie), "bill")
    assert checked(mine.get(URL)) == []
    assert len(mine.get(URL).select("tbody tr")) == 0


def test_what_was_agreed_to_is_shown(mine, alice):
    agree(alice)
    page = mine.get(URL)
    row = page.text_of("#consents .rows li")
    assert "Обработка данных , дано 2 января 2026 года, 12:00" in row
    assert "закройте кабинет" in row
    assert page.select("a[href='/leaving']")
    assert not page.select(f"form[action$='{documents.PROCESSING}/withdraw']")
    assert page.select("a[href='/documents/consent-processing?version=1']")


def test_what_was_agreed_to_at_registration_is_shown(mine, alice, account):
    access = AccountAccess.get(AccountAccess.user == alice)
    request = RegistrationRequest.create(
        public_id="00000000-0000-4000-8000-000000000000",
        key="k" * 20,
        branch=account.branch,
        account_number=account.number,
        account=account,
        email=alice.email,
        created_at=factories.MADE_AT,
        access=access,
    )
    agree(None, registration_id=request.id)
    agree(None, registration_id=request.id + 1, version="чужая")
    page = mine.get(URL)
    assert len(page.select("tbody tr")) == 1
    assert "чужая" not in page.text


def test_letters_can_be_taken_back_as_a_whole(mine, alice):
    agree(alice, documents.LETTERS)
    choose(mine, "reminder", "bill")
    page = withdraw(mine, documents.LETTERS)
    assert "Действующих согласий нет" in page.text
    assert checked(page) == []
    assert not live()
    # What was agreed to last is what is taken back.
    assert acts()[-1] == (documents.LETTERS, "2", False, "cabinet", "")
    assert (log("consent.withdrawn"), log("letters.off")) == (1, 2)


def test_taken_back_twice_is_once(mine, alice):
    agree(alice, documents.LETTERS)
    page = mine.get(URL)
    form = f"form[action='{URL}/{documents.LETTERS}/withdraw']"
    for _ in range(2):
        assert "Сохранено" in mine.submit(page, form).text
    assert len(acts()) == 2
    assert log("consent.withdrawn") == 1


def test_taken_back_it_may_be_given_again(mine, alice):
    choose(mine, "bill")
    withdraw(mine, documents.LETTERS)
    choose(mine, "bill")
    assert "Письма кабинета , дано" in mine.get(URL).text_of("#consents .rows")


def test_letters_of_before_the_words_were_loaded_can_be_ended(mine, alice, account):
    Subscription.create(
        user=alice, account=account, kind="reminder", since=factories.MADE_AT
    )
    Document.delete().execute()
    choose(mine)
    assert not live()
    assert acts() == [(documents.LETTERS, "", False, "letters", "reminder")]
    choose(mine, "bill", status=404)


@pytest.mark.parametrize("code", ["consent-mail", "consent-processing", "nothing"])
def test_what_cannot_be_taken_back_is_not_there(mine, alice, code):
    agree(alice)
    form = mine.get(URL).select(FORM)[0]
    token = form.xpath(".//input[@name='csrf_token']/@value")[0]
    mine.post(f"{URL}/{code}/withdraw", {"csrf_token": token}, status=404)
    assert len(acts()) == 1


def test_without_an_account_there_is_nothing_to_choose(browser, alice, texts):
    page = browser.sign_in(alice).get(URL)
    assert not page.select(FORM)
    assert "когда в кабинете появится лицевой счёт" in page.text


def test_staff_have_no_letters(browser, texts):
    staff = browser.sign_in(factories.make_staff())
    staff.get(URL, status=404)
    assert not staff.get("/profile").select(f"a[href='{URL}']")


def test_every_kind_has_its_words(alice, account, now):
    found = preferences.preferences(alice.id, now=now)
    assert set(found.letters[0].offered) == set(LetterKind)


def test_the_words_name_every_letter(db):
    words = {"company": "АО «Свет»", "phone": "1", "hours": "с 8"}
    list(documents.load(words, now=NOW))
    text = documents.get_document(documents.LETTERS, day=DAY).text
    words = {
        LetterKind.REMINDER: "Напоминание",
        LetterKind.BILL: "готовой квитанции",
        LetterKind.VERIFICATION: "конце поверки",
    }
    assert set(words) == set(LetterKind)
    for word in words.values():
        assert word in text
