"""The receipt as a PDF: what it says, what it carries, what it touches."""

import io
import re
import resource
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html import unescape
from itertools import zip_longest
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.pdf import fonts
from cabinet.pdf.fonts import CHARACTERS, HARD_SPACE_DRAWN, font_folder
from cabinet.pdf.receipt import TEMPLATE, Doors, context_of, receipt_pdf, sizes_of
from cabinet.pdf.render import PdfError, _convert, pages_of, pdf
from tests import receipts

TITLE = "Квитанция за октябрь 2026"
DOORS = Doors(
    pay="https://lk.example.ru/guest/pay",
    readings="https://lk.example.ru/guest/readings",
)


@pytest.fixture
def render(app):
    """Make the PDF of a receipt."""

    def make(receipt, title=TITLE, doors=DOORS):
        with app.app_context():
            return receipt_pdf(receipt, title=title, doors=doors)

    return make


def text_of(content):
    return "\n".join(
        page.extract_text() for page in PdfReader(io.BytesIO(content)).pages
    )


def words_of(content):
    """The text with spaces folded, hard ones too."""
    return " ".join(text_of(content).split())


def test_the_text_is_what_was_meant(render):
    said = words_of(render(receipts.receipt()))
    for words in (
        TITLE,
        "АО «Курская энергосбытовая компания»",
        "К оплате до 16 ноября 2026 года",
        "4612 7904 0069",
        "Новикова Анна Ивановна",
        "46АБ123456, 46АБ123456-01",
        "40702810900000001234",
        "Не оплачено на 1 октября 1 629,61 ₽",
        "−1 629,61 ₽",
        "№ 461279040069-202610",
        "22 % в том числе, 174,69 ₽",
        "4 634 − 4 512 = 122",
        "122 кВт·ч × 5,71 ₽",
        "71 кВт·ч на человека",
        "По показаниям от 22 октября (личный кабинет), пункт 42 Правил.",
        "Счётчик № 10834547, Нева МТ 114, поверка до 16.11.2028.",
        "Картой на сайте lk.example.ru/guest/pay, без комиссии",
        "Показания lk.example.ru/guest/readings",
    ):
        assert words in said, f"{words!r} in {said!r}"


def test_pdftotext_reads_it_too(render, tmp_path):
    path = tmp_path / "receipt.pdf"
    path.write_bytes(render(receipts.receipt()))
    said = subprocess.run(
        ["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True
    ).stdout
    assert "968,76 ₽" in said
    assert "ёё" not in said
    assert "Лицевой счёт" in said


def meant(app, template, **context):
    """What the template says: all its text, a line for each block."""
    with app.app_context():
        html = app.jinja_env.get_template(template).render(
            title=TITLE, fonts="/", **context
        )
    body = html[html.index("<body") :]
    inline = re.sub(r"</?(?:a|b|span|small|font)\b[^>]*>", "", body)
    return unescape(re.sub(r"<[^>]+>", "\n", inline))


def size_of(app, receipt):
    """The size of type the receipt is drawn in: the largest that fits a page."""
    context = context_of(receipt, DOORS)
    with app.app_context():
        for size in sizes_of(receipt):
            if pages_of(pdf(TEMPLATE, title=TITLE, size=size, **context)) == 1:
                return size
    raise AssertionError("it does not fit a page")


def with_hard_spaces(text):
    """Each figure with its unit, in order."""
    return re.findall(r"[^ \n\t\f]*\u00a0[^ \n\t\f]*", text)


@pytest.mark.parametrize(
    "make", [receipts.receipt, receipts.roomy, receipts.longest, receipts.beyond]
)
def test_every_word_is_there_as_often_as_it_was_meant(app, render, make):
    context = {**context_of(make(), DOORS), "size": size_of(app, make())}
    words = Counter(meant(app, "pdf/receipt.html", **context).split())
    assert words["₽"] > 5
    assert Counter(text_of(render(make())).split()) == words


@pytest.mark.parametrize("make", [receipts.receipt, receipts.longest])
def test_hard_spaces_stand_exactly_where_they_were_meant(app, render, make):
    context = {**context_of(make(), DOORS), "size": size_of(app, make())}
    figures = with_hard_spaces(meant(app, "pdf/receipt.html", **context))
    assert any("\u00a0₽" in figure for figure in figures)
    assert any("\u00a0кВт·ч" in figure for figure in figures)
    # Poppler folds hard spaces into plain ones itself; pypdf tells what the file says.
    said = text_of(render(make()))
    assert sorted(with_hard_spaces(said)) == sorted(figures)


def test_a_hard_space_is_as_wide_as_a_plain_one(render, settings):
    render(receipts.receipt())
    for face in font_folder(settings.home / "cache").glob("*.ttf"):
        font = TTFont(face)
        names = font.getBestCmap()
        widths = font["hmtx"].metrics
        drawn, plain = names[ord(HARD_SPACE_DRAWN)], names[ord(" ")]
        assert widths[drawn][0] == widths[plain][0] > 0


def test_every_letter_of_the_alphabet_comes_back(render):
    letters = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
    found = receipts.receipt(payer=receipts.payer(holder=letters))
    assert letters in text_of(render(found)).replace("\n", "")


@pytest.mark.parametrize(
    ("volume", "words"),
    [
        (
            {
                "basis": ChargeBasis.AVERAGE,
                "mean_of": 6,
                "silent": 2,
                "norm_from": Month(2026, 12),
                "registers": (),
            },
            (
                "По среднему за 6 месяцев: показаний за этот месяц нет"
                " (пункт 59 «б» Правил). 2-й месяц по среднему, с 1 декабря начислим по нормативу: 71 кВт·ч на человека × 5."
                " Передайте показания, и мы пересчитаем."
            ),
        ),
        (
            {
                "basis": ChargeBasis.AVERAGE,
                "mean_of": 3,
                "silent": 3,
                "next_norm": True,
                "registers": (),
            },
            "3-й месяц по среднему, со следующего начислим по нормативу: 71",
        ),
        (
            {"basis": ChargeBasis.NORM, "silent": 4, "registers": ()},
            (
                "показаний нет 4-й месяц подряд (пункт 60 Правил)."
                " 71 кВт·ч на человека × 5 = 122 кВт·ч."
            ),
        ),
        (
            {"resumed": 1},
            "Их не было 1 месяц: расход за это время поделили на 2, часть",
        ),
    ],
)
def test_it_tells_what_the_volume_rests_on(render, volume, words):
    said = words_of(render(receipts.receipt(volume=receipts.volume(**volume))))
    assert words in said


def test_it_tells_how_a_recalculation_came_about(render):
    said = words_of(render(receipts.longest()))
    assert "Перерасчёт −1 234,56 ₽. За июль 2026 – сентябрь" in said
    assert "по показаниям 300 кВт·ч, было начислено 520 кВт·ч, разница −220" in said
    assert "ночь −1 234,567 × 5,71 ₽ = −411,52 ₽, полупик −1 234,567 × 5,71 ₽" in said


def test_an_advance_is_not_a_debt(render):
    paid = receipts.balance(paid=Money.parse("3000,00"))
    said = words_of(render(receipts.receipt(balance=paid)))
    assert "Платить не нужно: переплата 401,63 ₽" in said


def test_it_is_one_page_with_a_title_and_a_language(render, tmp_path):
    path = tmp_path / "receipt.pdf"
    path.write_bytes(render(receipts.receipt()))
    told = subprocess.run(
        ["pdfinfo", path], check=True, capture_output=True, text=True
    ).stdout
    assert re.search(r"^Title: +Квитанция за октябрь 2026$", told, re.MULTILINE)
    assert re.search(r"^Pages: +1$", told, re.MULTILINE)
    assert "A4" in told
    assert PdfReader(path).trailer["/Root"]["/Lang"] == "ru"


def test_every_font_that_draws_is_embedded(render):
    page = PdfReader(io.BytesIO(render(receipts.receipt()))).pages[0]
    fonts = {
        name: font.get_object() for name, font in page["/Resources"]["/Font"].items()
    }
    drawing = set()
    current = None

    def visit(operator, operands, *_):
        nonlocal current
        if operator == b"Tf":
            current = operands[0]
        shown = operands[0] if operands else b""
        if operator in (b"Tj", b"TJ", b"'") and bytes(str(shown), "utf-8").strip():
            drawing.add(current)

    page.extract_text(visitor_operand_before=visit)
    assert drawing
    for name in drawing:
        font = fonts[name]
        assert "PTSans" in font["/BaseFont"], name
        assert "/FontFile2" in font["/FontDescriptor"], name


@pytest.mark.parametrize("dpi", [100, 150, 300])
def test_both_codes_are_read_from_the_printed_page(render, tmp_path, dpi):
    path = tmp_path / "receipt.pdf"
    path.write_bytes(render(receipts.receipt()))
    picture = tmp_path / "page"
    subprocess.run(
        ["pdftoppm", "-r", str(dpi), "-png", "-singlefile", path, picture], check=True
    )
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", f"{picture}.png"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    number = receipts.receipt().payer.number
    assert sorted(read.splitlines()) == [
        receipts.QR,
        f"https://lk.example.ru/guest/readings?account={number}",
    ]


def test_without_a_code_the_requisites_are_there(render):
    said = text_of(render(receipts.receipt(qr="")))
    assert "Код для оплаты" not in said
    assert "043807606" in said


def test_it_is_small(render):
    assert len(render(receipts.receipt())) <= 60_000
    assert len(render(receipts.longest())) <= 60_000


def test_a_warm_receipt_cuts_no_font_and_opens_nothing_else(
    render, watch, settings, monkeypatch
):
    render(receipts.receipt())
    monkeypatch.setattr(fonts, "_cut", lambda *_: pytest.fail("cut again"))
    opened = [watch.opened_by(lambda: render(receipts.receipt())) for _ in range(2)]
    folder = font_folder(settings.home / "cache")
    assert set(opened[0]) == {str(folder / name) for name in fonts.FACES}
    assert opened[0] == opened[1]


def test_a_font_that_cannot_be_read_is_an_error(app, monkeypatch, tmp_path):
    from cabinet.pdf import render as module

    monkeypatch.setattr(module, "font_folder", lambda _cache: tmp_path)
    with app.app_context(), pytest.raises(PdfError):
        receipt_pdf(receipts.receipt(payer=receipts.payer(number="1")), title=TITLE)


def test_fonts_are_cut_once_for_everybody(tmp_path):
    folder = font_folder(tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert font_folder(tmp_path) == folder
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(before) == {"regular.ttf", "bold.ttf"}
    drawn = CHARACTERS | {HARD_SPACE_DRAWN}
    assert all(path.stat().st_size < 64_000 for path in folder.iterdir())
    for path in folder.iterdir():
        assert {chr(code) for code in TTFont(path).getBestCmap()} == drawn
    assert set("ёЁ№₽«»–—−×·\u00a0") <= CHARACTERS


def hostile_words():
    """Two hundred things that a name or an address must not do."""
    targets = (
        "http://127.0.0.1:9/x",
        "http://2130706433:9/x",
        "http://[::ffff:127.0.0.1]:9/x",
        "http://localhost:9/x",
        "https://example.org/x",
        "file:///etc/passwd",
        "/etc/passwd",
        "../../../etc/passwd",
        "ftp://127.0.0.1/x",
        "data:text/html,<script>alert(1)</script>",
    )
    shapes = (
        '<img src="{}">',
        "<link rel=stylesheet href='{}'>",
        "<style>@import url({});</style>",
        "<style>@font-face {{ font-family: x; src: url({}) }}</style>",
        "<style>@page {{ background-image: url({}) }}</style>",
        "<p style=\"background: url('{}')\">x</p>",
        '<pdf:include src="{}">',
        "<object data={}></object>",
        "<iframe src={}></iframe>",
        '<a href="{}">x</a>',
        '"><img src={}>',
        "' onload='{}'",
        "</td></tr></table></body></html><img src={}>",
        "<!--{}",
        "]]>{}",
        "{{{{ {} }}}}",
        "<svg><image href='{}'/></svg>",
    )
    words = [shape.format(target) for shape in shapes for target in targets]
    return [
        *words,
        "\x00",
        "\ufffe",
        "\u202eтекст",
        "Ж" * 400,
        "<" * 400,
        "👩‍👩‍👧‍👦",
        "日本語",
        "العربية",
        "e\u0301" * 50,
        "&nbsp;&#0;&lt;",
        "{% for x in y %}",
        "\r\n\t\v",
        "%00%0a",
        "\\N{{BULLET}}",
        "<pdf:pagenumber>",
        "<pdf:toc/>",
        "<meta charset=utf-7>+ADw-script+AD4-",
        "<base href='http://127.0.0.1:9/'>",
        "<x" * 100,
        "</style>",
        "<table>" * 50,
        "<![CDATA[",
        "<?xml version='1.0'?>",
        "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
        "<script>while(1);</script>",
        "<pdf:nextpage>",
        "<h1>" * 100,
        "A" * 4000,
        "\ud7ff",
        "<img>",
    ]


class _Watch:
    """Sees every file and socket of the process while it is on."""

    def __init__(self):
        self.is_on = False
        self.seen = []
        sys.addaudithook(self)

    def __call__(self, event, arguments):
        if self.is_on and (event == "open" or event.startswith("socket.")):
            self.seen.append((event, str(arguments[0])))

    def opened_by(self, act):
        """Return how often the act opens each file; nothing stays seen."""
        kept, self.seen = self.seen, []
        self.is_on = True
        try:
            act()
        finally:
            self.is_on = False
            found, self.seen = self.seen, kept
        return Counter(path for event, path in found if event == "open")


def memory_now():
    """Return the kilobytes this process holds, and begin to look for its peak anew.

    The peak of its whole life would be that of the tests before.
    """
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def memory_peak():
    """Return the most kilobytes it has held since."""
    return _status("VmHWM")


def _status(name):
    text = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)[1])


@pytest.fixture(scope="module")
def watch():
    """An audit hook cannot be taken away, so there is one for the module."""
    return _Watch()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("together", [6, pytest.param(1, marks=pytest.mark.long)])
def test_hostile_words_fetch_nothing_and_break_nothing(
    render, watch, settings, together
):
    words = hostile_words()
    assert len(words) >= 200
    documents = [words[first::together] for first in range(together)]
    render(receipts.receipt())  # imports and fonts
    watch.seen.clear()
    begun = memory_now()
    before = resource.getrusage(resource.RUSAGE_SELF)
    for some in zip_longest(*documents, fillvalue=words[0]):
        half = -(-together // 2)
        holder, address = " ".join(some[:half]), " ".join(some[half:] or some)
        hostile = replace(
            receipts.receipt(),
            payer=receipts.payer(holder=holder, address=address),
            meters=(receipts.meter(model=some[0]),),
        )
        watch.is_on = True
        try:
            content = render(hostile)
        except PdfError:
            continue
        finally:
            watch.is_on = False
        assert content.startswith(b"%PDF")
    after = resource.getrusage(resource.RUSAGE_SELF)
    fonts = str(settings.home / "cache")
    strange = [
        (event, path)
        for event, path in watch.seen
        if not (event == "open" and path.startswith(fonts))
    ]
    assert strange == []
    assert after.ru_utime - before.ru_utime <= 0.5 * len(words)
    assert memory_peak() - begun <= 64 * 1024


def test_hostile_words_are_printed_as_words(render):
    said = text_of(
        render(receipts.receipt(payer=receipts.payer(holder='<img src="/etc/passwd">')))
    )
    assert '<img src="/etc/passwd">' in said


def test_the_renderer_is_imported_by_the_first_pdf_only():
    code = (
        "import sys; import cabinet.pdf.render, cabinet.blueprints.bills.views;"
        "sys.exit(int('xhtml2pdf' in sys.modules or 'reportlab' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_document_that_asks_for_a_file_is_an_error(tmp_path):
    html = "<html><body><img src='/etc/passwd'>x</body></html>"
    fonts = font_folder(tmp_path)
    with pytest.raises(PdfError) as error:
        _convert(html, "x", fonts)
    assert error.value.messages


def test_signs_the_fonts_lack_become_question_marks(render):
    found = receipts.receipt(payer=receipts.payer(holder="王 Е\u0308лкин 👩"))
    said = words_of(render(found))
    assert "? Ёлкин ?" in said
