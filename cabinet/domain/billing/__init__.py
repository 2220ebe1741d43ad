"""A month's bill: volume, price, benefits, penalties and how the debt moved.

Pure: everything dated and everything read comes in, the bill and what the next month
takes over from it come out.
"""

from cabinet.domain.billing.benefit import Benefit, BenefitLine, benefit_lines
from cabinet.domain.billing.lateness import PenaltyLine, free_days, penalty_lines
from cabinet.domain.billing.month import (
    BillCase,
    MonthBill,
    SocialNormMissing,
    Standing,
    Terms,
    bill_month,
)
from cabinet.domain.billing.order import Order, OrderReason, OrderState

__all__ = [
    "Benefit",
    "BenefitLine",
    "BillCase",
    "MonthBill",
    "Order",
    "OrderReason",
    "OrderState",
    "PenaltyLine",
    "SocialNormMissing",
    "Standing",
    "Terms",
    "benefit_lines",
    "bill_month",
    "free_days",
    "penalty_lines",
]
