"""The first round of a row: its searches and its company's home page, asked at the same time, without the namesakes."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from libs.common.logs import get_logger
from services.enrich.clients import prices
from services.enrich.clients.errors import BadAnswer, PageMissing, ProviderDown
from services.enrich.clients.firecrawl import Firecrawl
from services.enrich.clients.patience import Patience
from services.enrich.clients.serper import Serper
from services.enrich.domain.lead import Lead
from services.enrich.domain.searches import Query, plan_searches
from services.enrich.domain.sources import Result, Source, choose_sources
from services.enrich.in_flight.tally import Tally

log = get_logger()
T = TypeVar("T")

_WEBSITE_BUDGET_S = 12.0


async def find_sources(
    lead: Lead, *, serper: Serper, reader: Firecrawl | None, patience: Patience, tally: Tally
) -> list[Source]:
    """The sources that speak of this row. Raises what the search provider raises."""
    searches = [_ask(serper, query, patience=patience, tally=tally) for query in plan_searches(lead)]
    website = [_read_website(lead, reader, patience=patience, tally=tally)] if reader and lead.domain else []
    return choose_sources(lead, _woven(await _together([*website, *searches]))).sources


async def _ask(serper: Serper, query: Query, *, patience: Patience, tally: Tally) -> list[Result]:
    results = await patience.ask(lambda: serper.search(query), serper.gate)
    tally.call(serper.account, cost_microusd=prices.SERPER_SEARCH)
    return results


async def _read_website(lead: Lead, reader: Firecrawl, *, patience: Patience, tally: Tally) -> list[Result]:
    """The home page. A site or a reader that does not answer costs the row this source, not its result."""
    url = f"https://{lead.domain}/"
    own = Patience(patience.deadline, budget_s=_WEBSITE_BUDGET_S)
    try:
        page = await own.ask(lambda: reader.read(url), reader.gate)
    except PageMissing:
        return []
    except (ProviderDown, BadAnswer) as error:
        log.warning("website.not_read", url=url, error=error.said)
        return []
    tally.call(reader.account, cost_microusd=prices.FIRECRAWL_PAGE)
    return [page]


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
