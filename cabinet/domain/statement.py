"""A statement (выписка): how a balance goes from its opening to its closing."""

from collections.abc import Iterable, Iterator

from cabinet.domain.money import Money


def balances(opening: Money, amounts: Iterable[Money]) -> Iterator[Money]:
    """Yield the balance after each change; what adds to a debt is positive."""
    balance = opening
    for amount in amounts:
        balance += amount
        yield balance
