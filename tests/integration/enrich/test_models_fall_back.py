"""Where one model refuses, the next one answers; what the user sees is the row, and in its receipt who wrote it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

import pytest

from libs.common.contracts.enrich import ChunkEnriched, ChunkReturned, ProviderExhausted
from services.enrich.clients.tools import open_tools
from tests.integration.enrich.bench import INGRID, Bench

FIRST, SECOND, TOLD = "openai/gpt-oss-20b", "openai/gpt-oss-120b", "llama-3.3-70b-versatile"


@asynccontextmanager
async def with_models(bench: Bench, *models: str) -> AsyncGenerator[Bench]:
    async with open_tools(bench.world.accounts(), groq_models=models, rows_in_flight=8) as tools:
        yield replace(bench, floor=replace(bench.floor, tools=tools))


async def models_of(bench: Bench, *models: str, rows: int = 1) -> list[tuple[str, Sequence[str]]]:
    async with with_models(bench, *models) as asking:
        await asking.deliver(asking.chunk([INGRID] * rows))
    return [(row["status"], row["receipt"]["models"]) for row in await bench.rows_said(ChunkEnriched)]


def refused(bench: Bench) -> int:
    counts = bench.world.box.calls.counts
    return sum(count for (name, _, status), count in counts.items() if name == "groq" and status != 200)


@pytest.mark.parametrize("dial", ["unknown_models", "decommissioned_models", "exhausted_models"])
async def test_a_model_that_refuses_makes_way_for_the_next(bench: Bench, dial: str) -> None:
    """Red when a model that is gone degrades every row, the day of one model parks the job, or each row asks it again."""
    bench.world.turn(groq={dial: [FIRST]})
    async with with_models(bench, FIRST, SECOND) as asking:
        await asking.deliver(asking.chunk([INGRID]))
        met = refused(bench)
        await asking.deliver(asking.chunk(3, hash="spec-2"))
    rows = await bench.rows_said(ChunkEnriched)
    assert {(row["status"], *row["receipt"]["models"]) for row in rows} == {("enriched", SECOND)}
    assert len(rows) == 4
    assert 1 <= met <= 2, "the calls about the company and the person were on their way together"
    assert refused(bench) == met
    assert await bench.said(ProviderExhausted) == []


async def test_a_model_of_no_use_for_a_row_makes_way_after_its_second_answer(bench: Bench) -> None:
    """Red when a row is degraded by one model's nonsense while another would do, or its tokens are not counted."""
    bench.world.turn(groq={"useless_models": [FIRST]})
    ((status, models),) = await models_of(bench, FIRST, SECOND)
    assert (status, sorted(models)) == ("enriched", sorted([FIRST, SECOND]))


async def test_a_model_of_no_use_for_any_row_is_left_out(bench: Bench) -> None:
    """Red when one model's nonsense to everybody parks the job while another would do."""
    bench.world.turn(groq={"useless_models": [FIRST]})
    async with with_models(bench, FIRST, SECOND) as asking:
        await asking.deliver(asking.chunk(30))
    rows = await bench.rows_said(ChunkEnriched)
    assert [row["status"] for row in rows] == ["enriched"] * 30
    assert await bench.said(ProviderExhausted) == []


async def test_a_model_that_takes_no_schema_is_told_it_in_words(bench: Bench) -> None:
    """Red when json_schema is asked of a model that refuses it, or what it answers is not read."""
    assert await models_of(bench, TOLD) == [("enriched", [TOLD])]


async def test_when_every_day_is_over_the_job_parks_until_the_first_one_turns(bench: Bench) -> None:
    """Red when the second model's day is taken for nonsense, or the job is told the later time."""
    bench.world.turn(groq={"exhausted_models": [FIRST, SECOND], "day_resets_in_s": 7200})
    async with with_models(bench, FIRST, SECOND) as asking:
        await asking.deliver(asking.chunk(1))
    (exhausted,) = await bench.said(ProviderExhausted)
    assert (exhausted["account"], exhausted["reason"]) == ("groq", "day_limit")
    (returned,) = await bench.said(ChunkReturned)
    assert datetime.fromisoformat(returned["retry_at"]) == datetime.fromisoformat(exhausted["resume_at"])


async def test_when_no_model_may_be_used_the_job_parks_with_the_providers_words(bench: Bench) -> None:
    """Red when a wrong GROQ_MODELS degrades row after row; once a model is there, a probe resumes."""
    bench.world.turn(groq={"unknown_models": [FIRST], "decommissioned_models": [SECOND]})
    async with with_models(bench, FIRST, SECOND) as asking:
        await asking.deliver(asking.chunk(1))
        (exhausted,) = await bench.said(ProviderExhausted)
        assert exhausted["reason"] == "bad_key"
        assert "none of the models" in exhausted["message"]
        assert "decommissioned" in exhausted["message"]
        bench.world.reset()
        await asking.probe()
        await asking.deliver(asking.chunk(1, dispatch=2))
    assert [row["status"] for row in await bench.rows_said(ChunkEnriched)] == ["enriched"]
