"""The services behind the gateway, reached by internal HTTP, streaming both ways.

aiohttp itself, and not httpx on top of it as everywhere else: every request of the public API goes through here
([ADR 53](../../../docs/adr/0053-requests-pass-on-by-a-short-way.md)).
"""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from urllib.parse import quote_from_bytes

import aiohttp
from yarl import URL

from libs.common.errors import OutcomeUnknown, Transient
from services.gateway.domain.routing import RawHeader, end_to_end

_CONNECTIONS = 500
_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 120
KEEPALIVE_S = 3
"""uvicorn closes a connection that has been idle for 5 s. A request on one that is just being closed is lost, and nobody knows
whether it was heard."""
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_ASCII = "".join(map(chr, range(33, 127)))
_NOTHING_OF_OURS = frozenset({"Accept", "Accept-Encoding", "Content-Type", "User-Agent"})
"""What aiohttp would say where the asker has said nothing."""


class ServiceUnavailable(Transient):
    """A service behind the gateway cannot be reached. It has not been asked."""

    code = "service_unavailable"


class Answer:
    """What a service answers: its head is there, its body is read by `parts`. To be closed."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status

    def header(self, name: str) -> str | None:
        """The first header of a name."""
        return self._response.headers.get(name)

    @property
    def headers(self) -> list[RawHeader]:
        """Those that travel on. Date and Server are written by the gateway's own server, once."""
        passing = end_to_end(self._response.raw_headers)
        return [(name, value) for name, value in passing if name not in {b"date", b"server"}]

    @property
    def length(self) -> int | None:
        """How many bytes its body has, where the service says so."""
        return self._response.content_length

    def parts(self) -> AsyncIterator[bytes]:
        """The body, as it comes. Raises aiohttp.ClientError where it breaks off."""
        return self._response.content.iter_any()

    async def close(self) -> None:
        """Give the connection back, or end it where something is left to read."""
        self._response.release()
        await self._response.wait_for_close()


class Services:
    """One pool of connections for each service."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._sessions = {name: _session() for name in urls}

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    async def forward(
        self,
        service: str,
        *,
        method: str,
        raw_path: bytes,
        query: bytes,
        headers: Sequence[RawHeader],
        body: AsyncIterable[bytes] | None,
    ) -> Answer:
        """Pass a request on, byte by byte.

        Raises ServiceUnavailable when it was not sent, OutcomeUnknown when it was and nothing came back.
        """
        target = raw_path + (b"?" + query if query else b"")
        url = self._urls[service] + quote_from_bytes(target, safe=_ASCII)
        said = [(name.decode("latin-1"), _text_of(value)) for name, value in headers]
        try:
            return Answer(
                await self._sessions[service].request(
                    # As it was written: who takes it apart and puts it together again may have made another path of it.
                    method,
                    URL(url, encoded=True),
                    headers=said,
                    data=body,
                    allow_redirects=False,
                )
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            if isinstance(error, _NEVER_SENT):
                msg = f"{service} cannot be reached ({type(error).__name__}): try again in a moment"
                raise ServiceUnavailable(msg, extra={"retry_after_s": 2}) from error
            msg = (
                f"{service} was asked and has not answered ({type(error).__name__}): it may have done it. Look first,"
                " or repeat it with the same Idempotency-Key"
            )
            raise OutcomeUnknown(msg) from error


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=KEEPALIVE_S),
        timeout=aiohttp.ClientTimeout(
            connect=_READ_TIMEOUT_S, sock_connect=_CONNECT_TIMEOUT_S, sock_read=_READ_TIMEOUT_S
        ),
        auto_decompress=False,
        skip_auto_headers=_NOTHING_OF_OURS,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _text_of(value: bytes) -> str:
    """UTF-8 is written as it came; what is not becomes it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
