"""An address once given is never lost: it answers, or leads on."""

from pathlib import Path

LIST = Path(__file__).parents[2] / "docs" / "urls.txt"


def test_every_address_ever_given_still_exists(app):
    known = LIST.read_text(encoding="utf-8").split()
    assert known
    now = {rule.rule for rule in app.url_map.iter_rules()}
    assert set(known) <= now


def test_every_address_is_written_down(app):
    known = set(LIST.read_text(encoding="utf-8").split())
    now = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    assert now <= known, "add it to docs/urls.txt"
