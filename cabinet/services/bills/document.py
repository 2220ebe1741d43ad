"""A month's receipt, put together from the bill, the ledger and the branch."""

import logging
from datetime import date
from zoneinfo import ZoneInfo

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.vat import VatRate, VatRateMissing, vat_inside, vat_rate
from cabinet.domain.volume import MOST_PERIODS_BY_AVERAGE, Silence
from cabinet.exchange.gost_qr import Payee, QrError, payment_text
from cabinet.models import Account, Bill, Branch, Meter
from cabinet.models import VatRate as VatRateRow
from cabinet.services.billing import used
from cabinet.services.billing.used import Used
from cabinet.services.bills.ledger import movement
from cabinet.services.bills.owed import months_owed
from cabinet.services.bills.receipt import (
    Balance,
    MeterCard,
    PayeeCard,
    PayerCard,
    Receipt,
    Volume,
)
from cabinet.services.bills.snapshot import Snapshot, unpack
from cabinet.services.bills.year import year_used

log = logging.getLogger(__name__)

#: The longest name of a bank that the payment code takes; its BIC tells which it is.
_BANK_NAME = 45


def receipt_of(bill: Bill, *, zone: ZoneInfo, since: date | None = None) -> Receipt:
    """Return the receipt, inside the open transaction.

    `zone` is that of the branch; of months that ended by `since` nothing is shown.
    """
    snapshot = unpack(bill.lines, recalculated=bill.recalculated)
    kept = used.unpack(bill.lines)
    balance = _balance(bill, zone)
    vat, rate = _vat(bill, snapshot)
    return Receipt(
        number=bill.number,
        month=bill.month,
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        payee=_payee(bill.account.branch),
        payer=_payer(bill.account, kept),
        meters=_meters(bill, snapshot),
        volume=Volume(
            basis=bill.basis,
            energy=bill.volume,
            registers=snapshot.registers,
            mean_of=snapshot.mean_of,
            silent=snapshot.silent,
            resumed=snapshot.resumed,
            next_norm=snapshot.next_norm,
            norm_from=_norm_from(bill, snapshot),
            silence=snapshot.silence,
            bridged=snapshot.bridged,
        ),
        lines=snapshot.lines,
        recalculation=snapshot.recalculation,
        orders=snapshot.orders,
        benefits=snapshot.benefits,
        penalties=snapshot.penalties,
        acts=() if kept is None else tuple(dict.fromkeys(filter(None, kept.acts))),
        pauses=() if kept is None else kept.pauses,
        balance=balance,
        debts=months_owed(bill, balance, zone),
        year=year_used(bill, since=since),
        vat=vat,
        vat_rate=rate,
        qr=_payment_code(bill, balance.closing),
    )


def _norm_from(bill: Bill, snapshot: Snapshot) -> Month | None:
    """Return the month the norm begins with if readings go on missing (decree 354, 60)."""
    if bill.basis is not ChargeBasis.AVERAGE or not snapshot.silent:
        return None
    if snapshot.silence not in (None, Silence.UNREAD):
        return None
    month: Month = bill.month
    left = max(MOST_PERIODS_BY_AVERAGE - snapshot.silent, 0)
    return month.next if snapshot.next_norm else month.plus(left + 1)


def _balance(bill: Bill, zone: ZoneInfo) -> Balance:
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
    counted = {register.serial for register in snapshot.registers}
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
        if (meter.serial in counted if counted else _stood(meter, month))
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
