"""Customers with a meter to read, taken from the sample registry of the demonstration."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask
from lxml import html

from bench.portal import Request, signed_in
from cabinet.models import AccountAccess, Meter, Reading, User

#: Kilowatt-hours of an ordinary month.
USUAL = 100


@dataclass(frozen=True)
class Form:
    """A reading form as its reader has filled it, not yet sent."""

    action: str
    cookie: str
    data: dict[str, str]

    def request(self) -> Request:
        """Return what htmx sends."""
        return Request(self.action, cookie=self.cookie, data=self.data, htmx=True)

    def with_more(self, more: int) -> "Form":
        """Return the form with so many kilowatt-hours more, as a correction has."""
        return replace(self, data={**self.data, "t1": str(int(self.data["t1"]) + more)})


def give_readers(path: Path, most: int) -> None:
    """Give accounts of the sample registry a person each, with the demo's password.

    Those whose one-zone meter was read in October, so that a plain reading is taken.
    """
    with closing(sqlite3.connect(path)) as connection, connection:
        meters = connection.execute(
            "SELECT m.account_id FROM meter m JOIN reading r ON r.meter_id = m.id"
            " JOIN account a ON a.id = m.account_id"
            " WHERE m.zones = 1 AND m.status = 'active' AND r.period = 202610"
            " AND a.closed_on IS NULL AND r.t1 < 80000000"
            " AND NOT EXISTS (SELECT 1 FROM reading n"
            " WHERE n.meter_id = m.id AND n.period > 202610)"
            " GROUP BY m.account_id HAVING count(*) = 1 ORDER BY m.account_id LIMIT ?",
            (most,),
        ).fetchall()
        if len(meters) < most:
            message = f"{len(meters)} accounts for {most} readers"
            raise SystemExit(message)
        for number, (account,) in enumerate(meters):
            user = connection.execute(
                "INSERT INTO user (email, name, password_hash, role, created_at,"
                " address_key) SELECT ?, name, password_hash, role, created_at,"
                " lower(hex(randomblob(16))) FROM user"
                " WHERE email = 'client@example.org'",
                (_email(number),),
            ).lastrowid
            connection.execute(
                "INSERT INTO account_access (user_id, account_id, level, slug, label,"
                " position, evidence, granted_at)"
                " VALUES (?, ?, 'full', 'home', '', 0, 'bench', '2026-01-01 00:00:00')",
                (user, account),
            )


def filled_form(app: Flask, number: int) -> Form:
    """Fill the form as the reader of the number would: a usual month's use more."""
    cookie = signed_in(
        app, _email(number), address=f"10.1.{number // 200}.{number % 200}"
    )
    _, body = Request("/readings", cookie=cookie).send(app)
    form = html.fromstring(body).get_element_by_id("reading-form")
    data = {name: value or "" for name, value in form.form_values()}
    return Form(form.action, cookie, data | {"t1": str(_last(number) + USUAL)})


def _email(number: int) -> str:
    return f"reader{number}@example.org"


def _last(number: int) -> int:
    watts = (
        Reading.select(Reading.t1)
        .join(Meter)
        .join(AccountAccess, on=(AccountAccess.account == Meter.account))
        .join(User, on=(AccountAccess.user == User.id))
        .where(User.email == _email(number))
        .order_by(Reading.period.desc())
        .scalar()
    )
    return int(watts.kwh)
