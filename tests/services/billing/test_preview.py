"""What a run would do: the odd bills that are kept by name."""

import random

from cabinet.domain.billing.run import Oddity
from cabinet.domain.money import Money
from cabinet.services.billing.preview import MOST_ODD, Preview, unpack_preview

MORE = (Oddity.MUCH_MORE,)


def looked(sums):
    made = Preview()
    for account_id, (charged, before) in sums.items():
        last = None if before is None else Money(before)
        made._look_at(account_id, Money(charged), last, MORE)
    return made


def test_the_farthest_from_the_month_before_are_kept_whatever_the_order():
    chance = random.Random(7)
    sums = {number: (chance.randrange(10**6), 1000) for number in range(500)}
    sums[500] = (10**7, None)
    order = list(sums)
    chance.shuffle(order)
    whole = unpack_preview(looked({number: sums[number] for number in order}).packed())
    parts = Preview()
    for first in range(0, 501, 100):
        part = looked({n: sums[n] for n in order[first : first + 100]})
        parts += unpack_preview(part.packed())
    far = sorted(sums, key=lambda n: -abs(sums[n][0] - (sums[n][1] or 0)))
    assert [one.account_id for one in whole.oddest] == far[:MOST_ODD]
    assert parts.oddest == whole.oddest
    assert parts.oddities == whole.oddities == {Oddity.MUCH_MORE: 501}


def test_a_bill_keeps_what_is_odd_in_it():
    (one,) = unpack_preview(looked({3: (500, None)}).packed()).oddest
    assert (one.account_id, one.charged, one.before) == (3, 500, None)
    assert one.oddities == MORE
