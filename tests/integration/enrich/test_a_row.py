"""What a row comes to when everything works, and that it depends on what the sheet and the pages say."""

from __future__ import annotations

from typing import Any

from libs.common.contracts.enrich import ChunkEnriched
from libs.common.contracts.research import RowResult
from tests.integration.enrich.bench import INGRID, Bench


async def enriched(bench: Bench, *rows: dict[str, str], **spec: object) -> list[dict[str, Any]]:
    await bench.deliver(bench.chunk(list(rows), **spec))
    return await bench.rows_said(ChunkEnriched)


async def test_a_row_gets_cited_research_and_a_line(bench: Bench) -> None:
    (row,) = await enriched(bench, INGRID)
    print(row)
    assert row["status"] == "enriched"
