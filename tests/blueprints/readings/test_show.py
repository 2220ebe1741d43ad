import pytest

from tests.browsing import Browser
from tests.factories import (
    give_access,
    make_account,
    make_meter,
    make_ranges,
    make_rates,
    make_reading,
)


@pytest.fixture
def last(meter):
    make_rates()
    make_ranges()
    return make_reading(meter, values=(4634,))


def test_it_works(browser, alice, last):
    page = browser.sign_in(alice).get("/readings")
    print(page.html)
    assert "За ноябрь. До 25 ноября, осталось 3 дня." in page.text
    assert "Прошлое: 4 634 (22 октября)" in page.text
    page = browser.submit(page, "#reading-form", t1="4772")
    print(page.html)
    assert "Спасибо. Ваши данные были введены без ошибок" in page.text
    page = browser.get("/readings")
    print(page.html)
    page = browser.submit(page, "#reading-form", t1="4512", status=409)
    print(page.html)
    page = browser.submit(page, "#reading-form", t1="x", htmx=True, status=422)
    print(page.html)
