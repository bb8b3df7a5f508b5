"""Every way in which a provider can fail, for each provider, and what the user sees of it. One table, no gaps.

Serper and Groq are needed: what they cannot give makes the row `degraded`, free, with the reason in words; what passes by
itself is waited for. Firecrawl is not: without it the row is enriched from what else was found.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from libs.common.contracts.enrich import ChunkEnriched, ChunkReturned, ProviderExhausted
from services.enrich.clients.errors import BadAnswer, ProviderDown, ProviderError, RateLimitedMinute
from services.enrich.clients.firecrawl import Firecrawl
from services.enrich.clients.groq import Groq
from services.enrich.clients.models import Form
from services.enrich.clients.serper import Serper
from services.enrich.domain.searches import Query
from tests.integration.enrich.bench import INGRID, MODEL, Bench

NEEDED, PROVIDERS = ("serper", "groq"), ("serper", "groq", "firecrawl")
SAYS_WHEN = {"next_failures": [429]}
SAYS_NOT_WHEN = {"next_failures": [429], "no_retry_after": True}
FAILS: dict[str, Mapping[str, object]] = {
    "500": {"fail_rate": 1, "fail_status": 500},
    "truncated": {"garbage": "truncated"},
    "200 with an error body": {"garbage": "error_200"},
    "10 MB body": {"garbage": "huge"},
    "wrong schema": {"garbage": "wrong_schema"},
    "empty body": {"garbage": "empty"},
    "no JSON": {"garbage": "invalid_json"},
    "connection cut": {"garbage": "broken_body"},
}
WORDS: dict[tuple[str, str], str] = {
    ("500", "serper"): "Internal server error (HTTP 500)",
    ("500", "groq"): "Internal Server Error (HTTP 500)",
    ("truncated", "serper"): "the answer is not a search result",
    ("truncated", "groq"): "the answer is not a completion",
    ("200 with an error body", "serper"): "the answer is not a search result",
    ("200 with an error body", "groq"): "the answer is not a completion",
    ("10 MB body", "serper"): "the answer is larger than 2097152 bytes",
    ("10 MB body", "groq"): "the answer is larger than 2097152 bytes",
    ("wrong schema", "serper"): "the answer is not a search result",
    ("wrong schema", "groq"): "the answer is not a completion",
    ("empty body", "serper"): "the answer is not a search result",
    ("empty body", "groq"): "the answer is not a completion",
    ("no JSON", "serper"): "the answer is not a search result",
    ("no JSON", "groq"): "the answer is not a completion",
    ("connection cut", "serper"): "no answer: AnswerCut",
    ("connection cut", "groq"): "no answer: APIConnectionError",
}
"""What stands in the row after "Serper gave no usable answer: "."""


async def one_row(bench: Bench, **limits: float) -> dict[str, Any]:
    await bench.deliver(bench.chunk([INGRID]), floor=bench.with_limits(**limits))
    (row,) = await bench.rows_said(ChunkEnriched)
    assert await bench.said(ChunkReturned) == await bench.said(ProviderExhausted) == []
    return row


@pytest.mark.parametrize("provider", NEEDED)
@pytest.mark.parametrize("mode", FAILS)
async def test_the_row_is_degraded_and_says_why(bench: Bench, provider: str, mode: str) -> None:
    """Red when a failure counts as success, parks the job, costs the user anything, or does not say what was wrong."""
    bench.world.turn(**{provider: FAILS[mode]})
    row = await one_row(bench, row_budget_s=0.01)
    assert row["status"] == "degraded"
    assert row["reason"] == f"{provider.capitalize()} gave no usable answer: {WORDS[mode, provider]}"
    assert row["line"].startswith("Ingrid, I came across Halden Lubricants")


@pytest.mark.parametrize("mode", FAILS)
async def test_a_row_does_without_its_website(bench: Bench, mode: str) -> None:
    """Red when a reader that fails degrades a row that the searches could carry, or its nonsense is read as a page."""
    bench.world.turn(firecrawl=FAILS[mode])
    row = await one_row(bench)
    assert row["status"] == "enriched"
    assert "website" not in {source["kind"] for source in row["research"]["sources"]}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("dial", [SAYS_WHEN, SAYS_NOT_WHEN], ids=["with retry-after", "without retry-after"])
async def test_a_minute_limit_is_waited_out(bench: Bench, provider: str, dial: Mapping[str, object]) -> None:
    """Red when a 429 counts as a failed try, or one that does not say when is taken for the day's."""
    bench.world.turn(**{provider: dial})
    row = await one_row(bench)
    assert (row["status"], row["receipt"]["attempts"]) == ("enriched", 1)
    assert "website" in {source["kind"] for source in row["research"]["sources"]}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_provider_that_hangs_hands_the_chunk_back_when_its_time_is_up(bench: Bench, provider: str) -> None:
    """Red when one silent provider keeps a chunk for ever: the user sees the job go on later, with what was found."""
    bench.world.turn(**{provider: {"hang": True}})
    await bench.deliver(bench.chunk([INGRID]), floor=bench.with_limits(chunk_s=0.7))
    assert [one["reason"] for one in await bench.said(ChunkReturned)] == ["out_of_time"]
    bench.world.turn(**{provider: {"hang": False}})
    await bench.deliver(bench.chunk([INGRID], dispatch=2))
    assert [row["status"] for row in await bench.rows_said(ChunkEnriched)] == ["enriched"]


@asynccontextmanager
async def impatient(bench: Bench) -> AsyncGenerator[tuple[Serper, Groq, Firecrawl]]:
    serper_account, groq_account, firecrawl_account = bench.world.accounts()
    serper = Serper(serper_account, concurrency=1, read_s=0.3)
    groq = Groq(groq_account, models=[MODEL], concurrency=1, read_s=0.3)
    firecrawl = Firecrawl(firecrawl_account, concurrency=1, read_s=0.3)
    try:
        yield serper, groq, firecrawl
    finally:
        bench.world.reset()
        for client in (serper, groq, firecrawl):
            await client.close()


@pytest.mark.parametrize(
    ("dial", "error"),
    [
        ({"hang": True}, ProviderDown),
        ({"fail_rate": 1, "fail_status": 500}, ProviderDown),
        ({"garbage": "broken_body"}, ProviderDown),
        ({"garbage": "huge"}, BadAnswer),
        ({"garbage": "wrong_schema"}, BadAnswer),
        ({"garbage": "empty"}, BadAnswer),
        ({"fail_rate": 1, "fail_status": 429, "no_retry_after": True}, RateLimitedMinute),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_client_calls_a_failure_by_its_name(
    bench: Bench, dial: Mapping[str, object], error: type[ProviderError]
) -> None:
    """Red when a client has no timeout or no cap of its own, or takes a failure for one that another remedy helps."""
    bench.world.turn(**dict.fromkeys(PROVIDERS, dial))
    async with impatient(bench) as (serper, groq, firecrawl):
        with pytest.raises(error):
            await serper.search(Query("company", "x"))
        with pytest.raises(error):
            await groq.ask(MODEL, system="s", user="u", form=Form("x", {}, 10))
        with pytest.raises(error):
            await firecrawl.read("https://haldenlube.example/")
