"""The image and the machines of docker compose: well-formed, pinned, without secrets."""

import importlib.util
import os
import re

import pytest
import yaml

from tests.deploy.conftest import DEPLOY

DOCKER = DEPLOY / "docker"
COMPOSE = DOCKER / "compose.yaml"
RECIPE = (DOCKER / "Dockerfile").read_text("utf-8")


@pytest.fixture(scope="module")
def composed():
    return yaml.safe_load(COMPOSE.read_text("utf-8"))


def test_the_recipe_of_the_image_is_clean(ask):
    assert ask("hadolint", DOCKER / "Dockerfile") == (0, "")


def test_an_unclean_recipe_would_be_told(ask, tmp_path):
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian\nRUN cd /tmp && sudo apt-get install nginx\n")
    code, told = ask("hadolint", path)
    assert code != 0
    assert "DL3006" in told


def test_the_machines_are_what_compose_understands(ask):
    code, told = ask(
        "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE
    )
    assert code == 0, told


def test_machines_that_compose_does_not_understand_would_be_told(ask, tmp_path):
    path = tmp_path / "compose.yaml"
    path.write_text(COMPOSE.read_text("utf-8").replace("cap_drop:", "cap_droop:"))
    code, told = ask(
        "check-jsonschema", "--builtin-schema", "vendor.compose-spec", path
    )
    assert code != 0
    assert "cap_droop" in told


def test_every_base_has_its_number(composed):
    recipe = (DOCKER / "Dockerfile").read_text("utf-8")
    bases = re.findall(r"^FROM (\S+)", recipe, re.MULTILINE)
    bases += [one["image"] for one in composed["services"].values()]
    assert len(bases) > 4
    for base in bases:
        assert re.fullmatch(r"[a-z]+:\d+\.\d+[\w.-]*", base), base


def test_nobody_is_root_in_the_image():
    last = re.findall(
        r"^USER (\S+)", (DOCKER / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last)


def test_a_secret_is_a_file_and_in_no_layer(composed):
    recipe = (DOCKER / "Dockerfile").read_text("utf-8")
    assert not re.search(
        r"^(ARG|ENV).*(KEY|PASSWORD|SECRET|TOKEN|URL)", recipe, re.MULTILINE
    )
    assert set(composed["secrets"]) == {
        "secret_key",
        "database_url",
        "postgres_password",
    }
    for service in composed["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"KEY|PASSWORD|DATABASE_URL", name):
                assert name.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_into_the_build_comes_the_package_only():
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    copied = re.findall(
        r"^COPY (?!--from)(.+) \S+$",
        (DOCKER / "Dockerfile").read_text("utf-8"),
        re.MULTILINE,
    )
    assert let_in == {name for line in copied for name in line.split()}


def test_the_database_is_not_reached_from_outside(composed):
    db = composed["services"]["db"]
    assert "ports" not in db
    assert db["networks"] == ["inside"]
    assert composed["networks"]["inside"]["internal"] is True
    assert {name for name, one in composed["services"].items() if "ports" in one} == {
        "caddy"
    }


def test_nothing_serves_before_its_tables_are_there(composed):
    services = composed["services"]
    for name in ("serve", "work"):
        waited = services[name]["depends_on"]["migrate"]["condition"]
        assert waited == "service_completed_successfully"
    assert services["migrate"]["depends_on"]["db"]["condition"] == "service_healthy"
    assert services["caddy"]["depends_on"]["serve"]["condition"] == "service_healthy"


def module_of(name):
    """What carries out the files where there is no Docker: script/try-image."""
    path = DEPLOY.parent / "script" / "lib" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def image():
    return module_of("image")


@pytest.mark.skipif(os.geteuid() != 0, reason="files for others: root makes them")
def test_the_lines_at_the_head_make_every_secret_for_its_reader(composed, tmp_path):
    made = module_of("compose").make_secrets(COMPOSE, tmp_path)
    assert {path.name for path in made.iterdir()} == set(composed["secrets"])
    for path in made.iterdir():
        assert path.stat().st_mode & 0o077 == 0
    password = (made / "postgres_password").read_text()
    url = (made / "database_url").read_text()
    assert url == f"postgresql://cabinet:{password}@db/cabinet"
    assert len((made / "secret_key").read_text()) >= 60
    reader = int(re.search(r"^USER (\d+)", RECIPE, re.MULTILINE)[1])
    assert (made / "secret_key").stat().st_uid == reader


def test_the_check_of_health_asks_for_no_setting():
    """They stand in a file, which the check does not read."""
    (check,) = re.findall(r"^HEALTHCHECK .*$", RECIPE, re.MULTILINE)
    assert "/readyz" in check
    assert "environ" not in check


def test_the_trial_of_the_image_knows_every_step_of_the_recipe(image):
    done = list(image.steps((DOCKER / "Dockerfile").read_text("utf-8")))
    assert {word for word, _ in done} >= {"FROM", "RUN", "COPY", "USER", "HEALTHCHECK"}
    for word, rest in done:
        assert word in image.SAYING or hasattr(image.Builder, f"_{word.lower()}")
        assert "\\" not in rest


def test_the_trial_of_the_image_takes_files_and_words_as_docker_does(image, tmp_path):
    base, context = tmp_path / "base", tmp_path / "context"
    for path in (base / "usr", context / "cabinet" / "__pycache__"):
        path.mkdir(parents=True)
    (context / "cabinet" / "app.py").touch()
    (context / "README.md").touch()
    stage = image.Builder(context, base, tmp_path).build(
        "FROM debian:12 AS build\nWORKDIR /source\nCOPY README.md ./\n# no step\n"
        "COPY cabinet cabinet\nFROM debian:12\nCOPY --from=build /source /opt\n"
        'ENV A=1 \\\n    B="2 3"\nUSER 5:5\nENTRYPOINT ["cabinet"]\nCMD ["serve"]\n'
    )
    assert stage.folder == tmp_path / "image"
    found = {str(path.relative_to(stage.folder)) for path in stage.folder.rglob("*")}
    assert found == {"usr", "opt", "opt/README.md", "opt/cabinet", "opt/cabinet/app.py"}
    assert stage.env == {"A": "1", "B": "2 3"}
    assert (stage.user, stage.entrypoint, stage.command) == (
        "5:5",
        ["cabinet"],
        ["serve"],
    )
    with pytest.raises(SystemExit, match="ADD"):
        image.Builder(context, base, tmp_path / "more").build("ADD x y\n")
