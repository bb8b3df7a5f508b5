"""The company's part of a row, asked once for all rows of the company: one asks, the others wait for it or read it."""

import asyncio
from collections.abc import Sequence
from hashlib import blake2b

import orjson

from services.enrich import prompts
from services.enrich.clients.errors import ProviderError
from services.enrich.domain.degraded import Degraded
from services.enrich.domain.found import Found
from services.enrich.domain.sources import Source
from services.enrich.in_flight.companies import Abandoned, Flight
from services.enrich.in_flight.tally import Tally
from services.enrich.repositories.company_research import CompanyKey
from services.enrich.use_cases.research_company import research_company
from services.enrich.use_cases.row_work import Part, columns_of

_LOOK_AGAIN_S = 0.3


async def share_company(part: Part, *, ready: asyncio.Future[Sequence[Source]]) -> Found:
    """What is found of the row's company. `ready` is told the sources as soon as they are known.

    Keyed by workspace, company, and all that the answer depends on. What fails is raised to all who wait by then, and is
    kept for nobody; when the asker cannot go on (its chunk is over, its process ends), one of those who wait asks.
    """
    try:
        if told := part.recall("company"):
            _tell(ready, ())
            return Found.from_json(told["found"])
        key = key_of(part)
        while True:
            flight = part.work.companies.flight(key)
            if flight is None:
                return await _ask(part, key, ready)
            try:
                return await _follow(part, flight, ready)
            except Abandoned:
                continue
    except asyncio.CancelledError:
        ready.cancel()
        raise
    except Exception as error:
        if not ready.done():
            ready.set_exception(error)
        raise


def key_of(part: Part) -> CompanyKey:
    """A digest of everything the answer depends on: another language, column or catalogue is another question."""
    work = part.work
    asked = (
        work.lead.company_key,
        work.spec.language,
        [one.for_model() for one in columns_of(work.spec)],
        prompts.COMPANY.name,
        work.products.version,
        part.providers.modes,
    )
    return CompanyKey(work.tenant_id, blake2b(orjson.dumps(asked), digest_size=20).hexdigest())


async def _follow(part: Part, flight: Flight, ready: asyncio.Future[Sequence[Source]]) -> Found:
    slot = part.work.slot
    _tell(ready, await slot.wait(asyncio.shield(flight.sources)))
    found = await slot.wait(asyncio.shield(flight.found))
    part.tally.cached(sandboxed="sandbox" in part.providers.modes)
    return found


async def _ask(part: Part, key: CompanyKey, ready: asyncio.Future[Sequence[Source]]) -> Found:
    """Look whether somebody has found it or is at it; else do it, and say it to all who wait."""
    companies = part.work.companies
    flight = companies.begin(key)

    def on_sources(sources: Sequence[Source]) -> None:
        flight.sources.set_result(sources)
        _tell(ready, sources)

    try:
        known = await companies.look(key)
        while known.state == "others":
            await part.work.slot.wait(asyncio.sleep(_LOOK_AGAIN_S))
            known = await companies.look(key)
        if known.state == "found":
            found, sources = _read(part, known.payload)
            on_sources(sources)
            flight.found.set_result(found)
            companies.leave(key)
            return found
        found = await research_company(part, part.work.lead.of_company(), on_sources=on_sources)
    except BaseException as error:
        flight.fail(error if isinstance(error, ProviderError | Degraded) else Abandoned())
        companies.land(key, None)
        raise
    found = found.without_person(part.work.lead)
    flight.found.set_result(found)
    companies.land(key, _payload(part, found, flight.sources.result()))
    return found


def _payload(part: Part, found: Found, sources: Sequence[Source]) -> bytes | None:
    """What others may have: a research without a statement is kept for this row alone, and asked anew by the next."""
    if not found.statements:
        part.keep("company", found=found)
        return None
    pages = [one for one in sources if one.kind == "website"]
    return orjson.dumps({"found": found, "pages": pages, "tally": part.tally, "by": part.work.name})


def _read(part: Part, payload: bytes) -> tuple[Found, list[Source]]:
    """What was stored. The row that paid for it counts its costs, every other a hit."""
    told = orjson.loads(payload)
    tally = Tally.from_json(told["tally"])
    if told["by"] == part.work.name:
        part.tally = tally
    else:
        part.tally.cached(sandboxed=tally.sandboxed)
    return Found.from_json(told["found"]), [Source(**one) for one in told["pages"]]


def _tell(ready: asyncio.Future[Sequence[Source]], sources: Sequence[Source]) -> None:
    if not ready.done():
        ready.set_result(sources)
