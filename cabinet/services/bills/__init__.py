"""What a customer sees of bills: which months there are, and a month's receipt."""

from cabinet.services.bills.document import receipt_of
from cabinet.services.bills.months import BillMonth, BillMonths, bill_months
from cabinet.services.bills.receipt import Receipt
from cabinet.services.bills.show import BillNotFound, BillNotReady, get_receipt

__all__ = [
    "BillMonth",
    "BillMonths",
    "BillNotFound",
    "BillNotReady",
    "Receipt",
    "bill_months",
    "get_receipt",
    "receipt_of",
]
