"""What the searches and the website say of a row's company and of its person, without the namesakes."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from services.enrich.clients import prices
from services.enrich.domain.lead import Lead
from services.enrich.domain.searches import Query, company_searches, person_searches
from services.enrich.domain.sources import Chosen, Result, choose_sources
from services.enrich.use_cases.read_website import read_website
from services.enrich.use_cases.row_work import Part

T = TypeVar("T")


async def find_company_sources(lead: Lead, part: Part) -> Chosen:
    """The sources that speak of the company: its site and two searches, asked at the same time.

    Raises what the search provider raises.
    """
    searches = [_ask(part, query) for query in company_searches(lead)]
    website = [_website(lead, part)] if lead.domain else []
    return choose_sources(lead, _woven(await together([*website, *searches])), today=part.today)


async def find_person_results(lead: Lead, part: Part) -> list[Result]:
    """What a search for the person at the company gives. Raises what the search provider raises."""
    return _woven(await together([_ask(part, query) for query in person_searches(lead)]))


async def _ask(part: Part, query: Query) -> list[Result]:
    serper = part.providers.serper
    results = await part.work.patience.ask(lambda: serper.search(query), serper.gate)
    part.tally.call(serper.account, cost_microusd=prices.SERPER_SEARCH)
    return results


async def _website(lead: Lead, part: Part) -> list[Result]:
    """The pages of the company's site. One that cannot be read costs the row this source, not its result."""
    site = await read_website(
        lead.domain,
        websites=part.work.websites,
        firecrawl=part.providers.firecrawl,
        patience=part.work.patience,
        tally=part.tally,
    )
    return [Result(kind="website", url=page.url, title=page.title, text=page.text) for page in site.pages]


def _woven(rounds: Sequence[Sequence[Result]]) -> list[Result]:
    """The website first, then the best of each search, so that no search crowds out another."""
    longest = max(map(len, rounds), default=0)
    return [found[nth] for nth in range(longest) for found in rounds if nth < len(found)]


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
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
