"""`.env.example` lists every variable that is read, with a line on what it means, and no other."""

from __future__ import annotations

import re

import pytest
from pydantic import SecretStr

from tests.architecture.tree import SERVICES, files
from tests.architecture.variables import EXAMPLE, listed, read_by, settings_of

NOT_OURS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
"""Read by a library."""


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_of_every_service_is_listed(service: str) -> None:
    """Red when a setting is added without a line in .env.example."""
    assert read_by(service) - set(listed()) == set()


def test_every_listed_variable_is_read_by_somebody_or_kept_on_purpose() -> None:
    """Red when a setting is taken out and its line stays."""
    everywhere = "\n".join(
        path.read_text("utf-8", "replace")
        for path in files()
        if (path.suffix in {".py", ".yml", ".yaml"} and "tests" not in path.parts) or path.name == "corofy"
    )
    kept = set(re.findall(r"^([A-Z][A-Z0-9_]*)=", EXAMPLE.partition("# --- Names kept")[2], re.MULTILINE))
    read = {name for service in SERVICES for name in read_by(service)}
    unread = [name for name in listed() if name not in read | kept | NOT_OURS and name not in everywhere]
    assert unread == []


def test_no_variable_is_listed_twice_or_with_a_value() -> None:
    """Nothing in the example may be taken for a secret that works."""
    assert len(listed()) == len(set(listed()))
    assert re.findall(r"^[A-Z][A-Z0-9_]*=.+$", EXAMPLE, re.MULTILINE) == []


def test_every_variable_has_its_explanation() -> None:
    """A comment above it, or above the group of names it stands in."""
    lines = EXAMPLE.splitlines()
    first_of_group = [no for no, line in enumerate(lines) if "=" in line and line[:1].isupper() and lines[no - 1] == ""]
    assert [lines[no] for no in first_of_group] == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_has_a_default(service: str) -> None:
    """Red when a key, token or password would work without having been set."""
    wrong = [
        name
        for name, field in settings_of(service).model_fields.items()
        if re.search(r"secret|password|api_key|token$", name)
        and not field.is_required()
        and (field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default)
    ]
    assert wrong == []
