"""The two parts of a row's research, at work at the same time, joined when both are done."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from services.enrich.clients.errors import OutOfTime, ProviderOut
from services.enrich.domain.columns import Column
from services.enrich.domain.found import Found, join
from services.enrich.domain.searches import person_searches
from services.enrich.domain.sources import Source
from services.enrich.use_cases.research_person import open_columns, research_person
from services.enrich.use_cases.row_work import Part, columns_of
from services.enrich.use_cases.share_company import share_company

T = TypeVar("T")


async def research(company: Part, person: Part) -> Found:
    """What is found of the row's company and person. Either part is finished, and kept, also when the other fails.

    Raises what ends the row: of two failures the one that stops the chunk.
    """
    work = company.work
    ready: asyncio.Future[Sequence[Source]] = asyncio.get_running_loop().create_future()
    ready.add_done_callback(lambda one: one.cancelled() or one.exception())
    if not person_searches(work.lead):
        work.slot.begin(1)
        with work.slot.part():
            return join(await share_company(company, ready=ready), Found(), work.lead)
    columns = columns_of(work.spec)

    async def of_company() -> Found:
        with work.slot.part():
            return await share_company(company, ready=ready)

    async def of_person() -> Found:
        with work.slot.part():
            return await research_person(person, company_sources=ready, still_open=still_open)

    def still_open() -> tuple[Column, ...]:
        known = first.done() and not first.cancelled() and first.exception() is None
        return open_columns(columns, first.result().answers if known else None)

    work.slot.begin(2)
    first = asyncio.create_task(of_company())
    found_company, found_person = await _both(first, asyncio.create_task(of_person()))
    return join(found_company, found_person, work.lead)


async def _both(one: asyncio.Task[T], other: asyncio.Task[T]) -> tuple[T, T]:
    """Both results, when both are done."""
    try:
        await asyncio.wait((one, other))
    except asyncio.CancelledError:
        for task in (one, other):
            task.cancel()
        await asyncio.gather(one, other, return_exceptions=True)
        raise
    errors = [error for task in (one, other) if (error := None if task.cancelled() else task.exception())]
    for error in errors:
        if isinstance(error, ProviderOut | OutOfTime):
            raise error
    if errors:
        raise errors[0]
    return one.result(), other.result()
