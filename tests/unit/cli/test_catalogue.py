"""The catalogue on the command line, and the one the demo brings along."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest

from libs.cli import catalogue, demo
from libs.cli.api import Api
from libs.cli.catalogue import EXAMPLE
from libs.client.generated import models
from tests.support.examples import example

ID = "5f0c1a8e-6c9e-4a2c-9a53-0d7f3c0b6a11"
UPLOAD = models.UploadOut.model_validate(
    example(
        "UploadOut",
        id=ID,
        row_count=9,
        columns=[
            {"index": nth, "name": name, "type": "text", "role": None} for nth, name in enumerate(["Firma", "Branche"])
        ],
        sample=[["Petrava [AG]", "Schmierstoffe"], ["Calder", None]],
        mapping={"company": 0, "industry": 1},
    )
)
CHOICE = {"name": "Gear [EP]", "why": "Rule 1: industry is ‘Schmierstoffe’"}


class FakeApi:
    """Remembers what it was asked; a row of lubricants is offered something."""

    def __init__(self, version: int = 0) -> None:
        self.version = version
        self.imported: list[tuple[bytes, str, str]] = []
        self.tried: list[tuple[dict[str, str], dict[str, str] | None]] = []
        self.deleted: list[str] = []

    async def get_catalogue(self) -> models.CatalogueOut:
        return models.CatalogueOut.model_validate(example("CatalogueOut", version=self.version))

    async def import_catalogue(self, content: bytes, *, kind: str, idempotency_key: str) -> models.CatalogueOut:
        self.imported.append((content, kind, idempotency_key))
        made = json.loads(EXAMPLE.read_bytes())
        return models.CatalogueOut.model_validate(example("CatalogueOut", version=self.version + 1, **made))

    async def upload(self, _: Path) -> models.UploadOut:
        return UPLOAD

    async def test_row_catalogue(self, body: models.TraceBody) -> models.TraceOut:
        self.tried.append((body.cells, body.mapping))
        choice = example("TraceOut")["choice"] | CHOICE if "Branche" in body.cells else None
        return models.TraceOut.model_validate(example("TraceOut", choice=choice))

    async def remove_upload(self, upload_id: UUID) -> None:
        self.deleted.append(str(upload_id))

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
    shipped = json.loads(EXAMPLE.read_bytes())
    counted = f"{len(shipped['products'])} products and {len(shipped['rules'])} rules"
    assert f"{counted}; version 1" in capsys.readouterr().out


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
    assert api.deleted == [ID]


@pytest.mark.parametrize(("version", "imports"), [(0, 1), (1, 0)])
async def test_the_demo_leaves_a_catalogue_that_somebody_has_made(version: int, imports: int) -> None:
    """Red when a second demo undoes what a user has tried out in between."""
    fake = FakeApi(version)
    await demo.have_catalogue(cast("Api", fake))
    assert len(fake.imported) == imports
