"""Sweepers look only at what they delete."""

from __future__ import annotations

import pytest
from sqlalchemy import TextClause, text

from services.enrich.repositories import company_research, websites
from tests.integration.enrich.bench import Bench


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (company_research._FORGET, {"fresh_s": 3600.0, "most": 500}),  # pyright: ignore[reportPrivateUsage]
        (websites._SWEEP, {"kept_s": 3600.0, "most": 500}),  # pyright: ignore[reportPrivateUsage]
    ],
    ids=["companies", "websites"],
)
async def test_a_sweep_finds_what_is_old_by_an_index(
    bench: Bench, statement: TextClause, values: dict[str, object]
) -> None:
    """Red when the index is gone, or when the instant is one that may change from row to row (`clock_timestamp`): then every
    sweep reads the whole table."""
    async with bench.open_uow() as uow:
        await uow.conn.execute(text("SET LOCAL enable_seqscan = off"))
        plan = (await uow.conn.execute(text(f"EXPLAIN {statement.text}"), values)).scalars().all()
    assert any("Index Cond" in line and "now()" in line for line in plan), "\n".join(plan)
