"""The names of the API's schemas are the names that generated clients give their types."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", sorted(ROOT.glob("services/*/openapi.json")), ids=lambda path: path.parent.name)
def test_no_schema_is_called_by_its_module(path: Path) -> None:
    """Red when two models of one service have one name: each is then called `services__…__Name`."""
    schemas = json.loads(path.read_text("utf-8"))["components"]["schemas"]
    assert [name for name in schemas if "__" in name] == []
