"""docker-compose.yml and the image recipe, as far as they can be held against the code without an engine."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from libs.common.db import SERVICES
from libs.common.migrations import urls_from_environment
from tests.architecture.variables import listed, read_by, settings_of

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
RECIPE = ROOT / "deploy/Dockerfile"
OF_OTHERS = re.compile(r"^(POSTGRES_|RABBITMQ_DEFAULT_|GF_)")
READ_BY_A_LIBRARY = {"ingest": {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}}
GRACEFUL = "--timeout-graceful-shutdown"
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:[-?])((?:[^${}]|\$\{[^{}]*\})*))?\}")


def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text("utf-8"))


def resolved(value: str | None, *, name: str, given: dict[str, str]) -> str | None:
    """What a container gets, by the rules of Compose: a name alone is passed on; `:-` and `:?` count nothing as not set."""
    if value is None:
        return given.get(name)

    def fill(found: re.Match[str]) -> str:
        if chosen := given.get(found[1]):
            return chosen
        assert found[2] != ":?", found[3]
        return _VARIABLE.sub(fill, found[3] or "")

    return _VARIABLE.sub(fill, value)


def environment_of(service: str, given: dict[str, str]) -> dict[str, str]:
    asked: dict[str, str | None] = compose()["services"][service]["environment"]
    found = {name: resolved(value, name=name, given=given) for name, value in asked.items()}
    return {name: value for name, value in found.items() if value is not None}


def filled_in() -> dict[str, str]:
    """.env as README says to make it: a copy of the example with the required lines filled in."""
    secrets = ("POSTGRES_PASSWORD", "RABBITMQ_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY", "GRAFANA_PASSWORD")
    signing = {name: f"0123456789abcdefghijklm-{name}" for name in ("INTERNAL_SECRET", "METRICS_TOKEN", "AUTH_SECRET")}
    return {**dict.fromkeys(listed(), ""), **{name: f"of{name.replace('_', '')}" for name in secrets}, **signing}


def test_the_compose_file_follows_the_specification() -> None:
    check = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run(
        [check, "--builtin-schema", "vendor.compose-spec", COMPOSE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_of_ours_runs_from_the_one_image_by_its_own_factory() -> None:
    services = compose()["services"]
    for name in SERVICES:
        assert services[name]["image"] == "corofy:latest"
        module, _, factory = services[name]["command"][4].partition(":")
        assert module == f"services.{name}.main"
        assert callable(getattr(importlib.import_module(module), factory))


def test_every_variable_of_the_compose_file_is_documented() -> None:
    asked = set(re.findall(r"\$\{([A-Z0-9_]+)", COMPOSE.read_text("utf-8")))
    given = {name for service in compose()["services"].values() for name in service.get("environment", {})}
    ours = {name for name in given if not OF_OTHERS.match(name)}
    assert asked | ours <= set(listed()), (asked | ours) - set(listed())


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_each_variable_it_reads_and_no_other(service: str) -> None:
    """Red when a setting cannot be set under compose, or a service is told a secret that is not its business."""
    assert set(compose()["services"][service]["environment"]) == read_by(service) | READ_BY_A_LIBRARY.get(
        service, set()
    )


@pytest.mark.parametrize("service", SERVICES)
def test_what_stands_in_the_env_file_arrives_and_wins_over_what_compose_would_set(service: str) -> None:
    """Red when a value in the compose file is not a default but the last word."""
    chosen = {name: f"chosen-{name}" for name in listed()}
    arrived = environment_of(service, chosen)
    assert arrived == {name: chosen[name] for name in arrived}


@pytest.mark.parametrize("service", SERVICES)
def test_a_copy_of_the_example_with_the_required_lines_filled_in_is_enough(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a line left empty is not the same as no line, or a service lacks an address of compose's own servers."""
    for name in {*listed(), *os.environ} & (read_by(service) | {"SERVICE"}):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment_of(service, filled_in()).items():
        monkeypatch.setenv(name, value)
    settings = settings_of(service)()  # pyright: ignore[reportCallIssue] - filled from the environment
    assert settings.database_url == "postgresql+asyncpg://corofy:ofPOSTGRESPASSWORD@postgres:5432/corofy"
    assert settings.rabbitmq_url.get_secret_value() == "amqp://corofy:ofRABBITMQPASSWORD@rabbitmq:5672/"


def test_every_service_is_migrated_where_it_will_look_for_its_tables() -> None:
    """Red when a service has a server of its own and the migrations go to the shared one."""
    own = {name: f"postgresql://{name.lower()}" for name in listed() if name.endswith("_DATABASE_URL")}
    urls = urls_from_environment(environment_of("migrate", {**filled_in(), **own}))
    assert urls == {name: f"postgresql://{name}_database_url" for name in SERVICES}
    shared = urls_from_environment(environment_of("migrate", filled_in()))
    assert set(shared.values()) == {environment_of("billing", filled_in())["DATABASE_URL"]}


def test_a_stop_has_ended_before_the_engine_would_kill() -> None:
    """Red when open requests may be waited for without limit, or together with the service's own stop for too long."""
    commands = [compose()["services"][name]["command"] for name in (*SERVICES, "sandbox")]
    (recipe,) = re.findall(r"^CMD (\[.*\])$", RECIPE.read_text("utf-8"), re.MULTILINE)
    for command in (*commands, json.loads(recipe)):
        assert GRACEFUL in command, command
    for name in SERVICES:
        service = compose()["services"][name]
        requests_s = float(service["command"][service["command"].index(GRACEFUL) + 1])
        own_s = float(environment_of(name, filled_in())["SHUTDOWN_SECONDS"])
        killed_s = float(service["stop_grace_period"].removesuffix("s"))
        assert requests_s + own_s < killed_s, name


def test_no_server_takes_a_strangers_word_for_who_they_are() -> None:
    """uvicorn believes X-Forwarded-For of whoever it trusts, by default or by FORWARDED_ALLOW_IPS. Red when a server does,
    also one that is started from the image alone: the gateway counts the proxies in front of it itself."""
    commands = [compose()["services"]["gateway"]["command"]]
    (recipe,) = re.findall(r"^CMD (\[.*\])$", RECIPE.read_text("utf-8"), re.MULTILINE)
    assert [command for command in (*commands, json.loads(recipe)) if "--no-proxy-headers" not in command] == []


def test_the_door_takes_no_head_without_a_bound() -> None:
    """uvicorn takes heads of any size, and waits for them without limit. Red when the gateway is started with its own HTTP."""
    commands = [compose()["services"]["gateway"]["command"]]
    (recipe,) = re.findall(r"^CMD (\[.*\])$", RECIPE.read_text("utf-8"), re.MULTILINE)
    for command in (*commands, json.loads(recipe)):
        assert command[command.index("--http") + 1] == "libs.common.http.protocol:Bounded"


def test_secrets_have_no_default_in_the_compose_file() -> None:
    """What stands in for a secret may only be another one that has to be set."""
    found = re.findall(
        r"\$\{([A-Z0-9_]*(?:PASSWORD|SECRET|SECRET_KEY|ACCESS_KEY|ACCESS_KEY_ID)\b)(?=(\S*))",
        COMPOSE.read_text("utf-8"),
    )
    assert found
    for name, rest in found:
        assert rest.startswith(":?") or re.match(r":-\$\{[A-Z0-9_]+:\?", rest), name


def test_nothing_that_only_operators_need_listens_on_every_address() -> None:
    services = compose()["services"]
    for name in ("prometheus", "grafana", "sandbox"):
        assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])
    for name in ("postgres", "rabbitmq", "s3", "billing", "ingest", "enrich", "sender"):
        assert "ports" not in services[name], name


def test_the_recipe_copies_what_exists() -> None:
    for source in re.findall(r"^COPY (?!--from)(\S+)", RECIPE.read_text("utf-8"), re.MULTILINE):
        assert (ROOT / source).exists(), source


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_steps_of_the_recipe_make_an_image_in_which_every_service_can_be_built(tmp_path: Path) -> None:
    """The recipe's own COPY and RUN lines, executed in a clean folder instead of an image."""
    text = RECIPE.read_text("utf-8").replace("\\\n", " ")
    app, uv = tmp_path / "app", tmp_path / "uv"
    app.mkdir()
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "COPY" and not rest.startswith("--from"):
            source, target = rest.split()
            destination = app / (source if target == "./" else target)
            destination.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(
                    ROOT / source, destination, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                shutil.copy(ROOT / source, destination)
        elif word == "RUN" and "groupadd" not in rest:
            step = rest.replace("/opt/uv", str(uv)).replace("python -m", f"{sys.executable} -m", 1)
            subprocess.run(["sh", "-ec", step], cwd=app, check=True, env=_environment(tmp_path))
    for name in SERVICES:
        code = f"from libs.common.http.openapi import document_of; print(len(document_of('{name}')['paths']))"
        done = subprocess.run(
            [app / ".venv/bin/python", "-c", code], cwd=app, capture_output=True, text=True, check=True
        )
        assert int(done.stdout) > 0


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_prometheus_is_given_the_token_it_shows() -> None:
    """Red when the services ask for a token that Prometheus does not have, under the name it reads it by."""
    read = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    files = {one["authorization"]["credentials_file"] for one in read if one["job_name"] == "corofy"}
    assert files == {f"/run/secrets/{name}" for name in compose()["services"]["prometheus"]["secrets"]}
    assert compose()["secrets"]["metrics_token"] == {"environment": "METRICS_TOKEN"}
