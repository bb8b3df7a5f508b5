"""While somebody's hostile file is read, the service answers and others' files are read."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.ingest.uploads.conftest import Service
from tests.unit.ingest.reading import hostile


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (hostile.shared_string_bomb, "too_large"),
        (hostile.far_corners, "too_large"),
        (hostile.far_row, "too_sparse"),
        (hostile.zip_ratio, "archive_bomb"),
        (hostile.entity_bomb, "unsafe_xml"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
async def test_a_neighbour_does_not_notice(service: Service, make: hostile.Generator, code: str) -> None:
    """P7. Red when one file takes the service down, or what it is refused with is lost on the way."""
    neighbour = service.neighbour()
    bomb, upload = await asyncio.gather(service.read(make(), filename="bomb.xlsx"), neighbour.read(b"Name\nAcme\n"))
    assert (bomb["state"], bomb["problem"]["code"]) == ("refused", code)
    assert (upload["state"], upload["row_count"]) == ("ready", 1)
    assert (await service.get(f"/v1/uploads/{bomb['id']}")).status_code == 200
