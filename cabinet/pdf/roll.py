"""Many documents of one page in one file: fonts once, a page at a time.

xhtml2pdf makes a file of each document. Here each is laid out the same way and drawn on
one canvas, so that the file carries its fonts once and memory holds finished pages only.
"""

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from cabinet.pdf.render import PdfError, drawing, policy, prepare

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas


class TooLong(Exception):
    """A document does not fit its page; nothing of it is in the file."""


class Roll:
    """A file that grows by a page a document."""

    def __init__(self, title: str) -> None:
        prepare()
        self._canvas: Any = _open_canvas(title)
        self.pages = 0

    def add(self, html: str, fonts: Path) -> None:
        """Draw a document on a page of its own; raises TooLong and PdfError."""
        from xhtml2pdf.config.resources import (
            RenderLimitError,
            render_budget,
            use_policy,
        )
        from xhtml2pdf.context import pisaContext
        from xhtml2pdf.document import pisaStory
        from xhtml2pdf.files import cleanFiles
        from xhtml2pdf.util import reset_caches

        rules = policy(fonts)
        context = pisaContext("")
        context.resource_policy = rules
        with drawing:
            try:
                with use_policy(rules), render_budget(rules):
                    pisaStory(html, context=context, encoding="utf-8")
                    self._draw(context)
            except RenderLimitError as error:
                self._canvas.forget()
                raise PdfError((str(error),)) from error
            except BaseException:
                self._canvas.forget()
                raise
            finally:
                cleanFiles()
                reset_caches()
            if context.err or context.warn:
                self._canvas.forget()
                raise PdfError(tuple(message for _, _, message, _ in context.log))
            self._canvas.keep()
        self.pages += 1

    def _draw(self, context: Any) -> None:
        """Lay the story out on the frames of its page."""
        from reportlab.lib.sequencer import Sequencer
        from xhtml2pdf.default import DEFAULT_PAGE_NAME
        from xhtml2pdf.xhtml2pdf_reportlab import PmlBaseDoc

        canvas = self._canvas

        class OnOurCanvas(PmlBaseDoc):
            """A document that goes on with the canvas of the file."""

            def _makeCanvas(self, *_: object, **__: object) -> "Canvas":  # noqa: N802
                self.seq = Sequencer()
                return canvas

        templates = context.templateList
        document = OnOurCanvas(
            "",
            pagesize=context.pageSize,
            title=context.meta["title"],
            lang=context.lang_tag or None,
            allowSplitting=1,
        )
        document.addPageTemplates([templates.pop(DEFAULT_PAGE_NAME)])
        document.pisaPositioned = context.positioned
        # The file is written once, after the last document.
        document._doSave = 0  # noqa: SLF001 - reportlab's own switch
        document.build(context.story)

    def write(self, file: IO[bytes]) -> None:
        """Write the file; nothing can be added after."""
        file.write(self._canvas.getpdfdata())


def _open_canvas(title: str) -> "Canvas":
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    class PageByPage(Canvas):
        """A canvas whose page is kept or forgotten when its document is done."""

        is_drawn = False

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            """Hold the page; another one after it is one too many."""
            if self.is_drawn:
                raise TooLong
            self.is_drawn = True

        def keep(self) -> None:
            """Put the page into the file."""
            self.is_drawn = False
            super().showPage()

        def forget(self) -> None:
            """Drop what was drawn since the last page."""
            self.is_drawn = False
            self._code.clear()
            self._pageNumber -= 1
            self._startPage()

        def addOutlineEntry(self, *_: object, **__: object) -> None:  # noqa: N802
            """Make no table of contents: each page has the same headings."""

        def bookmarkPage(self, *_: object, **__: object) -> None:  # noqa: N802
            """Name no places: the names would be the same on each page."""

        def setTitle(self, _title: str) -> None:  # noqa: N802
            """Leave the title of the file as it is."""

    canvas = PageByPage("", pagesize=A4, pageCompression=1, lang="ru")
    Canvas.setTitle(canvas, title)
    return canvas
