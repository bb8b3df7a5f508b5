"""A site as a few pages: the home page first, then those it names, read at the same time. The way to a page is given."""

import asyncio
from datetime import datetime
from typing import Protocol

from libs.common.logs import get_logger
from services.enrich.domain.sites.site_links import choose_links
from services.enrich.domain.sites.website import FoundPage, SiteUnread, Website

log = get_logger()


class PageReader(Protocol):
    """A way to pages: Firecrawl's, or our own. Both raise SiteUnread, and whatever has to stop the row."""

    async def home(self, domain: str) -> FoundPage:
        """The home page, with its links."""
        ...

    async def page(self, url: str) -> FoundPage:
        """A page that the home page names."""
        ...


async def read_site(domain: str, reader: PageReader, *, now: datetime, sandboxed: bool = False) -> Website:
    """The home page and at most three more. A site that cannot be read is an answer too."""
    try:
        home = await reader.home(domain)
    except SiteUnread as unread:
        log.info("website.not_read", domain=domain, status=unread.status, reason=unread.reason)
        return Website(domain, unread.status, now, reason=unread.reason, sandboxed=sandboxed)
    wanted = choose_links(home.url, home.links)
    found = await _together(reader, list(wanted.values()))
    more = [
        page.as_page(kind)
        for kind, page in zip(wanted, found, strict=True)
        if isinstance(page, FoundPage) and page.text != home.text
    ]
    whole = not any(isinstance(page, SiteUnread) and page.status == "away" for page in found)
    pages = (home.as_page("home"), *more)
    return Website(domain, "read", now, pages=pages, sandboxed=sandboxed, whole=whole)


async def _together(reader: PageReader, urls: list[str]) -> list[FoundPage | SiteUnread]:
    """Each page, or why it was not read. What has to stop the row stops the other pages too."""
    tasks = [asyncio.create_task(_one(reader, url)) for url in urls]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _one(reader: PageReader, url: str) -> FoundPage | SiteUnread:
    try:
        return await reader.page(url)
    except SiteUnread as unread:
        log.info("website.page_not_read", url=url, status=unread.status, reason=unread.reason)
        return unread
