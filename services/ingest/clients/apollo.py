"""Apollo's people search and bulk enrichment (api.apollo.io/api/v1; key in X-Api-Key).

A few calls at once, so that httpx is quick enough with its own transport. Whether a call may be made is decided before.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import orjson

from libs.common import metrics
from libs.common.clock import utc_now
from services.ingest.clients.accounts import Account
from services.ingest.clients.apollo_people import found_in, revealed_in
from services.ingest.clients.errors import (
    ApolloCreditsSpent,
    ApolloDown,
    ApolloError,
    BadAnswer,
    BadFilter,
    BadKey,
    Limited,
    NoApiAccess,
)
from services.ingest.clients.limits import Pause, Windows
from services.ingest.domain.lead_search import Found, Revealed, SearchPage, to_apollo

Endpoint = Literal["search", "reveal"]
_PATHS: dict[Endpoint, str] = {"search": "mixed_people/api_search", "reveal": "people/bulk_match"}
_MOST_BYTES = 8 * 1024 * 1024
_SAID_CHARS = 500
_KEEPALIVE_S = 4
"""Shorter than a server keeps an idle connection: a call on one that is just being closed would be lost."""
CALL_S = 60.0
"""Of a whole call, however slowly its answer drips in: less than a claim on a sourcing lasts."""
_MARK = "x-sandbox"
"""Every answer of the sandbox bears it, whatever the settings say."""


@dataclass(frozen=True)
class Asked:
    """What came back, and how long the endpoint has to be left alone after it."""

    answer: dict[str, Any]
    sandboxed: bool
    pause: Pause | None


class Apollo:
    """One client per process. Raises ApolloError of every kind; `apollo_no_key` is the account's to say."""

    def __init__(self, account: Account, *, concurrency: int = 8, read_s: float = 30, call_s: float = CALL_S) -> None:
        self.account = account
        self._call_s = call_s
        self._windows: dict[Endpoint, Windows] = {"search": Windows(), "reveal": Windows()}
        self._client = httpx.AsyncClient(
            base_url=account.base_url,
            limits=httpx.Limits(max_connections=concurrency, keepalive_expiry=_KEEPALIVE_S),
            timeout=httpx.Timeout(connect=5, read=read_s, write=read_s, pool=read_s),
            headers={"X-Api-Key": account.key.get_secret_value(), "Cache-Control": "no-cache"},
            trust_env=False,
        )

    async def search(self, filters: Mapping[str, object], page: SearchPage) -> tuple[Found, Pause | None]:
        """A page of people, free. An answer without people is an answer."""
        asked = await self._ask("search", to_apollo(filters, page))
        return found_in(asked.answer, sandboxed=asked.sandboxed), asked.pause

    async def reveal(self, person_ids: Sequence[str]) -> tuple[Revealed, Pause | None]:
        """The addresses of up to ten people, for a credit of Apollo's each."""
        body = {"details": [{"id": id_} for id_ in person_ids], "reveal_personal_emails": False}
        asked = await self._ask("reveal", body)
        return revealed_in(asked.answer, asked=person_ids, sandboxed=asked.sandboxed), asked.pause

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, endpoint: Endpoint, body: Mapping[str, object]) -> Asked:
        began, outcome = time.perf_counter(), "answered"
        try:
            return await self._call(endpoint, body)
        except ApolloError as error:
            outcome = error.code
            raise
        finally:
            metrics.PROVIDER_CALLS.labels("apollo", outcome).inc()
            metrics.PROVIDER_SECONDS.labels("apollo").observe(time.perf_counter() - began)

    async def _call(self, endpoint: Endpoint, body: Mapping[str, object]) -> Asked:
        self.account.require()
        try:
            headers = {"Content-Type": "application/json"}
            async with (
                asyncio.timeout(self._call_s),
                self._client.stream("POST", _PATHS[endpoint], content=orjson.dumps(body), headers=headers) as response,
            ):
                content = await _read_whole(response)
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            msg = f"nothing: no answer ({type(error).__name__})"
            raise ApolloDown(msg) from error
        answer = _json_or_none(content)
        if response.status_code != 200:
            raise self._refusal(endpoint, response, _sentence(answer, content))
        if not isinstance(answer, dict) or answer.get("error_code"):
            raise BadAnswer(_sentence(answer, b""))
        sandboxed = self.account.mode == "sandbox" or _MARK in response.headers
        return Asked(answer, sandboxed, self._windows[endpoint].read(response.headers, now=utc_now()))

    def _refusal(self, endpoint: Endpoint, response: httpx.Response, said: str) -> ApolloError:
        status = response.status_code
        if status == 429:
            now = utc_now()
            pause = self._windows[endpoint].refused(response.headers, now=now)
            return Limited(said, window=pause.window, until=pause.until, now=now)
        # Apollo has said this with several statuses.
        if status == 402 or (400 <= status < 500 and "insufficient credit" in said.lower()):
            return ApolloCreditsSpent(said)
        if status == 401:
            return BadKey(said)
        if status == 403:
            return NoApiAccess(said)
        if status in {400, 422}:
            return BadFilter(said)
        return ApolloDown(said) if status >= 500 or status == 408 else BadAnswer(said)


async def _read_whole(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > _MOST_BYTES:
            msg = f"more than {_MOST_BYTES} bytes at once"
            raise BadAnswer(msg)
        parts.append(part)
    return b"".join(parts)


def _json_or_none(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def _sentence(answer: object, content: bytes) -> str:
    """Apollo's own words: a field of its JSON, or its plain text. A page of HTML says nothing."""
    told = answer if isinstance(answer, dict) else {}
    for name in ("error", "error_message", "message", "error_code"):
        if isinstance(told.get(name), str) and told[name].strip():
            return str(told[name]).strip()[:_SAID_CHARS]
    text = content.decode("utf-8", "replace").strip()
    readable = text and not text.startswith(("<", "{", "[")) and text.isprintable()
    return text[:_SAID_CHARS] if readable else "nothing that can be understood"
