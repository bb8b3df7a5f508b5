"""docker-compose.yml and the image recipe, as far as they can be held against the code without an engine."""

from __future__ import annotations

import importlib
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

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
RECIPE = ROOT / "deploy/Dockerfile"
OF_OTHERS = re.compile(r"^(POSTGRES_|RABBITMQ_DEFAULT_|GF_|AWS_)")


def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text("utf-8"))


def documented() -> set[str]:
    """Every name that stands in .env.example, also those that are commented out."""
    return set(re.findall(r"^#?\s*([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))


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
    assert asked | ours <= documented(), (asked | ours) - documented()


def test_secrets_have_no_default_in_the_compose_file() -> None:
    for name in re.findall(
        r"\$\{([A-Z0-9_]*(?:PASSWORD|SECRET_KEY|SECRET|ACCESS_KEY))([^}]*)\}", COMPOSE.read_text("utf-8")
    ):
        if "STRIPE" not in name[0]:
            assert name[1].startswith(":?"), name


def test_nothing_that_only_operators_need_listens_on_every_address() -> None:
    services = compose()["services"]
    for name in ("prometheus", "grafana"):
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
