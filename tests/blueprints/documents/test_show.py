"""Anyone reads the documents; HTML in them is text."""

import html5lib
import pytest

from cabinet.models import Document
from cabinet.services import documents
from cabinet.web.markdown import markdown
from tests.browsing import TREE


@pytest.fixture
def texts(db, now):
    words = {"company": "АО «Свет»", "phone": "8 800 1", "hours": "с 8"}
    list(documents.load(words, now=now))


def test_every_document_is_read_without_sign_in(browser, texts):
    index = browser.get("/documents")
    links = [link.get("href") for link in index.select("main li a")]
    assert len(links) == len(documents.CODES)
    for link in links:
        page = browser.get(link)
        assert "Редакция 2026-11, действует с 1 ноября 2026 года" in page.text


def test_an_older_version_says_so(browser, texts):
    new = documents.get_document("data-policy", day=Document.get().starts)
    Document.create(
        code=new.code,
        version="2025-01",
        title=new.title,
        text="Раньше",
        text_hash="0" * 64,
        starts=new.starts.replace(year=2025),
    )
    page = browser.get("/documents/data-policy?version=2025-01")
    assert "Это прежняя редакция" in page.text
    assert "Раньше" in page.text


@pytest.mark.parametrize("path", ["nothing", "data-policy?version=9", "../login"])
def test_a_document_that_is_not_there(browser, texts, path):
    browser.get(f"/documents/{path}", status=404)


def test_without_documents_there_is_a_telephone(browser, db):
    assert "8 800 000-00-00" in browser.get("/documents").text_of("main")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](https://evil.example/)",
        "![x](https://evil.example/x.png)",
        '<a href="https://evil.example/" style="x">x</a>',
        "<https://evil.example/>",
    ],
)
def test_a_document_brings_nothing_foreign(text):
    html = f"<!doctype html><title>-</title><body>{markdown(text)}"
    body = html5lib.HTMLParser(tree=TREE, namespaceHTMLElements=False).parse(html)
    elements = body.getroot().find("body").iter()
    assert {element.tag for element in elements} <= {"body", "p", "a"}
    assert not body.xpath("//@style | //@onerror | //a/@href")
