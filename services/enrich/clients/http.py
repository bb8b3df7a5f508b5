"""One JSON call to a provider over a shared aiohttp session, with its time, its size and its outcome watched.

Serper and Firecrawl have no SDK here; a call through httpx costs more than twice the CPU of one through aiohttp itself.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from aiohttp import hdrs
from yarl import URL

from libs.common import metrics
from services.enrich.clients.errors import BadAnswer, ProviderDown

MOST_BYTES = 2 * 1024 * 1024
_KEEPALIVE_S = 4
"""Below what servers grant an idle connection: one that they close while we write to it costs a try."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json_or_none(self) -> Any:
        """The body as JSON, or None when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


def make_session(*, concurrency: int, read_s: float) -> aiohttp.ClientSession:
    """One session per process and provider, its pool sized to the calls in flight. Keys are given with each call."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=concurrency, keepalive_timeout=_KEEPALIVE_S),
        timeout=aiohttp.ClientTimeout(total=read_s, sock_connect=5),
        headers={"Content-Type": "application/json"},
        cookie_jar=aiohttp.DummyCookieJar(),
    )


@dataclass(frozen=True, slots=True)
class Door:
    """Where one account's calls of one kind go, and the headers that carry its key."""

    provider: str
    url: URL
    headers: Mapping[str, str] = field(repr=False)


async def post(session: aiohttp.ClientSession, door: Door, body: object) -> Reply:
    """Post JSON. Raises ProviderDown when no whole answer comes, BadAnswer when it is larger than anybody needs."""
    began = time.perf_counter()
    try:
        async with session.post(
            door.url, data=orjson.dumps(body), headers=door.headers, allow_redirects=False
        ) as response:
            content = await read_whole(response, door.provider)
            return Reply(response.status, response.headers, content)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        msg = f"no answer: {type(error).__name__}"
        raise ProviderDown(door.provider, msg) from error
    finally:
        metrics.PROVIDER_SECONDS.labels(door.provider).observe(time.perf_counter() - began)


async def read_whole(response: aiohttp.ClientResponse, provider: str) -> bytes:
    """The body. Raises BadAnswer past `MOST_BYTES`, also when it only unpacks to so much."""
    length = response.content_length
    if length is not None and length <= MOST_BYTES and hdrs.CONTENT_ENCODING not in response.headers:
        # What is not packed is as long as it says: nothing has to be counted on the way.
        return await response.read()
    if (length or 0) <= MOST_BYTES:
        parts: list[bytes] = []
        size = 0
        async for part in response.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                break
        else:
            return b"".join(parts)
    response.close()
    msg = f"the answer is larger than {MOST_BYTES} bytes"
    raise BadAnswer(provider, msg)


def seconds_of(headers: Mapping[str, str], name: str = "retry-after", *, default: float) -> float:
    """A header that counts seconds, when it says something sensible."""
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return default
    return min(max(value, 0.1), 86_400.0)
