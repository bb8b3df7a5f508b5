"""The website of a row: through Firecrawl or by ourselves, once for everyone, and on the receipt of who has read it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from services.enrich.clients.errors import BadKey
from services.enrich.clients.patience import Patience
from services.enrich.domain.sites.website import Website
from services.enrich.in_flight.tally import Tally
from services.enrich.in_flight.websites import LEASE_S, Websites
from services.enrich.use_cases.read_website import read_website
from services.enrich.website.direct import DirectReader
from services.enrich.website.fetch import Fetcher
from services.enrich.website.parsers import Parsers
from tests.integration.enrich.bench import Bench
from tests.support.sites import LoopbackResolver, Site, running_site, trusting_the_site

DOMAIN = "haldenlube.example"


async def read(bench: Bench, domain: str = DOMAIN, *, budget_s: float = 60) -> tuple[Website, Tally]:
    tally = Tally()
    patience = Patience(time.monotonic() + 30, budget_s=budget_s)
    floor = bench.floor
    website = await read_website(
        domain, websites=floor.websites, firecrawl=floor.tools.firecrawl, patience=patience, tally=tally
    )
    return website, tally


async def test_the_four_pages_are_read_once_and_known_to_the_next(bench: Bench) -> None:
    """Red when a page is left out of the receipt, or a site is read again although it is known."""
    first, paid = await read(bench)
    again, free = await read(bench)
    assert [page.kind for page in first.pages] == ["home", "about", "products", "careers"]
    assert all(page.text and page.title for page in first.pages)
    assert again == first
    assert (paid.provider_calls, paid.cost_microusd, paid.cache_hits) == ({"firecrawl": 4}, 4 * 830, 0)
    assert (free.provider_calls, free.cost_microusd, free.cache_hits) == ({}, 0, 1)
    assert paid.sandboxed
    assert free.sandboxed
    assert bench.world.answered("firecrawl") == 4


async def test_of_many_rows_that_ask_at_once_one_pays(bench: Bench) -> None:
    """Red when rows of one company each read its site."""
    found = await asyncio.gather(*(read(bench) for _ in range(40)))
    assert bench.world.answered("firecrawl") == 4
    assert sorted(tally.cache_hits for _, tally in found) == [0, *[1] * 39]
    assert len({website.pages for website, _ in found}) == 1


@pytest.mark.parametrize(("site", "status"), [("gone", "missing"), ("down", "away")])
async def test_a_site_that_cannot_be_read_is_asked_for_once(bench: Bench, site: str, status: str) -> None:
    """Red when each row finds out anew that there is no such site."""
    bench.world.box.world.put_company(DOMAIN, {"site": site})
    website, tally = await read(bench)
    asked = sum(bench.world.box.calls.counts.values())
    assert (website.status, website.pages, tally.cost_microusd) == (status, (), 0)
    assert website.reason
    known, _ = await read(bench)
    assert known == website
    assert sum(bench.world.box.calls.counts.values()) == asked


async def test_what_firecrawl_fails_at_is_not_said_of_the_site(bench: Bench) -> None:
    """Red when a provider's bad minute makes a site count as away for everyone."""
    bench.world.turn(firecrawl={"fail_rate": 1, "fail_status": 500})
    website, _ = await read(bench, budget_s=0.01)
    assert (website.status, website.pages) == ("away", ())
    bench.world.turn(firecrawl={"fail_rate": 0})
    again, tally = await read(bench)
    assert again.status == "read"
    assert tally.cache_hits == 0


async def test_a_rejected_key_stops_the_row_and_leaves_the_site_to_others(bench: Bench) -> None:
    """Red when the row goes on as if there were no site, or the site stays claimed."""
    bench.world.turn(firecrawl={"fail_rate": 1, "fail_status": 401})
    with pytest.raises(BadKey):
        await read(bench)
    bench.world.turn(firecrawl={"fail_rate": 0})
    website, _ = await asyncio.wait_for(read(bench), LEASE_S - 1)
    assert website.status == "read"


async def test_a_row_that_is_cancelled_while_it_reads_leaves_the_site_to_the_next(bench: Bench) -> None:
    """Red when a paused job keeps other jobs from a site until its lease runs out."""
    bench.world.turn(firecrawl={"hang": True})
    reading = asyncio.create_task(read(bench))
    while not bench.world.in_flight("firecrawl"):
        await asyncio.wait([reading], timeout=0.01)
    waiting = asyncio.create_task(read(bench))
    reading.cancel()
    bench.world.turn(firecrawl={"hang": False})
    website, tally = await asyncio.wait_for(waiting, LEASE_S - 1)
    assert (website.status, tally.cache_hits) == ("read", 0)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Site]:
    async with running_site(tmp_path) as running:
        yield running


async def test_without_firecrawl_we_read_ourselves(bench: Bench, site: Site) -> None:
    """Red when a row without a Firecrawl key goes without its company's own words, or they are marked as invented."""
    site.page("acme.example/", "<p>Acme makes oil.</p><a href='/about'>About</a>")
    site.page("acme.example/about", "<p>Since 1950.</p>")
    fetcher = Fetcher(LoopbackResolver(site, {"acme.example"}), tls=trusting_the_site())
    async with DirectReader(fetcher, Parsers(workers=1)) as direct:
        websites = Websites(bench.open_uow, bench.listener, direct=direct)
        task = asyncio.create_task(websites.run())
        ours = replace(
            bench, floor=replace(bench.floor, websites=websites, tools=replace(bench.floor.tools, firecrawl=None))
        )
        website, tally = await read(ours, "acme.example")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [page.text for page in website.pages] == ["Acme makes oil.\nAbout", "Since 1950."]
    assert not website.sandboxed
    assert (tally.provider_calls, tally.cost_microusd, tally.sandboxed) == ({"website": 2}, 0, False)


async def test_without_any_reader_a_row_goes_without(bench: Bench) -> None:
    """Red when a missing reader is more than a missing source."""
    ours = replace(bench, floor=replace(bench.floor, tools=replace(bench.floor.tools, firecrawl=None)))
    website, tally = await read(ours)
    assert (website.status, tally.provider_calls) == ("away", {})
