"""Charges and payments of an account: a report for a period."""

from cabinet.services.statement.paper import Paper, TooLong, statement_paper
from cabinet.services.statement.report import statement
from cabinet.services.statement.shown import KindTotal, Statement, StatementRow

__all__ = [
    "KindTotal",
    "Paper",
    "Statement",
    "StatementRow",
    "TooLong",
    "statement",
    "statement_paper",
]
