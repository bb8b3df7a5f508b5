"""One JSON call to a provider over connections of our own, with its time, its size and its outcome watched.

Serper and Firecrawl have no SDK here; a call through httpx costs twenty times the CPU, one through aiohttp seven times.
"""

import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from prometheus_client import Histogram
from yarl import URL

from libs.common import metrics
from services.enrich.clients.connection import MOST_BYTES, AnswerTooLarge, AnswerUnreadable, Reply
from services.enrich.clients.connections import Connections, Target
from services.enrich.clients.errors import BadAnswer, ProviderDown

_HEADERS = {"User-Agent": "corofy", "Accept": "application/json", "Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Door:
    """Where one account's calls of one kind go; the key is in its target."""

    provider: str
    target: Target

    @classmethod
    def of(cls, provider: str, url: str, headers: Mapping[str, str]) -> "Door":
        """With the headers that carry the key."""
        return cls(provider, Target.of(URL(url), {**_HEADERS, **headers}))


async def post(connections: Connections, door: Door, body: object) -> Reply:
    """Post JSON. Raises ProviderDown when no whole answer comes, BadAnswer when it is larger than anybody needs."""
    began = time.perf_counter()
    try:
        return await connections.exchange(door.target, orjson.dumps(body))
    except AnswerTooLarge as error:
        raise too_large(door.provider) from error
    except (AnswerUnreadable, OSError) as error:
        msg = f"no answer: {type(error).__name__}"
        raise ProviderDown(door.provider, msg) from error
    finally:
        seconds_taken(door.provider).observe(time.perf_counter() - began)


def too_large(provider: str) -> BadAnswer:
    """What an answer is that nobody needs so much of."""
    return BadAnswer(provider, f"the answer is larger than {MOST_BYTES} bytes")


@functools.cache
def seconds_taken(provider: str) -> Histogram:
    """The histogram of one provider. To find it by its label costs more than to observe."""
    return metrics.PROVIDER_SECONDS.labels(provider)


def seconds_of(headers: Mapping[str, str], name: str = "retry-after", *, default: float) -> float:
    """A header that counts seconds, when it says something sensible."""
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return default
    return min(max(value, 0.1), 86_400.0)
