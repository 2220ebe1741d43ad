"""What a customer may pay for in one payment, and with what sum to begin."""

from dataclasses import dataclass
from datetime import datetime

from cabinet.domain.money import Money
from cabinet.domain.payments.states import OPEN
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month
from cabinet.gateways.base import Method
from cabinet.gateways.shops import OpenShop, Shops
from cabinet.models import Account, Bill, Payment, PaymentShare, User
from cabinet.models.base import reading
from cabinet.services.access import AccountCard, accounts_of, get_access
from cabinet.services.payments import doubt, shown, start
from cabinet.services.payments.refusals import NoShopError


@dataclass(frozen=True, kw_only=True, slots=True)
class Payable:
    """An account to pay for; `balance` above zero is owed, `bill` the newest receipt."""

    card: AccountCard
    balance: Money
    month: Month | None
    bill: Money | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """The chosen account, the others of the same payee, and what is under way.

    `doubtful` is a payment nobody knows the end of: until then there is no other.
    `needs_email` asks for where the cash register's receipt goes (54-ФЗ, article 1.2,
    part 5): the shop registers receipts and the customer has no e-mail.
    `is_busy` tells of such a payment of the chosen account that somebody else began.
    """

    chosen: Payable
    others: tuple[Payable, ...]
    email: str
    methods: tuple[Method, ...]
    page_origins: tuple[str, ...]
    least: Money
    most: Money
    under_way: tuple[shown.Brief, ...]
    doubtful: shown.Brief | None
    is_busy: bool
    needs_email: bool

    @property
    def accounts(self) -> tuple[Payable, ...]:
        """Return all of them, the chosen one first."""
        return (self.chosen, *self.others)


def is_payable(card: AccountCard, shops: Shops) -> bool:
    """Tell whether the user may pay for the account by card: no query."""
    return (
        card.level is AccessLevel.FULL
        and not card.is_organisation
        and shops.of_branch(card.branch_code) is not None
    )


def offer(user_id: int, account_id: int, shops: Shops, *, now: datetime) -> Offer:
    """Return what may be paid; raises AccountNotFoundError and NoShopError."""
    with reading():
        card = get_access(user_id, account_id, now=now, level=AccessLevel.FULL)
        shop = shop_for(card, shops)
        others = [
            other
            for other in accounts_of(user_id, now=now)
            if other.branch_id == card.branch_id
            and other.account_id != card.account_id
            and is_payable(other, shops)
        ]
        cards = [card, *others]
        payables = _payables(cards, now)
        open_ones = _open_ones(user_id, cards)
        email = User.get_by_id(user_id).email or ""
        return Offer(
            chosen=payables[0],
            others=tuple(payables[1:]),
            email=email,
            needs_email=shop.settings.receipts and not email,
            methods=methods_of(shop),
            page_origins=shop.settings.page_origins,
            least=start.LEAST,
            most=start.most_of(shop),
            under_way=tuple(shown.brief(one, card.zone) for one in open_ones),
            doubtful=next(
                (
                    shown.brief(one, card.zone)
                    for one in open_ones
                    if doubt.is_in_doubt(one)
                ),
                None,
            ),
            is_busy=_is_busy(user_id, account_id),
        )


def methods_of(shop: OpenShop) -> tuple[Method, ...]:
    """Return how the shop takes money."""
    return tuple(Method(word) for word in shop.settings.methods)


def shop_for(card: AccountCard, shops: Shops) -> OpenShop:
    """Return the shop of the account's branch; raises NoShopError."""
    shop = shops.of_branch(card.branch_code)
    if shop is None or card.is_organisation:
        raise NoShopError(card.branch_code)
    return shop


def _payables(cards: list[AccountCard], now: datetime) -> list[Payable]:
    ids = [card.account_id for card in cards]
    balances = {
        row.id: row.balance
        for row in Account.select(Account.id, Account.balance).where(
            Account.id.in_(ids)
        )
    }
    bills: dict[int, Bill] = {}
    published = Bill.select().where(Bill.account.in_(ids), Bill.published_at <= now)
    for bill in published.order_by(Bill.month):
        bills[bill.account_id] = bill
    payables = []
    for card in cards:
        bill = bills.get(card.account_id)
        if bill and card.since is not None and bill.month.ends <= card.since:
            bill = None
        payables.append(
            Payable(
                card=card,
                balance=balances[card.account_id],
                month=bill and bill.month,
                bill=bill
                and bill.charged + bill.recalculated + bill.penalty - bill.benefit,
            )
        )
    return payables


def _open_ones(user_id: int, cards: list[AccountCard]) -> list[Payment]:
    mine = (
        Payment.select()
        .join(PaymentShare)
        .where(
            Payment.user == user_id,
            Payment.state.in_(list(OPEN)),
            PaymentShare.account.in_([card.account_id for card in cards]),
        )
        .order_by(Payment.created_at)
        .distinct()
    )
    return list(mine)


def _is_busy(user_id: int, account_id: int) -> bool:
    """Tell whether somebody else's payment of the account is in doubt."""
    theirs = (
        Payment.select()
        .join(PaymentShare)
        .where(
            PaymentShare.account == account_id,
            doubt.in_doubt(),
            Payment.user.is_null() | (Payment.user != user_id),
        )
    )
    return bool(theirs.exists())
