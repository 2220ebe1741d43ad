"""What the tests of an account's card have in common: how a page is read."""

from cabinet.domain.period import Month

CARD = "/staff/accounts/460000000001"
AUGUST, SEPTEMBER, OCTOBER, NOVEMBER = (Month(2026, number) for number in range(8, 12))


def words(element):
    """Return what is read of an element, blanks folded."""
    return " ".join(" ".join(element.itertext()).split()).replace(" ,", ",")


def rows(page):
    """Return what is read of each row of the page's tables."""
    return [words(each) for each in page.select("main table tr")]
