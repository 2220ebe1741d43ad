"""A statement of charges and payments as a file to sign (акт сверки)."""

from cabinet.pdf.render import pdf
from cabinet.services.statement import Paper


def statement_pdf(paper: Paper, *, title: str) -> bytes:
    """Return the statement, on as many pages as it needs; raises PdfError."""
    return pdf("pdf/statement.html", title=title, paper=paper)
