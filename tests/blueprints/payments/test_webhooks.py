"""What providers send: kept once, proved, and answered in their words."""

import io
from datetime import timedelta

import pytest
from peewee import OperationalError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from cabinet.models import Notice, Payment
from cabinet.services.payments import notices


@pytest.fixture
def client(portal, db):
    return portal.test_client()


def test_a_notice_is_kept_whole_and_answered(client):
    answer = client.post("/webhooks/kursk-card", data=b"bank-1")
    assert (answer.status_code, answer.data) == (200, b"OK")
    row = Notice.get()
    assert (bytes(row.body), row.provider_id) == (b"bank-1", "bank-1")
    assert Payment.select().count() == 0


def test_by_get_as_some_providers_do(client):
    assert client.get("/webhooks/kursk-card?mdOrder=1").status_code == 200
    assert bytes(Notice.get().body) == b"mdOrder=1"


def test_the_same_again_is_one_row(client):
    for _ in range(3):
        assert client.post("/webhooks/kursk-card", data=b"bank-1").status_code == 200
    assert Notice.select().count() == 1


@pytest.mark.parametrize(
    ("body", "status"), [(b"forged", 403), (b"\xff\xfe", 400), (b"x" * 70_000, 413)]
)
def test_what_is_not_the_providers_is_refused(client, body, status):
    answer = client.post("/webhooks/kursk-card", data=body)
    assert answer.status_code == status
    assert Notice.select().count() == 0


def test_a_long_body_without_a_length_is_refused(portal):
    environ = EnvironBuilder(
        path="/webhooks/kursk-card",
        method="POST",
        input_stream=io.BytesIO(b"x" * 70_000),
    ).get_environ()
    del environ["CONTENT_LENGTH"]
    environ |= {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    assert run_wsgi_app(portal, environ)[1].startswith("413")


def test_a_shop_that_is_not_there_is_404(client):
    assert client.post("/webhooks/else", data=b"bank-1").status_code == 404


def test_another_site_and_odd_bodies_do_not_matter(client):
    answer = client.post(
        "/webhooks/kursk-card",
        data=b"bank-9",
        headers={"Origin": "https://bank.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 200


def test_without_a_database_the_provider_comes_again(client, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError("away")

    monkeypatch.setattr(notices, "keep", away)
    answer = client.post("/webhooks/kursk-card", data=b"bank-1")
    assert answer.status_code == 503


def test_ten_forged_notices_a_minute_are_logged_and_the_providers_still_come(
    client, caplog, clock, now
):
    answers = [client.post("/webhooks/kursk-card", data=b"forged") for _ in range(12)]
    assert [each.status_code for each in answers] == [403] * 10 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "60"
    assert caplog.text.count("not the provider's") == 10
    assert client.post("/webhooks/kursk-card", data=b"bank-1").status_code == 200
    other = {"REMOTE_ADDR": "203.0.113.9"}
    forged = client.post("/webhooks/kursk-card", data=b"forged", environ_base=other)
    assert forged.status_code == 403
    clock.set(now + timedelta(minutes=1))
    assert client.post("/webhooks/kursk-card", data=b"forged").status_code == 403
