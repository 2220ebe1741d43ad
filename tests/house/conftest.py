"""What the rules for the whole application need."""

from dataclasses import replace
from pathlib import Path

import pytest

from cabinet.gateways.shops import Shops
from tests.banking import SHOP, Bank
from tests.conftest import SERVER

#: Every route by everybody, every act twice, and every word of each in the log take
#: minutes. They hold what the pages say and who may open them, which no database
#: changes: the first runs on SQLite each time, the others with the long tests. Postgres
#: has each act once, by the audit log, and each page in the tests of its section.
MATRIX, PARITY, LOGS = "test_matrix.py", "test_parity.py", "test_logs.py"
EXHAUSTIVE = {PARITY} if SERVER == "sqlite" else {MATRIX, PARITY}
SAID_ONCE = set() if SERVER == "sqlite" else {MATRIX, PARITY, LOGS}
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
        name = Path(item.path).name
        is_main = SERVER == "sqlite" and any(job in item.name for job in MAIN_JOB)
        is_always = item.originalname in ALWAYS or is_main
        if name in EXHAUSTIVE and not is_always:
            item.add_marker(pytest.mark.long)
        if name in SAID_ONCE and item.get_closest_marker("long"):
            item.add_marker(pytest.mark.rowless)
