"""Our own way to pages: the guard before each address, robots.txt before each page, and the text by a confined parser."""

import asyncio
from typing import Self

from yarl import URL

from services.enrich.domain.sites.website import FoundPage, SiteNotReached, SiteUnread, status_of_http
from services.enrich.website.fetch import Fetcher
from services.enrich.website.parsers import Parsers

_PAGES = frozenset({"", "text/html", "application/xhtml+xml", "text/plain"})
_PAGES_AT_ONCE = 48
"""Of the whole process: as many bodies of up to a mebibyte may lie in its memory."""
_ROBOTS_BYTES = 500 * 1024
"""What RFC 9309 asks to be read of a robots.txt."""


class DirectReader:
    """Reads sites without a provider; what it holds is shared by all rows of the process."""

    def __init__(self, fetcher: Fetcher, parsers: Parsers) -> None:
        self._fetcher = fetcher
        self._parsers = parsers
        self._places = asyncio.Semaphore(_PAGES_AT_ONCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._fetcher.close()
        await self._parsers.close()

    def visit(self) -> "Visit":
        """One reading of one site."""
        return Visit(self._fetcher, self._parsers, self._places)


class Visit:
    """Pages of one site, its robots.txt asked for once. Raises SiteUnread and nothing else."""

    def __init__(self, fetcher: Fetcher, parsers: Parsers, places: asyncio.Semaphore) -> None:
        self._fetcher = fetcher
        self._parsers = parsers
        self._places = places
        self._robots: dict[str, bytes] = {}
        self._asking = asyncio.Lock()

    async def home(self, domain: str) -> FoundPage:
        """The home page, at the first address of the site that answers."""
        unread: list[SiteUnread] = []
        for address in (f"https://{domain}/", f"https://www.{domain}/", f"http://{domain}/"):
            try:
                return await self.page(address)
            except SiteNotReached as nobody:
                unread.append(nobody)
        raise unread[0]

    async def page(self, url: str) -> FoundPage:
        """One page, if the site lets robots read it."""
        async with self._places:
            return await self._page(url)

    async def _page(self, url: str) -> FoundPage:
        fetched = await self._fetcher.get(url, before=self._ask_robots)
        if fetched.status != 200:
            raise SiteUnread(status_of_http(fetched.status), f"{fetched.url} answers with HTTP {fetched.status}.")
        if fetched.kind not in _PAGES:
            raise SiteUnread("missing", f"{fetched.url} is no page but {fetched.kind[:60]}.")
        found = await self._parsers.read(fetched)
        if not found.text:
            raise SiteUnread("missing", f"{fetched.url} has nothing to read.")
        return found

    async def _ask_robots(self, url: URL) -> None:
        async with self._asking:
            if url.raw_authority not in self._robots:
                self._robots[url.raw_authority] = await self._fetch_robots(url)
        rules = self._robots[url.raw_authority]
        if rules and not await self._parsers.allows(rules, str(url)):
            raise SiteUnread("refused", f"The robots.txt of {url.host} asks not to read {url.path[:200]}.")

    async def _fetch_robots(self, url: URL) -> bytes:
        """The rules. A site that has none is free to read; one that cannot say is left alone (RFC 9309)."""
        fetched = await self._fetcher.get(url.origin() / "robots.txt")
        if status_of_http(fetched.status) == "away" or fetched.status >= 500:
            raise SiteUnread("away", f"The robots.txt of {url.host} is not to be had now: HTTP {fetched.status}.")
        return fetched.body[:_ROBOTS_BYTES] if fetched.status == 200 else b""
