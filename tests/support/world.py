"""The sandbox as the tests reach for it: its dials, pages, calls and inbox."""

from __future__ import annotations

from typing import Any

import httpx


class World:
    """Talks to a running sandbox."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx.AsyncClient(base_url=base_url, timeout=30, trust_env=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def reset(self) -> None:
        """Dials, pages and the call log as at the start. The inbox stays."""
        for path in ("/dials", "/world", "/calls"):
            (await self._client.delete(path)).raise_for_status()

    async def dial(self, **dials: dict[str, Any]) -> None:
        """`await world.dial(groq={"latency_ms": 500})`."""
        (await self._client.put("/dials", json=dials)).raise_for_status()

    async def set_page(self, domain: str, page: str, text: str) -> None:
        """Rewrite one page of a company's website."""
        body = {"domain": domain, "page": page, "text": text}
        (await self._client.put("/world/pages", json=body)).raise_for_status()

    async def calls_of(self, provider: str) -> int:
        """How often a provider was asked since the last reset."""
        totals = (await self._client.get("/calls")).raise_for_status().json()["totals"]
        return sum(endpoint["count"] for endpoint in totals.get(provider, {}).values())

    async def calls_begun(self, provider: str) -> int:
        """The same, with those that have no answer yet."""
        report = (await self._client.get("/calls", params={"provider": provider})).raise_for_status().json()
        answered = sum(endpoint["count"] for endpoint in report["totals"].get(provider, {}).values())
        return answered + report["in_flight"].get(provider, 0)

    async def mail_to(self, address: str) -> list[dict[str, Any]]:
        """The mails in the inbox for one address."""
        answer = await self._client.get("/inbox/api/messages", params={"to": address})
        return answer.raise_for_status().json()["items"]

    async def mails(self) -> list[dict[str, Any]]:
        """The newest mails in the inbox, as many as one page holds."""
        return (await self._client.get("/inbox/api/messages")).raise_for_status().json()["items"]
