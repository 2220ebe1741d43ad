"""The calendar: what a phone gets from its secret address."""

from datetime import date, timedelta

import pytest
from icalendar import Calendar

from cabinet.domain.keys import KeyScope
from cabinet.domain.money import Money
from cabinet.models import DueRule, Meter, PersonalKey
from cabinet.services import personal_keys
from cabinet.services.audit import SYSTEM
from tests import factories
from tests.browsing import Browser


@pytest.fixture
def due(db):
    DueRule.create(
        kind="household",
        day=15,
        starts=date(2026, 3, 1),
        document="ст. 155 ЖК",
        source="",
    )


def address_of(user, now, key="0" * 32):
    secret = personal_keys.make(
        user.id,
        KeyScope.CALENDAR,
        "",
        form_key=key,
        link_of=str,
        zone=None,
        actor=SYSTEM,
        now=now,
    )
    return f"/calendar/{secret}.ics"


def fetch(app, address, **headers):
    return app.test_client().get(address, headers=headers)


def events(response):
    return list(Calendar.from_ical(response.get_data()).walk("VEVENT"))


def titles(response):
    return [str(event["summary"]) for event in events(response)]


def test_a_phone_gets_the_window_the_due_days_and_the_verification(
    app, alice, account, meter, due, now
):
    Meter.update(verified_until=date(2027, 4, 30)).execute()
    answer = fetch(app, address_of(alice, now))
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    window, *middle, verification = events(answer)
    assert str(window["summary"]) == "Передать показания счётчика"
    assert window["dtstart"].dt == date(2026, 11, 20)
    assert window["dtend"].dt == date(2026, 11, 26)
    assert window["rrule"] == {"FREQ": ["MONTHLY"], "BYMONTHDAY": [20]}
    assert [str(each["summary"]) for each in middle][:2] == [
        "Оплатить электроэнергию за октябрь 2026",
        "Оплатить электроэнергию за ноябрь 2026",
    ]
    assert len(middle) == 12
    assert middle[0]["dtstart"].dt == date(2026, 11, 15)
    assert verification["dtstart"].dt == date(2027, 4, 30)
    alarm = verification.subcomponents[0]
    assert alarm["trigger"].dt == timedelta(days=-30, hours=10)


def test_lines_are_as_the_standard_wants_them(app, alice, account, due, now):
    body = fetch(app, address_of(alice, now)).get_data()
    lines = body.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)
    assert b"PRODID:" in body
    assert b"VERSION:2.0" in body


def test_names_of_events_stay_and_are_all_different(
    app, alice, account, due, now, clock
):
    address = address_of(alice, now)
    first = {str(each["uid"]) for each in events(fetch(app, address))}
    clock.moment = now + timedelta(days=3)
    second = {str(each["uid"]) for each in events(fetch(app, address))}
    assert first == second
    assert len(first) == 13


def test_the_same_calendar_is_not_sent_again(app, alice, account, due, now, clock):
    address = address_of(alice, now)
    tag = fetch(app, address).headers["ETag"]
    clock.moment = now + timedelta(hours=5)
    again = fetch(app, address, **{"If-None-Match": tag})
    assert again.status_code == 304
    assert again.get_data() == b""
    Meter.delete().execute()
    DueRule.delete().execute()
    assert fetch(app, address, **{"If-None-Match": tag}).status_code == 200


def test_nothing_in_it_tells_whose_it_is(app, alice, account, meter, due, now):
    second = factories.make_account(number="460000000055", branch=account.branch)
    factories.give_access(alice, second, label="Дача у бабушки")
    factories.post(account, Money.parse("812,40"))
    text = fetch(app, address_of(alice, now)).get_data(as_text=True)
    text = text.replace("\r\n ", "")
    for secret in (
        alice.email,
        alice.name,
        account.number,
        account.address,
        meter.serial,
        "Дача",
        "812",
    ):
        assert secret not in text
    assert "(счёт …0055)" in text
    # Both are of one branch: the window is there once.
    assert text.count("Передать показания счётчика") == 2  # the event and its alarm


def test_who_only_sends_readings_has_no_days_to_pay(app, bob, account, meter, due, now):
    found = titles(fetch(app, address_of(bob, now)))
    assert found == ["Передать показания счётчика", "Кончается поверка счётчика"]


def test_a_cabinet_without_accounts_has_an_empty_calendar(app, now, db):
    nobody = factories.make_customer()
    assert titles(fetch(app, address_of(nobody, now))) == []


@pytest.mark.parametrize("secret", ["x", "0" * 43, "%D0%B0", "a" * 2000])
def test_a_wrong_address_is_not_there(app, db, secret):
    assert fetch(app, f"/calendar/{secret}.ics").status_code == 404


def test_the_key_of_a_program_is_no_address(app, alice, account, now):
    secret = personal_keys.make(
        alice.id,
        KeyScope.READ,
        "Дом",
        form_key="1" * 32,
        link_of=str,
        zone=None,
        actor=SYSTEM,
        now=now,
    )
    assert fetch(app, f"/calendar/{secret}.ics").status_code == 404


def test_when_it_was_asked_for_last_is_shown(app, alice, account, now, clock):
    address = address_of(alice, now)
    browser = Browser(app).sign_in(alice)
    assert "Ещё не открывали" in browser.get("/profile/calendar").text
    clock.moment = now + timedelta(days=2)
    fetch(app, address)
    assert "Последний раз открывали 24.11.2026" in browser.get("/profile/calendar").text
    used = PersonalKey.get().last_used_at
    clock.moment += timedelta(minutes=10)
    fetch(app, address)
    assert PersonalKey.get().last_used_at == used
