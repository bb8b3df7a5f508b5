"""Serper: web and news search (POST /search, /news; key in X-API-KEY)."""

from copy import copy
from typing import Any, Self

from services.enrich.clients.accounts import Account
from services.enrich.clients.connection import Reply
from services.enrich.clients.connections import Connections
from services.enrich.clients.errors import (
    BadAnswer,
    BadKey,
    DayLimitExhausted,
    ProviderDown,
    ProviderError,
    RateLimitedMinute,
)
from services.enrich.clients.gate import Gate, Gates
from services.enrich.clients.http import Door, post, seconds_of
from services.enrich.domain.searches import Query
from services.enrich.domain.sources import Result

_READ_S = 10
_RESULTS = 8


class Serper:
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
        headers = {"X-API-KEY": account.key}
        self._doors = {
            path: Door.of(account.provider, f"{account.base_url}/{path}", headers) for path in ("search", "news")
        }

    async def search(self, query: Query) -> list[Result]:
        """The results of one search, best first. An answer without results is an answer."""
        if query.kind == "news":
            found = await self._ask("news", {"q": query.text, "num": _RESULTS, "tbs": "qdr:y"})
            return _results(found, part="news")
        found = await self._ask("search", {"q": query.text, "num": _RESULTS})
        return _results(found, part="organic")

    async def probe(self) -> None:
        """Raises what a search would meet."""
        await self._ask("search", {"q": "news", "num": 1})

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    async def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        reply = await post(self._connections, self._doors[path], body)
        if reply.status != 200:
            raise self._error(reply)
        answer = reply.json_or_none()
        if not isinstance(answer, dict) or "searchParameters" not in answer:
            raise BadAnswer(self.account.name, "the answer is not a search result")
        return answer

    def _error(self, reply: Reply) -> ProviderError:
        name = self.account.name
        answer = reply.json_or_none()
        said = str(answer.get("message", "")) if isinstance(answer, dict) else ""
        said = f"{self.account.scrubbed(said) or 'no reason given'} (HTTP {reply.status})"
        if reply.status in (401, 403):
            return BadKey(name, said)
        if reply.status == 402 or (reply.status == 400 and "credits" in said.lower()):
            return DayLimitExhausted(name, said, resume_at=None)
        if reply.status == 429:
            return RateLimitedMinute(
                name, said, retry_after_s=seconds_of(reply.headers, default=1.0), limited_by="requests"
            )
        return ProviderDown(name, said) if reply.status >= 500 or reply.status == 408 else BadAnswer(name, said)


def _results(answer: dict[str, Any], *, part: str) -> list[Result]:
    entries = answer.get(part)
    if not isinstance(entries, list):
        return []
    return [
        Result(
            kind="news" if part == "news" else "search",
            url=str(entry.get("link") or ""),
            title=str(entry.get("title") or ""),
            text=str(entry.get("snippet") or ""),
            date=str(entry.get("date") or ""),
        )
        for entry in entries
        if isinstance(entry, dict)
    ]
