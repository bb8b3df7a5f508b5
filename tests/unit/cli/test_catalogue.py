"""The catalogue on the command line, and the one the demo brings along."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

import pytest

from libs.cli import catalogue, demo
from libs.cli.api import Api
from libs.cli.catalogue import EXAMPLE

UPLOAD = {
    "id": "u1",
    "row_count": 9,
    "columns": [{"index": 0, "name": "Firma"}, {"index": 1, "name": "Branche"}],
    "sample": [["Petrava [AG]", "Schmierstoffe"], ["Calder", None]],
    "mapping": {"company": 0, "industry": 1},
}


class FakeApi:
    """Remembers what it was asked; a row of lubricants is offered something."""

    def __init__(self, version: int = 0) -> None:
        self.version = version
        self.imported: list[tuple[bytes, str, str]] = []
        self.tried: list[tuple[dict[str, str], dict[str, str]]] = []
        self.deleted: list[str] = []

    async def catalogue(self) -> dict[str, Any]:
        return {"version": self.version}

    async def import_catalogue(self, content: bytes, *, kind: str, key: str) -> dict[str, Any]:
        self.imported.append((content, kind, key))
        return {"version": self.version + 1, "products": [1, 2], "rules": [1]}

    async def upload(self, _: Path) -> dict[str, Any]:
        return UPLOAD

    async def try_row(self, row: dict[str, str], *, mapping: dict[str, str]) -> dict[str, Any]:
        self.tried.append((row, mapping))
        choice = {"name": "Gear [EP]", "why": "Rule 1: industry is ‘Schmierstoffe’"} if "Branche" in row else None
        return {"choice": choice}

    async def delete_upload(self, upload_id: str) -> None:
        self.deleted.append(upload_id)

    async def __aenter__(self) -> FakeApi:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    fake = FakeApi()

    class Target:
        api = "http://here"

    @contextlib.asynccontextmanager
    async def running() -> AsyncGenerator[Target]:
        yield Target()

    async def sign_in(*_: object) -> None:
        return None

    monkeypatch.setattr(catalogue, "running_or_started", running)

    def open_api(_: str) -> FakeApi:
        return fake

    monkeypatch.setattr(catalogue, "Api", open_api)
    monkeypatch.setattr(catalogue.journey, "sign_in", sign_in)
    return fake


async def test_the_example_is_imported_by_its_name(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """Red when the first command of the how-to does not work from another folder."""
    await catalogue.import_file("example")
    ((content, kind, _),) = api.imported
    assert (content, kind) == (EXAMPLE.read_bytes(), "application/json")
    assert "2 products and 1 rules; version 1" in capsys.readouterr().out


async def test_a_file_is_sent_as_what_it_is_called(api: FakeApi, tmp_path: Path) -> None:
    """Red when a sheet is sent as JSON, or a repeated import of the same file makes a second version."""
    file = tmp_path / "rules.CSV"
    file.write_bytes(b"product\n")
    await catalogue.import_file(str(file))
    await catalogue.import_file(str(file))
    api.version = 1
    await catalogue.import_file(str(file))
    assert [kind for _, kind, _ in api.imported] == ["text/csv"] * 3
    first, again, later = (key for *_, key in api.imported)
    assert first == again != later


async def test_the_first_rows_of_a_file_are_tried_and_the_file_is_forgotten(
    api: FakeApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Red when the mapping is lost, a cell in brackets vanishes, or the upload stays behind."""
    file = tmp_path / "leads.csv"
    file.write_bytes(b"x")
    await catalogue.try_file(file)
    mapping = {"company": "Firma", "industry": "Branche"}
    assert api.tried == [
        ({"Firma": "Petrava [AG]", "Branche": "Schmierstoffe"}, mapping),
        ({"Firma": "Calder"}, mapping),
    ]
    said = capsys.readouterr().out
    assert "Petrava [AG]" in said
    assert "2 of 9 rows tried: 1 × Gear [EP], 1 × none." in said
    assert api.deleted == ["u1"]


@pytest.mark.parametrize(("version", "imports"), [(0, 1), (1, 0)])
async def test_the_demo_leaves_a_catalogue_that_somebody_has_made(version: int, imports: int) -> None:
    """Red when a second demo undoes what a user has tried out in between."""
    fake = FakeApi(version)
    await demo.have_catalogue(cast("Api", fake))
    assert len(fake.imported) == imports
