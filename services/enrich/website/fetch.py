"""One page of a stranger's site: few redirects, each checked again; little, soon, unpacked with a limit; no cookies."""

import asyncio
import ssl
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from services.enrich.domain.sites.website import SiteNotReached, SiteUnread
from services.enrich.website.guard import checked_url

MOST_BYTES = 1024 * 1024
MOST_REDIRECTS = 3
PAGE_S = 10.0
ROBOT = "Corofy"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 64 * 1024
_CONNECTIONS = 128
_CONNECTIONS_PER_HOST = 4
_KEEPALIVE_S = 4
_CONNECT_S = 5.0

Before = Callable[[URL], Awaitable[None]]
"""Asked before each address, redirects included; raises SiteUnread when it is not to be read."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered in the end. `body` is unpacked, and cut at `MOST_BYTES`."""

    url: URL
    status: int
    kind: str
    charset: str
    body: bytes


class Fetcher:
    """One session for all sites of the process. Connections go where `resolver` says, and nowhere else."""

    def __init__(
        self,
        resolver: AbstractResolver,
        *,
        contact: str = "",
        tls: ssl.SSLContext | None = None,
        page_s: float = PAGE_S,
    ) -> None:
        self._page_s = page_s
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=resolver,
                use_dns_cache=False,
                ssl=tls or True,
                limit=_CONNECTIONS,
                limit_per_host=_CONNECTIONS_PER_HOST,
                keepalive_timeout=_KEEPALIVE_S,
            ),
            headers={"User-Agent": user_agent(contact), "Accept": "text/html,*/*;q=0.1", "Accept-Encoding": "gzip"},
            timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=_CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )

    async def get(self, address: str | URL, *, before: Before | None = None) -> Fetched:
        """The answer at an address or where it sends us. Raises SiteUnread; an HTTP error is an answer."""
        try:
            async with asyncio.timeout(self._page_s):
                return await self._follow(checked_url(address), before)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise SiteNotReached(
                "away", f"{URL(address).host} cannot be connected to: {type(error).__name__}."
            ) from error
        except TimeoutError as error:
            raise SiteUnread("away", f"{URL(address).host} does not answer in time.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise SiteUnread("away", f"{URL(address).host} does not answer: {type(error).__name__}.") from error
        except zlib.error as error:
            raise SiteUnread("missing", f"What {URL(address).host} sends cannot be unpacked.") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _follow(self, url: URL, before: Before | None) -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            if before is not None:
                await before(url)
            async with self._session.get(url, allow_redirects=False) as response:
                sent_to = response.headers.get("Location") if response.status in _REDIRECTS else None
                if sent_to is None:
                    return await _read(url, response)
                response.close()
            url = checked_url(_joined(url, sent_to))
        raise SiteUnread("missing", f"{url.host} sends from one address to the next more than {MOST_REDIRECTS} times.")


def user_agent(contact: str) -> str:
    """How we introduce ourselves to sites: the name that robots.txt goes by, and whom to write to."""
    return f"{ROBOT}/1.0 (+{contact})" if contact else f"{ROBOT}/1.0"


def _joined(url: URL, location: str) -> URL:
    try:
        return url.join(URL(location))
    except ValueError as error:
        raise SiteUnread("missing", f"{url.host} sends to an address that cannot be read.") from error


async def _read(url: URL, response: aiohttp.ClientResponse) -> Fetched:
    packed_as = response.headers.get("Content-Encoding", "").strip().lower()
    if packed_as not in {"", "identity", "gzip", "x-gzip"}:
        response.close()
        raise SiteUnread("missing", f"{url.host} packs its pages as nobody asked it to: {packed_as[:20]}.")
    body = bytearray()
    unpacker = zlib.decompressobj(_GZIP) if packed_as.endswith("gzip") else None
    received = 0
    async for part in response.content.iter_chunked(_PIECE):
        received += len(part)
        body += unpacker.decompress(part, MOST_BYTES - len(body)) if unpacker else part
        if len(body) >= MOST_BYTES or received >= MOST_BYTES:
            response.close()
            break
    kind = response.content_type.lower() if "Content-Type" in response.headers else ""
    return Fetched(url, response.status, kind, response.charset or "", bytes(body[:MOST_BYTES]))
