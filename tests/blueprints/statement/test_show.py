import gzip
from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.models import Account, AccountAccess, LedgerEntry
from cabinet.pdf.render import PdfError
from cabinet.services.allocating import reallocate
from cabinet.services.audit import Actor
from cabinet.services.staff import Member
from tests.factories import make_bill, make_staff, post

KB = 1024
COVERED = "зачтено за сентябрь 2026 400,00 ₽, за октябрь 2026 100,00 ₽"
EMPTY = "За этот период начислений и платежей не было"


def said(page):
    """The words of the report as a person reads them."""
    return " ".join("".join(page.one("#report").itertext()).split())


def rows(page):
    return [
        [" ".join("".join(cell.itertext()).split()) for cell in row.cssselect("th, td")]
        for row in page.select("#report tbody tr")
    ]


def test_it_works(signed_in, autumn):
    page = signed_in.get("/statement")
    assert page.text_of("#report h2") == "Долг на 22.11.2026: 312,40 ₽"
    assert "Начислено 800,00 ₽. Пени 12,40 ₽. Оплачено 500,00 ₽." in said(page)
    assert rows(page) == [
        ["01.12.2025", "На начало", "", "0,00"],
        [
            "01.11.2026",
            "Начисленоквитанция за сентябрь 2026",
            "+400,00",
            "400,00",
        ],
        ["01.11.2026", "Начисленоквитанция за октябрь 2026", "+400,00", "800,00"],
        ["01.11.2026", "Пени за октябрь 2026", "+12,40", "812,40"],
        [
            "05.11.2026",
            f"Оплатапо реестру банка, № 77-01{COVERED}",
            "−500,00",
            "312,40",
        ],
    ]
    links = [link.get("href") for link in page.select("#report tbody a")]
    assert links == ["/bills/2026-09", "/bills/2026-10"]
    assert page.one("#first").get("value") == "01.12.2025"
    assert page.one("#last").get("value") == "22.11.2026"
    assert page.select("a[aria-current]")[0].text == "Начисления и платежи"


def test_what_an_operator_said_of_a_payment_is_shown(signed_in, autumn, now):
    boss = make_staff()
    entry = LedgerEntry.get(LedgerEntry.kind == EntryKind.PAYMENT)
    member = Member(boss.id, Role.OPERATOR)
    reallocate(
        member, entry.id, Month(2026, 10), "просьба", actor=Actor(boss.id), now=now
    )
    page = signed_in.get("/statement")
    assert rows(page)[-1][1].endswith(
        "зачтено за октябрь 2026 400,00 ₽, за сентябрь 2026 100,00 ₽"
    )


@pytest.mark.parametrize(
    ("kopecks", "words"),
    [
        (40000, "зачтено за сентябрь 2026"),
        (81240, "за октябрь 2026 400,00 ₽, в пени за октябрь 2026 12,40 ₽"),
        (90000, "в пени за октябрь 2026 12,40 ₽, в аванс 87,60 ₽"),
    ],
)
def test_a_payment_tells_what_it_covered(
    signed_in, account, autumn_bills, kopecks, words
):
    post(account, Money(-kopecks), at=datetime(2026, 11, 5, 9, tzinfo=UTC))
    assert rows(signed_in.get("/statement"))[-1][1].endswith(words)


def test_home_leads_to_it(signed_in, autumn):
    assert signed_in.get("/").select(".tiles a[href='/statement']")


def test_who_only_sends_readings_has_no_money(browser, bob, autumn):
    page = browser.sign_in(bob).get("/")
    assert not page.select("a[href='/statement']")
    for url in ("/statement", "/statement.csv", "/statement.pdf", "/statement?first=x"):
        assert "312" not in browser.get(url, status=404).text


def test_an_organisation_has_its_papers_instead(signed_in, autumn):
    Account.update(kind="organisation").execute()
    assert not signed_in.get("/").select("a[href='/statement']")


@pytest.mark.parametrize("word", ["в переплате", "без долга"])
def test_what_is_left_is_told_in_words(signed_in, autumn, word):
    left = 31240 if word == "без долга" else 40000
    post(autumn, Money(-left), at=datetime(2026, 11, 6, 9, tzinfo=UTC))
    page = signed_in.get("/statement")
    assert page.text_of("#report h2") == (
        "Долга нет на 22.11.2026"
        if word == "без долга"
        else "Переплата на 22.11.2026: 87,60 ₽"
    )


@pytest.mark.parametrize(
    "address",
    [
        "/statement",
        "/statement?months=3",
        "/statement?months=all",
        "/statement?first=01.11.2026&last=2026-11-15",
        "/statement?first=2020-01-01&last=2020-02-01",
    ],
)
def test_the_fragment_is_its_part_of_the_page(signed_in, autumn, address):
    page = signed_in.get(address)
    fragment = signed_in.get(address, htmx=True)
    assert fragment.title == "Начисления и платежи"
    assert fragment.element("#report") == page.element("#report")


@pytest.mark.parametrize("htmx", [True, False])
def test_a_period_is_asked_for_with_htmx_and_without(signed_in, autumn, htmx):
    page = signed_in.get("/statement")
    page = signed_in.submit(
        page, "#period", htmx=htmx, first="02.11.26", last="30 . 11 . 2026"
    )
    assert rows(page)[0] == ["02.11.2026", "На начало", "", "812,40"]
    assert len(rows(page)) == 2
    assert page.one("#last").get("value") == "30.11.2026"


def test_presets_come_first(signed_in, autumn):
    page = signed_in.get("/statement?months=6")
    links = page.select("#report > p:first-child a")
    assert [link.get("href") for link in links] == [
        "/statement?months=3",
        "/statement?months=12",
        "/statement?months=all",
    ]
    for link in links:
        assert link.get("data-hx-get") == link.get("href")


@pytest.mark.parametrize(
    ("first", "last", "faults"),
    [
        ("", "", 2),
        ("31.02.2026", "2026-03-01", 1),
        ("2026-03-02", "01.03.2026", 1),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("kind", ["", ".csv", ".pdf"])
def test_bad_days_are_422_and_stay(signed_in, autumn, first, last, faults, htmx, kind):
    url = f"/statement{kind}?first={first}&last={last}"
    page = signed_in.get(url, htmx=htmx, status=422)
    assert page.title.startswith("Ошибка: Начисления и платежи")
    assert len(page.select("input[aria-invalid=true]")) == faults
    assert not page.select("table")
    if first == "31.02.2026":
        assert page.one("#first").get("value") == first


def test_an_empty_period_is_told_in_words(signed_in, autumn):
    page = signed_in.get("/statement?first=2026-11-10&last=2026-11-12")
    assert page.text_of("#report h2") == EMPTY
    assert "Долг 312,40 ₽ на весь период. Первая операция была 1 ноября" in page.text
    assert page.select("#report a[href='/statement?months=all']")
    assert not page.select("table")


def test_a_new_account_is_told_what_will_stand_here(signed_in):
    page = signed_in.get("/statement")
    assert page.text_of("#report h2") == EMPTY
    said = "Здесь появится каждое начисление и каждый платёж, после оплаты в течение суток."
    assert said in page.text


def test_who_came_later_is_told_so(signed_in, autumn):
    AccountAccess.update(since=date(2026, 11, 2)).execute()
    page = signed_in.get("/statement")
    assert "Операций до 2 ноября 2026 года здесь нет" in page.text
    assert page.text_of("#report h2") == "Переплата на 22.11.2026: 500,00 ₽"
    assert len(rows(page)) == 2


def test_long_periods_are_shown_in_pieces(signed_in, account):
    for step in range(50):
        moment = datetime(2026, 9, 1, 9, tzinfo=UTC) + timedelta(days=step)
        post(account, Money(-100), at=moment)
    page = signed_in.get("/statement?months=all")
    assert len(rows(page)) == 1 + 40
    assert rows(page)[0] == ["11.09.2026", "Перед этими строками", "", "−10,00"]
    assert rows(page)[-1][-1] == "−50,00"
    older = page.select("a[href*='page=2']")[0]
    assert older.text == "Показать более ранние: 10\xa0строк"
    page = signed_in.get(older.get("href"))
    assert len(rows(page)) == 1 + 10
    assert page.text_of("#report h2") == "Переплата на 22.11.2026: 50,00 ₽"
    assert page.select("a[href*='page=1']")


@pytest.mark.parametrize(
    "page", ["", "0", "-1", "x", "99999999999999999999", "²", "1e3"]
)
def test_a_strange_page_is_one_of_the_pages(signed_in, autumn, page):
    assert signed_in.get(f"/statement?months=all&page={page}").select("table")


def test_a_year_fits_its_weight(signed_in, account):
    for number in range(1, 13):
        month = f"{2025 + number // 12}-{number % 12 + 1:02}"
        make_bill(account, month, f"{700 + number},40")
        moment = datetime(2026, min(number, 11), 11, 9, tzinfo=UTC)
        post(
            account,
            Money(-70000 - number),
            at=moment,
            document=f"{number}-778-21",
            channel="registry",
        )
    page = signed_in.get("/statement?months=all")
    assert len(rows(page)) == 1 + 24
    assert len(gzip.compress(page.body)) < 4 * KB


def test_a_document_that_is_too_long_is_refused_at_the_field(
    signed_in, autumn, monkeypatch
):
    from cabinet.services.statement import paper

    monkeypatch.setattr(paper, "MOST", 2)
    page = signed_in.get("/statement.pdf?first=2026-01-01&last=2026-12-31", status=422)
    assert "выберите период короче" in page.text
    assert page.one("#first").get("value") == "01.01.2026"


def test_a_document_that_is_not_made_leaves_the_page(signed_in, autumn, monkeypatch):
    from cabinet.blueprints.statement import views

    def broken(*_, **__):
        raise PdfError(("no font",))

    monkeypatch.setattr(views, "statement_pdf", broken)
    page = signed_in.get("/statement.pdf?months=12", status=503)
    assert "Распечатайте эту страницу" in page.text
    assert len(rows(page)) == 5


@pytest.mark.parametrize("kind", list(EntryKind))
def test_each_kind_has_its_words(signed_in, account, kind):
    post(account, Money(-700), kind=kind, at=datetime(2026, 11, 5, tzinfo=UTC))
    page = signed_in.get("/statement")
    (_, told, sum_, left) = rows(page)[1]
    assert told
    assert (sum_, left) == ("−7,00", "−7,00")
    total = "7,00" if kind in ("payment", "benefit") else "−7,00"
    assert f" {total} ₽." in said(page)
