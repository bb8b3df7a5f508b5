"""Exporting workspaces: how many are read at once, and what one leaves behind that nobody reads to its end."""

import io
import json
import os
import zipfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.integration.gateway.conftest import Behind, Gateway, replica
from tests.integration.gateway.people import Person, owner
from tests.support.waiting import eventually

EXPORT = "/v1/workspace/export"


def headers(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}", "X-Workspace-Id": person.workspace_id}


@pytest.fixture
async def exporting(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Gateway]:
    """All services are there, and say nothing yet."""
    monkeypatch.setenv("ENRICH_URL", os.environ["INGEST_URL"])
    async with replica(behind) as running:
        yield running


async def test_a_service_that_is_away_is_told_before_the_archive_begins(gateway: Gateway) -> None:
    """Red when half an archive comes with 200, or when the refused export keeps its place."""
    boss = await owner(gateway, "boss@away.example")
    for _ in range(2):
        assert await boss.refused("GET", "workspace/export") == (503, "service_unavailable")


async def test_few_exports_are_read_at_once_and_one_that_is_let_go_makes_room(exporting: Gateway) -> None:
    """Red when a few downloads that nobody reads take the connections that everybody needs, or keep their place for ever."""
    one, two, three = [await owner(exporting, f"{name}@exporting.example") for name in ("one", "two", "three")]
    async with AsyncExitStack() as reading:
        for person in (one, two):
            answer = await reading.enter_async_context(exporting.client.stream("GET", EXPORT, headers=headers(person)))
            assert answer.status_code == 200
        assert await one.refused("GET", "workspace/export") == (429, "export_under_way")
        assert await three.refused("GET", "workspace/export") == (429, "too_many_exports")
    exporting.behind.told.set()

    answers = list[httpx.Response]()

    async def exported() -> bool:
        answers.append(await three.ask("GET", "workspace/export"))
        return answers[-1].status_code == 200

    await eventually(exported)
    with zipfile.ZipFile(io.BytesIO(answers[-1].content)) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("manifest.json"))["workspace_id"] == three.workspace_id
    assert (await three.ask("GET", "workspace/export")).status_code == 200, "one that was read has given its place back"
