"""The statement to sign: what it says, how it goes over its pages."""

import io
import re
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from pypdf import PdfReader

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.pdf.statement import statement_pdf
from cabinet.services.history import Recent
from cabinet.services.statement import paper as papers
from cabinet.services.statement import statement_paper
from tests.factories import make_bill, post

TITLE = "Акт сверки расчётов"
HEAD = "Дата Операция Дебет, ₽ Кредит, ₽ Долг, ₽"


@pytest.fixture
def render(app, alice, account, now):
    """Make the PDF of all that is on the account."""

    def make():
        found = statement_paper(alice.id, account.id, Recent.ALL, now=now)
        with app.test_request_context():
            return statement_pdf(found, title=TITLE)

    return make


def fill(account, count):
    for step in range(count):
        at = datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(hours=step)
        post(
            account,
            Money(-123456),
            at=at,
            channel="registry",
            document=f"77-{step:04}",
            month=Month(2026, 1),
        )


def pages_of(content):
    return [
        " ".join(page.extract_text().split())
        for page in PdfReader(io.BytesIO(content)).pages
    ]


def test_the_text_is_what_was_meant(render, account):
    make_bill(account, "2026-10", "812,40")
    post(account, Money(1060), kind=EntryKind.REFUND)
    post(account, Money(-50000), document="77-01", channel="registry")
    (said,) = pages_of(render())
    for words in (
        TITLE,
        "За период с 01.11.2026 по 22.11.2026",
        "Поставщик АО «Энергосбыт»",
        "7704228075, 463202001",
        "Потребитель Петрова Мария Петровна",
        "Лицевой счёт 4600 0000 0001",
        "ул. Ленина, д. 14, кв. 23",
        HEAD,
        "На начало периода 0,00",
        "Начислено, квитанция за октябрь 2026 812,40 812,40",
        "Возврат денег 10,60 823,00",
        "Оплата, по реестру банка, № 77-01 500,00 323,00",
        "Обороты за период 823,00 500,00",
        "Начислено 812,40 ₽",
        "Оплачено 500,00 ₽",
        "На 22.11.2026: долг 323,00 ₽",
        "От поставщика Потребитель",
        "подпись, фамилия, дата",
        "Страница 1",
    ):
        assert words in said, f"{words!r} in {said!r}"


def test_a_long_one_has_its_head_on_each_page(render, account):
    fill(account, 120)
    pages = pages_of(render())
    assert len(pages) > 2
    with_rows = [page for page in pages if "77-0" in page]
    assert len(with_rows) >= len(pages) - 1
    for number, page in enumerate(pages, start=1):
        assert f"Страница {number} " in f"{page} "
    for page in with_rows:
        assert page.count(HEAD) == 1, page
    together = " ".join(pages)
    assert re.findall(r"№ 77-(\d{4})", together) == [f"{n:04}" for n in range(120)]
    assert together.count("Обороты за период") == 1


def test_the_longest_one_is_made(render, account):
    fill(account, papers.MOST)
    content = render()
    assert "77-0149" in pages_of(content)[-1] + pages_of(content)[-2]
    assert len(content) < 400_000


def test_fonts_are_embedded_and_it_has_a_title_and_a_language(
    render, account, tmp_path
):
    fill(account, 80)
    path = tmp_path / "statement.pdf"
    path.write_bytes(render())
    told = subprocess.run(
        ["pdfinfo", path], check=True, capture_output=True, text=True
    ).stdout
    assert re.search(rf"^Title: +{TITLE}$", told, re.MULTILINE)
    assert "A4" in told
    reader = PdfReader(path)
    assert reader.trailer["/Root"]["/Lang"] == "ru"
    fonts = subprocess.run(
        ["pdffonts", path], check=True, capture_output=True, text=True
    ).stdout.splitlines()[2:]
    drawn = [line for line in fonts if "PTSans" in line]
    assert drawn
    assert all(line.split()[-5] == "yes" for line in drawn), fonts


def test_a_name_cannot_be_markup(render, account):
    post(account, Money(-5), document="<b>1</b> & Ко")
    assert "№ <b>1</b> & Ко" in pages_of(render())[0]
