"""A month's receipt, put together from the bill, the ledger and the branch."""

import logging
from datetime import date, datetime, tzinfo

from cabinet.domain.errors import NotFound
from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month, local_day
from cabinet.domain.vat import VatRate, VatRateMissing, vat_inside, vat_rate
from cabinet.exchange.gost_qr import Payee, QrError, payment_text
from cabinet.models import Account, Bill, Branch, Meter
from cabinet.models import VatRate as VatRateRow
from cabinet.models.base import reading
from cabinet.services.access import AccountCard, get_access
from cabinet.services.billing import used
from cabinet.services.billing.used import Used
from cabinet.services.bills.ledger import movement
from cabinet.services.bills.months import is_shown
from cabinet.services.bills.receipt import (
    Balance,
    MeterCard,
    PayeeCard,
    PayerCard,
    Receipt,
    Volume,
)
from cabinet.services.bills.snapshot import Snapshot, unpack

log = logging.getLogger(__name__)

#: The longest name of a bank that the payment code takes; its BIC tells which it is.
_BANK_NAME = 45


class BillNotFound(NotFound):
    """There is no bill of the month, or it is not this user's to see."""


class BillNotReady(LookupError):
    """The month's bill is still to come; carries the day it is expected."""

    def __init__(self, month: Month, ready_on: date, *, is_late: bool) -> None:
        super().__init__(f"the bill of {month} comes on {ready_on}")
        self.month = month
        self.ready_on = ready_on
        self.is_late = is_late


def get_receipt(
    user_id: int, account_id: int, month: Month, *, now: datetime
) -> Receipt:
    """Return the receipt of the month.

    Raises AccountNotFoundError, BillNotFound for a month that never had a bill or that
    the user may not see, BillNotReady for the month that is on and those after it.
    """
    with reading():
        card = get_access(user_id, account_id, now=now, level=AccessLevel.FULL)
        bill = _bill(card, month, now)
        if bill is None:
            raise _missing(card, month, local_day(now, card.zone))
        return receipt_of(bill, card.zone)


def _bill(card: AccountCard, month: Month, now: datetime) -> Bill | None:
    if not is_shown(card, month):
        return None
    found: Bill | None = (
        Bill.select(Bill, Account, Branch)
        .join(Account)
        .join(Branch)
        .where(
            Bill.account == card.account_id,
            Bill.month == month,
            Bill.published_at <= now,
        )
        .first()
    )
    return found


def _missing(card: AccountCard, month: Month, today: date) -> Exception:
    """Tell a month still to come from one that never had a bill."""
    newest = (
        Bill.select(Bill.month)
        .where(Bill.account == card.account_id)
        .order_by(Bill.month.desc())
        .limit(1)
        .scalar()
    )
    this = Month.of(today)
    is_awaited = newest is not None and newest < month < this
    if month >= this or is_awaited:
        return BillNotReady(month, month.ends, is_late=is_awaited)
    return BillNotFound(month)


def receipt_of(bill: Bill, zone: tzinfo) -> Receipt:
    """Return the receipt of a bill with its account and branch; `zone` is the branch's.

    Inside the open transaction.
    """
    snapshot = unpack(bill.lines, recalculated=bill.recalculated)
    balance = _balance(bill, zone)
    vat, rate = _vat(bill, snapshot)
    return Receipt(
        number=bill.number,
        month=bill.month,
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        payee=_payee(bill.account.branch),
        payer=_payer(bill.account, used.unpack(bill.lines)),
        meters=_meters(bill, snapshot),
        volume=Volume(
            basis=bill.basis,
            energy=bill.volume,
            registers=snapshot.registers,
            mean_of=snapshot.mean_of,
            silent=snapshot.silent,
            resumed=snapshot.resumed,
            next_norm=snapshot.next_norm,
            silence=snapshot.silence,
            bridged=snapshot.bridged,
        ),
        lines=snapshot.lines,
        recalculation=snapshot.recalculation,
        benefits=snapshot.benefits,
        penalties=snapshot.penalties,
        balance=balance,
        vat=vat,
        vat_rate=rate,
        qr=_payment_code(bill, balance.closing),
    )


def _balance(bill: Bill, zone: tzinfo) -> Balance:
    """Return the bill's own opening and payments, or those of the ledger."""
    moved = movement(bill.account_id, bill.month, zone)
    return Balance(
        opening=moved.opening if bill.opening is None else bill.opening,
        charged=bill.charged,
        recalculated=bill.recalculated,
        penalty=bill.penalty,
        benefit=bill.benefit,
        paid=moved.paid if bill.paid is None else bill.paid,
        last_paid_on=moved.last_paid_on,
    )


def _payee(branch: Branch) -> PayeeCard:
    return PayeeCard(
        company=branch.company,
        inn=branch.inn,
        kpp=branch.kpp,
        bank=branch.bank,
        bic=branch.bic,
        account=branch.settlement_account,
        corr_account=branch.correspondent_account,
        address=branch.address,
        phone=branch.phone,
        hours=branch.hours,
        email=branch.email,
        site=branch.site,
    )


def _payer(account: Account, kept: Used | None) -> PayerCard:
    """Return who pays; how many live there and the norm are those the bill went by."""
    return PayerCard(
        number=account.number,
        els=account.els or "",
        izhku=account.izhku or "",
        holder=account.holder,
        address=account.address,
        residents=account.residents if kept is None else kept.residents,
        norm=account.norm if kept is None else kept.norm,
    )


def _meters(bill: Bill, snapshot: Snapshot) -> tuple[MeterCard, ...]:
    """Return the meters the month was counted by, else those that stood in it."""
    used = {register.serial for register in snapshot.registers}
    month: Month = bill.month
    query = Meter.select().where(Meter.account == bill.account)
    return tuple(
        MeterCard(
            serial=meter.serial,
            model=meter.model,
            ratio=meter.ratio,
            verified_until=meter.verified_until,
            is_verification_over=(
                meter.verified_until is not None and meter.verified_until < month.ends
            ),
        )
        for meter in query.order_by(Meter.opening_on, Meter.id)
        if (meter.serial in used if used else _stood(meter, month))
    )


def _stood(meter: Meter, month: Month) -> bool:
    installed = meter.installed_on is None or meter.installed_on < month.ends
    return installed and (meter.removed_on is None or meter.removed_on >= month.starts)


def _vat(bill: Bill, snapshot: Snapshot) -> tuple[Money, int | None]:
    """Return the VAT inside what the month costs, and its rate if it is known.

    A bill of our own has kept its rate: it stays what it was, whatever rows say later.
    """
    if snapshot.vat_rate is not None:
        rates = [VatRate(rate=snapshot.vat_rate, starts=date.min)]
    else:
        rates = [
            VatRate(rate=row.rate, starts=row.starts, ends=row.ends)
            for row in VatRateRow.select()
        ]
    try:
        rate = vat_rate(bill.month, rates).rate
    except VatRateMissing:
        return Money(0), None
    return vat_inside(bill.charged + bill.recalculated, bill.month, rates), rate


def _payment_code(bill: Bill, due: Money) -> str:
    """Return the text of the payment code; without one the requisites are enough."""
    account: Account = bill.account
    branch: Branch = account.branch
    month: Month = bill.month
    try:
        return payment_text(
            Payee(
                name=branch.company,
                account=branch.settlement_account,
                bank=branch.bank[:_BANK_NAME],
                bic=branch.bic,
                corr_account=branch.correspondent_account,
                inn=branch.inn,
                kpp=branch.kpp,
            ),
            account=account.number,
            purpose=f"Электроэнергия, {month.number:02}.{month.year}, л/с {account.number}",
            month=month,
            amount=due if due.kopecks > 0 else None,
        )
    except QrError as error:
        log.warning("no payment code", extra={"branch": branch.code, "why": str(error)})
        return ""
