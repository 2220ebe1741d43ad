import io

import pytest
from PIL import Image

from tests import factories
from tests.browsing import Browser


@pytest.fixture
def photo():
    """A photograph a telephone could send."""

    def photo(name="счётчик.jpg"):
        body = io.BytesIO()
        Image.new("RGB", (40, 30)).save(body, "JPEG")
        return io.BytesIO(body.getvalue()), name

    return photo


@pytest.fixture
def branch(db):
    """The branch of Kursk, which answers."""
    return factories.make_branch()


@pytest.fixture
def signed_in(browser, alice, account):
    """Alice's browser."""
    return browser.sign_in(alice)


@pytest.fixture
def worker(app, branch):
    """A specialist of the branch."""
    return Browser(app).sign_in(factories.make_staff())


@pytest.fixture
def visitor(app, branch):
    """Somebody who has not signed in."""
    factories.load_documents()
    return Browser(app)
