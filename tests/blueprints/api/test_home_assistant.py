"""What the guide shows works: its Home Assistant configuration, its requests, its paths."""

import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest
import yaml

from cabinet.domain.keys import KeyScope
from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.models import AccountAccess, Reading
from cabinet.services import personal_keys
from cabinet.services.audit import SYSTEM
from tests import factories

GUIDE = Path(__file__).parents[3] / "docs" / "ru" / "programs.md"
HOST = "https://lk.example.org"
ZONE = ZoneInfo("Europe/Moscow")


@pytest.fixture(scope="module")
def guide():
    return GUIDE.read_text(encoding="utf-8")


def blocks(text):
    """Return what is set as code, block by block."""
    found = re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", text, re.MULTILINE)
    return [re.sub(r"^ {4}", "", block, flags=re.MULTILINE).strip() for block in found]


class Loader(yaml.SafeLoader):
    """YAML as Home Assistant reads it, with its `!secret`."""

    secrets: dict[str, str] = {}  # noqa: RUF012 - yaml wants a class


Loader.add_constructor(
    "!secret", lambda loader, node: loader.secrets[loader.construct_scalar(node)]
)


class HomeAssistant:
    """Does with the configuration what its integrations do, by the portal's client."""

    def __init__(self, app, guide, *, key, meter, now, sensor):
        secrets, *parts = blocks(guide.partition("## Home Assistant")[2])
        Loader.secrets = yaml.safe_load(secrets.replace("КЛЮЧ", key))
        self.config = {}
        for part in parts:
            told = part.replace("СЧЁТЧИК", str(meter.public_id))
            self.config |= yaml.load(told, Loader)
        self.client = app.test_client()
        self.templates = jinja2.Environment(autoescape=False)
        self.templates.globals["now"] = lambda: now.astimezone(ZONE)
        self.templates.globals["states"] = {"sensor.meter_total": sensor}.__getitem__

    def render(self, template, **values):
        return self.templates.from_string(template).render(**values)

    def ask(self, resource):
        """Poll a `rest` resource and return the states of its sensors by their names."""
        answer = self.client.get(
            resource["resource"].removeprefix(HOST), headers=resource["headers"]
        )
        assert answer.status_code == 200, answer.text
        sensors = [*resource.get("sensor", ()), *resource.get("binary_sensor", ())]
        return {
            sensor["name"]: self.render(
                sensor["value_template"], value_json=answer.get_json()
            )
            for sensor in sensors
        }

    def states(self):
        found = {}
        for resource in self.config["rest"]:
            found |= self.ask(resource)
        return found

    def call(self, service, data):
        """Run a `rest_command` with its data; return the answer."""
        domain, _, name = service.partition(".")
        assert domain == "rest_command"
        command = self.config["rest_command"][name]
        values = {key: self.render(template) for key, template in data.items()}
        return self.client.open(
            command["url"].removeprefix(HOST),
            method=command["method"].upper(),
            headers={
                key: self.render(value) for key, value in command["headers"].items()
            },
            content_type=command["content_type"],
            data=self.render(command["payload"], **values),
        )

    def run(self):
        """Run the automation at its time, if its conditions hold; return the answers."""
        (automation,) = self.config["automation"]
        conditions = [one["value_template"] for one in automation["condition"]]
        if not all(self.render(one) == "True" for one in conditions):
            return []
        return [
            self.call(step["service"], step["data"]) for step in automation["action"]
        ]


@pytest.fixture
def home(alice, account):
    AccountAccess.update(slug="home").where(AccountAccess.user == alice).execute()
    return account


@pytest.fixture
def key(alice, home, now):
    return personal_keys.make(
        alice.id,
        KeyScope.SUBMIT,
        "Дом",
        form_key="1" * 32,
        link_of=str,
        zone="Europe/Moscow",
        actor=SYSTEM,
        now=now,
    )


@pytest.fixture
def assistant(app, guide, key, meter, now):
    def make(sensor="4150.97", at=now):
        return HomeAssistant(app, guide, key=key, meter=meter, now=at, sensor=sensor)

    return make


def test_the_sensors_tell_the_debt_and_the_window(assistant, home):
    factories.post(home, Money(81240))
    assert assistant().states() == {
        "Электроэнергия долг": "812.40",
        "Приём показаний": "True",
    }


def test_the_automation_sends_a_reading_once(assistant, now):
    answers = [*assistant().run(), *assistant().run()]
    assert [one.status_code for one in answers] == [201, 201]
    row = Reading.get()
    assert (row.t1.wh, row.state) == (4_150_000, ReadingState.SUBMITTED)
    assert Reading.select().count() == 1
    assert assistant(at=now.replace(day=21)).run() == []


def test_an_unusual_reading_is_left_to_the_site(assistant):
    (answer,) = assistant("9000.0").run()
    assert answer.status_code == 409
    assert not Reading.select().exists()


def test_the_reading_that_the_guide_shows_is_taken(app, guide, key, home):
    meter = factories.make_meter(home, zones=2, opening=(4600, 2100), serial="2")
    (shown,) = [one for one in blocks(guide) if one.startswith('{"registers"')]
    answer = app.test_client().post(
        f"/api/v1/accounts/home/meters/{meter.public_id}/readings",
        json=json.loads(shown),
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 201
    assert answer.get_json()["registers"] == {"t1": 4772, "t2": 2203}


def test_the_table_of_addresses_is_that_of_the_document(app, guide, key, home):
    client = app.test_client()
    told = set(re.findall(r"^\| `(GET|POST) ([^?`]+)", guide, re.MULTILINE))
    document = client.get("/api/v1/openapi.json").get_json()
    known = {
        (
            method.upper(),
            path.replace("{account}", "ИМЯ").replace("{meter}", "СЧЁТЧИК"),
        )
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert told == known
    for method, path in told:
        if method == "GET":
            url = f"/api/v1{path.replace('ИМЯ', 'home')}"
            answer = client.get(url, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 200, url
