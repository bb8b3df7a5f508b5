"""The first round of a row: its searches and its company's website, asked at the same time, without the namesakes."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from services.enrich.clients import prices
from services.enrich.clients.firecrawl import Firecrawl
from services.enrich.clients.patience import Patience
from services.enrich.clients.serper import Serper
from services.enrich.domain.lead import Lead
from services.enrich.domain.searches import Query, plan_searches
from services.enrich.domain.sources import Result, Source, choose_sources
from services.enrich.in_flight.tally import Tally
from services.enrich.in_flight.websites import Websites
from services.enrich.use_cases.read_website import read_website

T = TypeVar("T")


async def find_sources(
    lead: Lead, *, serper: Serper, firecrawl: Firecrawl | None, websites: Websites, patience: Patience, tally: Tally
) -> list[Source]:
    """The sources that speak of this row. Raises what the search provider raises."""
    searches = [_ask(serper, query, patience=patience, tally=tally) for query in plan_searches(lead)]
    if lead.domain:
        site = _website(lead.domain, websites=websites, firecrawl=firecrawl, patience=patience, tally=tally)
        searches.insert(0, site)
    return choose_sources(lead, _woven(await _together(searches))).sources


async def _ask(serper: Serper, query: Query, *, patience: Patience, tally: Tally) -> list[Result]:
    results = await patience.ask(lambda: serper.search(query), serper.gate)
    tally.call(serper.account, cost_microusd=prices.SERPER_SEARCH)
    return results


async def _website(
    domain: str, *, websites: Websites, firecrawl: Firecrawl | None, patience: Patience, tally: Tally
) -> list[Result]:
    """The pages of the company's site. One that cannot be read costs the row this source, not its result."""
    site = await read_website(domain, websites=websites, firecrawl=firecrawl, patience=patience, tally=tally)
    return [Result(kind="website", url=page.url, title=page.title, text=page.text) for page in site.pages]


def _woven(rounds: Sequence[Sequence[Result]]) -> list[Result]:
    """The website first, then the best of each search, so that no search crowds out another."""
    longest = max(map(len, rounds), default=0)
    return [found[nth] for nth in range(longest) for found in rounds if nth < len(found)]


async def _together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """All answers; when one call fails, the others are called off before its error is raised."""
    tasks: list[asyncio.Task[T]] = [asyncio.create_task(call) for call in calls]
    waiting: Awaitable[list[T]] = asyncio.gather(*tasks)
    try:
        return await waiting
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
