"""The website of a row's company: from the cache, or read once for everyone who asks for it meanwhile."""

import time

from libs.common.clock import utc_now
from libs.common.logs import get_logger
from services.enrich.clients import prices
from services.enrich.clients.errors import BadAnswer, PageMissing, ProviderDown
from services.enrich.clients.firecrawl import Firecrawl
from services.enrich.clients.patience import Patience
from services.enrich.domain.sites.website import FoundPage, SiteUnread, Website
from services.enrich.in_flight.tally import Tally
from services.enrich.in_flight.websites import Websites
from services.enrich.repositories.websites import SiteKey
from services.enrich.website.direct import Visit
from services.enrich.website.site import PageReader, read_site

log = get_logger()

_WEBSITE_BUDGET_S = 12.0
_LONGEST_WAIT_S = 60.0
_DIRECT = "website"
"""What a receipt calls the pages that we read ourselves: they cost nothing."""


async def read_website(
    domain: str, *, websites: Websites, firecrawl: Firecrawl | None, patience: Patience, tally: Tally
) -> Website:
    """The pages of a domain's site, or the reason why there are none. A site that cannot be read costs a row only this.

    Keyed by domain: one reading for all rows of all replicas while it is believed; `tally` counts the pages that were read
    here, or one cache hit. Raises what parks or ends a row at Firecrawl: ProviderOut, OutOfTime.
    """
    sandboxed = firecrawl is not None and firecrawl.account.mode == "sandbox"
    reader: PageReader
    if firecrawl is not None:
        reader = _ThroughFirecrawl(firecrawl, patience, tally)
    elif websites.direct is not None:
        reader = _Ourselves(websites.direct.visit(), tally)
    else:
        return Website(domain, "away", utc_now(), reason="There is nothing to read websites with.")
    key = SiteKey(domain, sandboxed)
    try:
        known = await websites.take(key, within_s=_wait_s(patience))
    except TimeoutError:
        return Website(domain, "away", utc_now(), reason="Another row has been reading it for too long.")
    if known is not None:
        tally.cached(sandboxed=known.sandboxed)
        return known
    return await _read(key, reader, websites=websites)


async def _read(key: SiteKey, reader: PageReader, *, websites: Websites) -> Website:
    """Read it for everyone. What says nothing of the site (a provider that is down) is told to nobody."""
    try:
        website = await read_site(key.domain, reader, now=utc_now(), sandboxed=key.sandboxed)
    except (ProviderDown, BadAnswer) as error:
        websites.give_up(key)
        log.warning("website.not_read", domain=key.domain, status="away", reason=error.said)
        return Website(key.domain, "away", utc_now(), reason=error.said, sandboxed=key.sandboxed)
    except BaseException:
        websites.give_up(key)
        raise
    websites.put(website)
    return website


def _wait_s(patience: Patience) -> float:
    return max(0.0, min(_LONGEST_WAIT_S, patience.deadline - time.monotonic()))


class _Ourselves:
    """Our own way to pages, counted on the row's receipt."""

    def __init__(self, visit: Visit, tally: Tally) -> None:
        self._visit = visit
        self._tally = tally

    async def home(self, domain: str) -> FoundPage:
        return self._counted(await self._visit.home(domain))

    async def page(self, url: str) -> FoundPage:
        return self._counted(await self._visit.page(url))

    def _counted(self, page: FoundPage) -> FoundPage:
        self._tally.read_ourselves(_DIRECT)
        return page


class _ThroughFirecrawl:
    """Firecrawl as a way to pages, with the patience of the row and on its receipt."""

    def __init__(self, firecrawl: Firecrawl, patience: Patience, tally: Tally) -> None:
        self._firecrawl = firecrawl
        self._patience = Patience(
            patience.deadline, budget_s=_WEBSITE_BUDGET_S, tenant_id=patience.tenant_id, does_without=True
        )
        self._tally = tally

    async def home(self, domain: str) -> FoundPage:
        return await self._ask(f"https://{domain}/", links=True)

    async def page(self, url: str) -> FoundPage:
        try:
            return await self._ask(url, links=False)
        except (ProviderDown, BadAnswer) as error:
            raise SiteUnread("away", error.said) from error

    async def _ask(self, url: str, *, links: bool) -> FoundPage:
        firecrawl = self._firecrawl
        try:
            page = await self._patience.ask(lambda: firecrawl.read(url, links=links), firecrawl.gate)
        except PageMissing as missing:
            raise SiteUnread(missing.status, missing.said) from missing
        self._tally.call(firecrawl.account, cost_microusd=prices.FIRECRAWL_PAGE)
        return page
