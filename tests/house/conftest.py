"""What the rules for the whole application need."""

from dataclasses import replace
from pathlib import Path

import pytest

from cabinet.gateways.shops import Shops
from tests.banking import SHOP, Bank
from tests.conftest import SERVER

#: Every route by everybody, and every act twice, take minutes. They hold what the pages
#: say, which no database changes: the first runs on SQLite each time, and on Postgres,
#: as the second on both, with the long tests.
MATRIX, PARITY = "test_matrix.py", "test_parity.py"
EXHAUSTIVE = {PARITY} if SERVER == "sqlite" else {MATRIX, PARITY}
#: Whether a new route was forgotten, whether each act is in the audit log, and whether the
#: main job is the same without JavaScript, is told at once.
ALWAYS = {
    "test_every_post_of_a_page_has_its_line",
    "test_an_act_leaves_its_word_in_the_audit_log",
}
MAIN_JOB = ("[auth.", "[readings.", "[home.choose")


@pytest.fixture
def app(app):
    """The portal with a shop whose page is only shown: nobody leaves for the bank."""
    shop = replace(SHOP, page_origins=())
    bank = Bank(shop, names_by_key=True)
    app.extensions["cabinet.shops"] = Shops([shop], lambda _shop: bank)
    return app


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        is_slow = Path(item.path).name in EXHAUSTIVE
        is_main = SERVER == "sqlite" and any(job in item.name for job in MAIN_JOB)
        if is_slow and item.originalname not in ALWAYS and not is_main:
            item.add_marker(pytest.mark.long)
