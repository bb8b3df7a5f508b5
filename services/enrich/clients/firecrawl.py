"""Firecrawl: one page of a website as markdown (POST /v2/scrape)."""

import re
from copy import copy
from typing import Self

from services.enrich.clients.accounts import Account
from services.enrich.clients.connection import Reply
from services.enrich.clients.connections import Connections
from services.enrich.clients.errors import (
    BadAnswer,
    BadKey,
    DayLimitExhausted,
    PageMissing,
    ProviderDown,
    ProviderError,
    RateLimitedMinute,
)
from services.enrich.clients.gate import Gate, Gates
from services.enrich.clients.http import Door, post, seconds_of
from services.enrich.domain.sites.page_text import text_of_markdown
from services.enrich.domain.sites.site_links import MOST_LINKS, Link
from services.enrich.domain.sites.website import TITLE_CHARS, FoundPage, WebsiteStatus, status_of_http
from services.enrich.domain.texts import clean

_READ_S = 20
_RETRY_AFTER = re.compile(r"retry after (\d{1,5})s")
"""Firecrawl says it in words, and not always in a header."""
_SITE_SAYS: dict[object, WebsiteStatus] = {
    "SCRAPE_DNS_RESOLUTION_ERROR": "missing",
    "SCRAPE_ALL_ENGINES_FAILED": "away",
    "SCRAPE_TIMEOUT": "away",
    "SCRAPE_SITE_ERROR": "away",
}
"""Codes that speak of the site, not of Firecrawl."""


class Firecrawl:
    """The same connections for all rows of the process, and for all accounts."""

    def __init__(
        self, account: Account, *, concurrency: int, read_s: float = _READ_S, gates: Gates | None = None
    ) -> None:
        self._gates = gates or Gates()
        self._connections = Connections(concurrency=concurrency, read_s=read_s)
        self._hold(account)

    def under(self, account: Account) -> Self:
        """The same connections with another account's key."""
        other = copy(self)
        other._hold(account)
        return other

    def _hold(self, account: Account) -> None:
        self.account = account
        self.gate: Gate = self._gates.of(account.name)
        headers = {"Authorization": f"Bearer {account.key}"}
        self._door = Door.of(account.provider, f"{account.base_url}/v2/scrape", headers)

    async def read(self, url: str, *, links: bool = False) -> FoundPage:
        """The readable text of a page, and its links when they are wanted.

        Raises PageMissing when the site has none to give, or is not read for anybody.
        """
        formats = ["markdown", "links"] if links else ["markdown"]
        asked = {"url": url, "formats": formats, "onlyMainContent": True, "timeout": 15_000}
        reply = await post(self._connections, self._door, asked)
        answer = reply.json_or_none()
        if reply.status != 200 or not isinstance(answer, dict) or answer.get("success") is not True:
            raise self._error(reply, answer)
        data = answer.get("data")
        markdown = data.get("markdown") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(markdown, str):
            raise BadAnswer(self.account.name, "the answer has no page in it")
        metadata = data.get("metadata")
        about = metadata if isinstance(metadata, dict) else {}
        status = about.get("statusCode", 200)
        status = status if isinstance(status, int) else 200
        text = text_of_markdown(markdown)
        if not text or status >= 400:
            said = f"{url} has nothing to read (HTTP {status})"
            raise PageMissing(self.account.name, said, status=status_of_http(status))
        final = about.get("url")
        return FoundPage(
            url=final if isinstance(final, str) and final.startswith(("http://", "https://")) else url,
            title=clean(str(about.get("title") or ""), longest=TITLE_CHARS),
            text=text,
            links=_links(data.get("links")),
        )

    async def probe(self) -> None:
        """Raises what reading a page would meet; a missing page is no trouble."""
        try:
            await self.read("https://example.com/")
        except PageMissing:
            return

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    def _error(self, reply: Reply, answer: object) -> ProviderError:
        name = self.account.name
        told = answer if isinstance(answer, dict) else {}
        said = f"{self.account.scrubbed(str(told.get('error') or 'no reason given'))} (HTTP {reply.status})"
        # 403 is said of the page (a site that is not served, a network's profile pages), never of the key: that is 401.
        if told.get("code") in _SITE_SAYS or reply.status == 403:
            return PageMissing(name, said, status=_SITE_SAYS.get(told.get("code"), "refused"))
        if reply.status == 401:
            return BadKey(name, said)
        if reply.status == 402:
            return DayLimitExhausted(name, said, resume_at=None)
        if reply.status == 429:
            words = _RETRY_AFTER.search(said)
            default = float(words[1]) if words else 5.0
            return RateLimitedMinute(
                name, said, retry_after_s=seconds_of(reply.headers, default=default), limited_by="requests"
            )
        return ProviderDown(name, said) if reply.status >= 500 or reply.status == 408 else BadAnswer(name, said)


def _links(told: object) -> tuple[Link, ...]:
    """The addresses of other pages. Firecrawl does not tell what the links are called."""
    addresses = told if isinstance(told, list) else []
    return tuple(Link(address) for address in addresses[:MOST_LINKS] if isinstance(address, str))
