"""Firecrawl: one page of a website as markdown (POST /v2/scrape)."""

import aiohttp

from services.enrich.clients.accounts import Account
from services.enrich.clients.errors import (
    BadAnswer,
    BadKey,
    DayLimitExhausted,
    PageMissing,
    ProviderDown,
    ProviderError,
    RateLimitedMinute,
)
from services.enrich.clients.http import Reply, make_session, post, seconds_of
from services.enrich.clients.patience import MinuteGate
from services.enrich.domain.sources import Result

_READ_S = 20
_SITE_IS_AWAY = ("SCRAPE_DNS_RESOLUTION_ERROR", "SCRAPE_ALL_ENGINES_FAILED", "SCRAPE_TIMEOUT", "SCRAPE_SITE_ERROR")


class Firecrawl:
    """One session for all rows of the process."""

    def __init__(self, account: Account, *, concurrency: int, read_s: float = _READ_S) -> None:
        self.account = account
        self.gate = MinuteGate(account.name)
        self._session: aiohttp.ClientSession = make_session(
            account.base_url,
            concurrency=concurrency,
            headers={"Authorization": f"Bearer {account.key}"},
            read_s=read_s,
        )

    async def read(self, url: str) -> Result:
        """The readable text of a page. Raises PageMissing when the site has none to give, or is not read for anybody."""
        asked = {"url": url, "formats": ["markdown"], "onlyMainContent": True, "timeout": 15_000}
        reply = await post(self._session, self.account.name, "v2/scrape", asked)
        answer = reply.json_or_none()
        if reply.status != 200 or not isinstance(answer, dict) or answer.get("success") is not True:
            raise self._error(reply, answer)
        data = answer.get("data")
        text = data.get("markdown") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(text, str):
            raise BadAnswer(self.account.name, "the answer has no page in it")
        metadata = data.get("metadata")
        about = metadata if isinstance(metadata, dict) else {}
        status = about.get("statusCode", 200)
        if not text.strip() or (isinstance(status, int) and status >= 400):
            raise PageMissing(self.account.name, f"{url} has nothing to read (HTTP {status})")
        return Result(kind="website", url=url, title=str(about.get("title") or ""), text=text)

    async def probe(self) -> None:
        """Raises what reading a page would meet; a missing page is no trouble."""
        try:
            await self.read("https://example.com/")
        except PageMissing:
            return

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _error(self, reply: Reply, answer: object) -> ProviderError:
        name = self.account.name
        told = answer if isinstance(answer, dict) else {}
        said = f"{told.get('error') or 'no reason given'} (HTTP {reply.status})"
        # 403 is said of the page (a site that is not served, a network's profile pages), never of the key: that is 401.
        if told.get("code") in _SITE_IS_AWAY or reply.status == 403:
            return PageMissing(name, said)
        if reply.status == 401:
            return BadKey(name, said)
        if reply.status == 402:
            return DayLimitExhausted(name, said, resume_at=None)
        if reply.status == 429:
            return RateLimitedMinute(name, said, retry_after_s=seconds_of(reply.headers, default=5.0))
        return ProviderDown(name, said) if reply.status >= 500 or reply.status == 408 else BadAnswer(name, said)
