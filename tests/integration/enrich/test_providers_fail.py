"""Each way a provider can fail, and what the user sees: a degraded row with the reason, or a job that waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.clock import utc_now
from libs.common.contracts.enrich import ChunkEnriched, ChunkReturned, ProviderExhausted, ProviderRecovered
from services.enrich.clients.errors import ProviderDown
from services.enrich.clients.groq import Groq
from services.enrich.clients.models import Form
from services.enrich.clients.serper import Serper
from services.enrich.domain.searches import Query
from services.enrich.repositories import providers
from services.enrich.repositories.providers import Refusal
from services.enrich.tables import provider_states
from services.enrich.use_cases.probe_providers import probe_providers
from services.enrich.use_cases.turn_provider_out import turn_provider_out
from tests.integration.enrich.bench import INGRID, MODEL, Bench, bench_on
from tests.support.waiting import eventually

PLAIN = "Ingrid, I came across Halden Lubricants and would like to hear what you are working on."


async def one_row(bench: Bench, **limits: float) -> dict[str, Any]:
    await bench.deliver(bench.chunk([INGRID]), floor=bench.with_limits(**limits))
    (row,) = await bench.rows_said(ChunkEnriched)
    return row


def assert_plain_and_free(row: dict[str, Any], reason: str) -> None:
    assert (row["status"], row["line"]) == ("degraded", PLAIN)
    assert row["reason"].startswith(reason), row["reason"]


@pytest.mark.parametrize("provider", ["serper", "groq"])
@pytest.mark.parametrize("status", [500, 503])
async def test_a_provider_that_is_down_degrades_the_row(bench: Bench, provider: str, status: int) -> None:
    """Red when a 5xx fails the row, parks the job, or hides its reason. P6."""
    bench.world.turn(**{provider: {"fail_rate": 1, "fail_status": status}})
    row = await one_row(bench, row_budget_s=0.01)
    assert_plain_and_free(row, f"{provider.capitalize()} gave no usable answer: ")
    assert f"HTTP {status}" in row["reason"]


@pytest.mark.parametrize("provider", ["serper", "groq"])
@pytest.mark.parametrize("garbage", ["invalid_json", "truncated", "html", "error_200", "broken_body"])
async def test_nonsense_is_never_a_success(bench: Bench, provider: str, garbage: str) -> None:
    """Red when a 200 is believed without reading what it says. P6."""
    bench.world.turn(**{provider: {"garbage": garbage}})
    row = await one_row(bench, row_budget_s=0.01)
    assert_plain_and_free(row, f"{provider.capitalize()} gave no usable answer: ")
    assert row["research"] is None


@pytest.mark.parametrize("provider", ["serper", "groq"])
async def test_a_failure_that_passes_is_tried_again_and_shows_in_the_receipt(bench: Bench, provider: str) -> None:
    """Red when a row gives up at the first failure, or its receipt hides the tries."""
    bench.world.turn(**{provider: {"next_failures": [500, 503]}})
    row = await one_row(bench)
    assert row["status"] == "enriched"
    assert row["receipt"]["attempts"] == 3


async def test_a_provider_that_never_answers_runs_into_our_timeout(bench: Bench) -> None:
    """Red when a client has no timeout of its own: the row would hang until its chunk is out of time."""
    bench.world.turn(serper={"hang": True}, groq={"hang": True})
    by_name = {one.name: one for one in bench.world.accounts()}
    serper = Serper(by_name["serper"], concurrency=1, read_s=0.2)
    groq = Groq(by_name["groq"], models=[MODEL], concurrency=1, read_s=0.2)
    try:
        with pytest.raises(ProviderDown, match="serper: no answer"):
            await serper.search(Query("company", "x"))
        with pytest.raises(ProviderDown, match="groq: no answer"):
            await groq.ask(MODEL, system="s", user="u", form=Form("x", {}, 10))
    finally:
        bench.world.reset()
        await serper.close()
        await groq.close()


async def test_a_chunk_whose_time_is_up_is_handed_back_with_its_checkpoints(bench: Bench) -> None:
    """Red when a hanging provider keeps a chunk beyond its budget, or the next worker searches again."""
    bench.world.turn(groq={"hang": True})
    await bench.deliver(bench.chunk([INGRID]), floor=bench.with_limits(chunk_s=0.7))
    (returned,) = await bench.said(ChunkReturned)
    assert returned["reason"] == "out_of_time"
    assert await bench.stored("company_sources") == await bench.stored("person_sources") == 1
    bench.world.reset()
    await bench.deliver(bench.chunk([INGRID], dispatch=2))
    assert len(await bench.rows_said(ChunkEnriched)) == 1
    assert bench.world.answered("serper") == 0


async def test_a_website_that_cannot_be_read_costs_the_row_only_that_source(bench: Bench) -> None:
    """Red when a website reader that is down degrades the row."""
    bench.world.turn(firecrawl={"fail_rate": 1, "fail_status": 502})
    row = await one_row(bench)
    assert row["status"] == "enriched"
    assert "website" not in {source["kind"] for source in row["research"]["sources"]}


async def test_a_site_that_nobody_may_read_costs_the_row_only_that_source(bench: Bench) -> None:
    """Red when a 403 is taken for a rejected key: one lead with such a website would park every job."""
    await bench.deliver(bench.chunk([{**INGRID, "Website": "https://www.reddit.com/r/acme"}]))
    (row,) = await bench.rows_said(ChunkEnriched)
    assert row["status"] == "enriched"
    assert "website" not in {source["kind"] for source in row["research"]["sources"]}
    assert await bench.said(ProviderExhausted) == await bench.said(ChunkReturned) == []
    assert bench.world.box.calls.counts["firecrawl", "scrape", 403] == 1, "and it is not asked again"


async def test_a_minute_limit_is_waited_out_and_burns_no_attempt(bench: Bench) -> None:
    """Red when a minute limit degrades a row, or counts as a failed try."""
    bench.world.turn(groq={"rate_limit_per_minute": 2, "rate_window_s": 1})
    await bench.deliver(bench.chunk([INGRID, INGRID]))
    rows = await bench.rows_said(ChunkEnriched)
    assert [row["status"] for row in rows] == ["enriched", "enriched"]
    assert [row["receipt"]["attempts"] for row in rows] == [1, 1]


async def test_a_minute_limit_that_outlasts_the_chunk_hands_it_back(database: str, bench: Bench) -> None:
    """Red when rows sleep into the end of their chunk, or it comes back before the wait is over."""
    bench.world.turn(groq={"rate_limit_per_minute": 1, "rate_window_s": 60})
    began = utc_now()
    await bench.deliver(bench.chunk([INGRID]), floor=bench.with_limits(chunk_s=10))
    (returned,) = await bench.said(ChunkReturned)
    assert returned["reason"] == "out_of_time"
    assert datetime.fromisoformat(returned["retry_at"]) > began + timedelta(seconds=30)
    bench.world.turn(groq={"rate_limit_per_minute": 0})
    async with bench_on(database, bench.world) as unlimited:
        await unlimited.deliver(bench.chunk([INGRID], dispatch=2))
    assert bench.world.answered("groq") == 3, "what the one call has found is not asked for again"


async def test_a_day_limit_parks_once_with_the_time_it_ends(bench: Bench) -> None:
    """Red when a day limit is waited out like a minute, is told by each chunk, or without its end."""
    bench.world.turn(groq={"day_limit": 0, "day_resets_in_s": 7200})
    await bench.deliver(bench.chunk(3))
    await bench.deliver(bench.chunk(3, dispatch=2))
    (exhausted,) = await bench.said(ProviderExhausted)
    assert (exhausted["account"], exhausted["counter"], exhausted["reason"]) == ("groq", 1, "day_limit")
    assert "requests per day" in exhausted["message"]
    resume_at = datetime.fromisoformat(exhausted["resume_at"])
    assert timedelta(minutes=119) < resume_at - utc_now() < timedelta(minutes=121)
    first, second = await bench.said(ChunkReturned)
    assert first["reason"] == second["reason"] == "provider_exhausted"
    assert second["retry_at"] == exhausted["resume_at"]
    assert bench.world.answered("groq") == 0


async def test_while_a_provider_is_out_nothing_is_asked(bench: Bench) -> None:
    """Red when chunks of an account that is out search on: paid for, and never finished."""
    bench.world.turn(serper={"bad_key": True})
    await bench.deliver(bench.chunk(1))
    bench.world.reset()
    await bench.deliver(bench.chunk(1, dispatch=2))
    assert not bench.world.box.calls.counts
    assert [one["reason"] for one in await bench.said(ChunkReturned)] == ["bad_key", "bad_key"]


@pytest.mark.parametrize("provider", ["serper", "groq", "firecrawl"])
async def test_a_rejected_key_parks_and_a_mended_one_recovers(bench: Bench, provider: str) -> None:
    """Red when a 401 degrades rows, the probe does not ask, or recovery is not told, or told twice."""
    bench.world.turn(**{provider: {"bad_key": True}})
    await bench.deliver(bench.chunk(2))
    (returned,) = await bench.said(ChunkReturned)
    assert returned["reason"] == "bad_key"
    assert datetime.fromisoformat(returned["retry_at"]) > utc_now() + timedelta(minutes=9)
    await probe_now(bench)
    assert await bench.said(ProviderRecovered) == []
    assert (await bench.provider(provider))["state"] == "out"
    bench.world.reset()
    await probe_now(bench)
    await probe_now(bench)
    (recovered,) = await bench.said(ProviderRecovered)
    assert (recovered["account"], recovered["counter"]) == (provider, 2)
    await bench.deliver(bench.chunk(2, dispatch=2))
    assert len(await bench.rows_said(ChunkEnriched)) == 2


@pytest.mark.parametrize(
    ("provider", "garbage"), [("serper", "html"), ("serper", "error_200"), ("groq", "invalid_json"), ("groq", "html")]
)
async def test_a_provider_that_tells_everybody_nonsense_parks_the_job(
    bench: Bench, provider: str, garbage: str
) -> None:
    """No row is degraded. Red when useless answers of all rows are not counted, when a probe believes what it cannot read, or
    when the account does not come back."""
    bench.world.turn(**{provider: {"garbage": garbage}})
    await bench.deliver(bench.chunk(30))
    assert await bench.rows_said(ChunkEnriched) == []
    assert await bench.stored("result") == 0
    (returned,) = await bench.said(ChunkReturned)
    assert returned["reason"] == "provider_exhausted"
    (exhausted,) = await bench.said(ProviderExhausted)
    assert (exhausted["account"], exhausted["cause"]) == (provider, "nonsense")
    await probe_now(bench)
    assert await bench.said(ProviderRecovered) == []
    bench.world.reset()
    await probe_now(bench)
    assert len(await bench.said(ProviderRecovered)) == 1
    await bench.deliver(bench.chunk(30, dispatch=2))
    assert {row["status"] for row in await bench.rows_said(ChunkEnriched)} == {"enriched"}


async def test_rows_do_without_websites_when_their_reader_talks_nonsense(bench: Bench) -> None:
    """Red when a list of sites that cannot be read parks a job whose rows are enriched without them."""
    bench.world.turn(firecrawl={"garbage": "error_200"})
    await bench.deliver(bench.chunk(30), floor=bench.with_limits(row_budget_s=0.01))
    assert {row["status"] for row in await bench.rows_said(ChunkEnriched)} == {"enriched"}
    assert await bench.said(ProviderExhausted) == []


async def test_a_provider_is_not_asked_before_its_time(bench: Bench) -> None:
    """Red when a probe does not wait for `probe_at`: a refusal each five seconds, all day."""
    bench.world.turn(groq={"day_limit": 0, "day_resets_in_s": 7200})
    await bench.deliver(bench.chunk(1))
    bench.world.reset()
    await probe_providers(bench.open_uow, bench.floor.tools)
    assert not bench.world.box.calls.counts


async def probe_now(bench: Bench) -> None:
    async with bench.open_uow() as uow:
        await uow.conn.execute(update(provider_states).values(probe_at=func.now()))
    await probe_providers(bench.open_uow, bench.floor.tools)


async def test_a_day_that_ends_later_than_was_said_is_said_again(bench: Bench) -> None:
    """Red when a probe that is refused again only moves enrich's own row: ingest would take the account for back at the
    old time, and send its jobs round all day."""
    bench.world.turn(groq={"day_limit": 0, "day_resets_in_s": 1200})
    await bench.deliver(bench.chunk(1))
    bench.world.turn(groq={"day_limit": 0, "day_resets_in_s": 7200})
    await probe_now(bench)
    first, second = await bench.said(ProviderExhausted)
    assert (first["counter"], second["counter"], second["reason"]) == (1, 2, "day_limit")
    assert datetime.fromisoformat(second["resume_at"]) - utc_now() > timedelta(minutes=119)
    bench.world.reset()
    await probe_now(bench)
    assert [one["counter"] for one in await bench.said(ProviderRecovered)] == [3]


async def test_an_account_that_does_not_answer_its_probe_has_no_time_any_more(bench: Bench) -> None:
    """Red when its old `resume_at` stands: that has passed, and whoever believes it sends chunks that come straight back."""
    bench.world.turn(groq={"day_limit": 0, "day_resets_in_s": 1200})
    await bench.deliver(bench.chunk(1))
    bench.world.reset()
    bench.world.turn(groq={"fail_rate": 1, "fail_status": 503})
    await probe_now(bench)
    await probe_now(bench)
    first, second = await bench.said(ProviderExhausted)
    assert (first["counter"], second["counter"], second["resume_at"]) == (1, 2, None), "and it is said once"
    assert (second["reason"], second["message"]) == ("day_limit", first["message"])
    await bench.deliver(bench.chunk(1, dispatch=2))
    returned = (await bench.said(ChunkReturned))[-1]
    assert datetime.fromisoformat(returned["retry_at"]) > utc_now() + timedelta(minutes=9)


async def test_a_probe_that_was_overtaken_says_nothing(bench: Bench) -> None:
    """Red when a probe's refusal is not compared with the counter it began from."""
    bench.world.turn(groq={"day_limit": 0, "day_resets_in_s": 1200})
    await bench.deliver(bench.chunk(1))
    bench.world.turn(groq={"day_limit": 0, "day_resets_in_s": 7200})
    async with bench.open_uow() as uow:
        (seen,) = (await providers.load(uow.conn)).values()
        assert await providers.mark_up(uow.conn, "groq", seen=seen.counter) == 2
        refusal = Refusal("day_limit", "out", resume_at=None)
        await turn_provider_out(uow, "groq", refusal, seen=seen.counter, probe_at=utc_now())
    assert len(await bench.said(ProviderExhausted)) == 1
    assert (await bench.provider("groq"))["state"] == "up"


async def test_a_provider_whose_key_was_taken_away_stands_in_nobodys_way(database: str, bench: Bench) -> None:
    """Red when it stays out: nobody could ever ask it whether it is back, and every new job would park for ever."""
    bench.world.turn(firecrawl={"bad_key": True})
    await bench.deliver(bench.chunk(1))
    async with bench_on(database, bench.world, missing=["firecrawl"]) as without:
        await probe_now(without)
        assert [one["counter"] for one in await bench.said(ProviderRecovered)] == [2]
        await without.deliver(bench.chunk(1, dispatch=2))
    assert len(await bench.rows_said(ChunkEnriched)) == 1


async def turned_out(conn: AsyncConnection, *, seen: int) -> int | None:
    refusal = Refusal("day_limit", "out", resume_at=None)
    return await providers.mark_out(conn, "groq", refusal, seen=seen, probe_at=utc_now())


async def test_an_old_refusal_does_not_turn_a_recovered_provider_out_again(bench: Bench) -> None:
    """Red when the counter is not compared: `gen`. A chunk that met the refusal before the recovery says nothing new."""
    bench.world.turn(serper={"hang": True}, groq={"day_limit": 0})
    late = asyncio.create_task(bench.deliver(bench.chunk(1)))
    await eventually(lambda: bench.world.in_flight("serper"))
    async with bench.open_uow() as uow:
        assert await turned_out(uow.conn, seen=0) == 1
        assert await providers.mark_up(uow.conn, "groq", seen=1) == 2
    bench.world.turn(serper={"hang": False})
    await late
    assert await bench.said(ProviderExhausted) == []
    assert (await bench.provider("groq"))["state"] == "up"
    assert len(await bench.said(ChunkReturned)) == 1


async def test_of_two_that_meet_a_refusal_one_tells(bench: Bench) -> None:
    """Red when the counter is raised without comparing it: two numbers for one change."""
    bench.world.turn(groq={"day_limit": 0})
    other = replace(bench)
    other.job_id = bench.job_id.__class__(int=99)
    await asyncio.gather(bench.deliver(bench.chunk(1)), other.deliver(other.chunk(1)))
    assert [one["counter"] for one in await bench.said(ProviderExhausted)] == [1]
    assert len(await bench.said(ChunkReturned)) == 2


@pytest.mark.parametrize("missing", [["serper"], ["groq"], ["serper", "groq", "firecrawl"]])
async def test_without_a_key_each_row_gets_the_plain_line_with_the_reason_when_that_was_agreed_to(
    database: str, bench: Bench, missing: list[str]
) -> None:
    """Red when such a job waits for a key, or a row comes out empty."""
    async with bench_on(database, bench.world, missing=missing) as poor:
        await poor.deliver(poor.chunk([INGRID, {}], accept_degraded=True))
        row, empty = await poor.rows_said(ChunkEnriched)
    assert_plain_and_free(row, "There is no key for ")
    assert missing[0] in row["reason"]
    assert empty["status"] == "skipped"
    assert row["receipt"]["cost_microusd"] == 0


@pytest.mark.parametrize("missing", [["serper"], ["groq"]])
async def test_without_a_key_and_without_consent_the_chunk_is_handed_back_unpaid(
    database: str, bench: Bench, missing: list[str]
) -> None:
    """Red when nobody reads `accept_degraded`: a replica that restarts without a key would give every remaining row the
    plain line, of which the user was told nothing. What is stored is still answered."""
    async with bench_on(database, bench.world, missing=missing) as poor:
        await poor.deliver(poor.chunk([INGRID]))
        (returned,) = await poor.said(ChunkReturned)
        assert returned["reason"] == "bad_key"
        assert datetime.fromisoformat(returned["retry_at"]) > utc_now() + timedelta(minutes=9)
        assert not bench.world.box.calls.counts
        await bench.deliver(bench.chunk([INGRID], dispatch=2))
        poor.job_id = bench.job_id
        await poor.deliver(poor.chunk([INGRID], dispatch=3))
    assert [row["status"] for row in await bench.rows_said(ChunkEnriched)] == ["enriched", "enriched"]


async def test_a_missing_website_reader_needs_no_consent(database: str, bench: Bench) -> None:
    """Red when every provider counts as needed: without Firecrawl there is research, only of fewer sources."""
    async with bench_on(database, bench.world, missing=["firecrawl"]) as without:
        await without.deliver(without.chunk([INGRID]))
    assert [row["status"] for row in await bench.rows_said(ChunkEnriched)] == ["enriched"]
