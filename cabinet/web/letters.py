"""Addresses of pages that letters lead to."""

from flask import url_for

from cabinet.services.registration import Links
from cabinet.web.network import public_url


def registration_links() -> Links:
    """Return how letters about a request lead back to the portal."""
    return Links(
        password=lambda secret: public_url(f"/password/{secret}"),
        not_me=lambda secret: public_url(url_for("registration.not_me", secret=secret)),
        sign_in=public_url(url_for("auth.login")),
        again=public_url(url_for("registration.form")),
    )
