"""The services behind the gateway, reached by internal HTTP, streaming both ways."""

from collections.abc import AsyncIterable, Mapping, Sequence

import aiohttp
import httpx

from libs.common.errors import OutcomeUnknown, Transient
from libs.common.http.client import make_client
from services.gateway.domain.routing import RawHeader, end_to_end

_CONNECTIONS = 500
_READ_TIMEOUT_S = 120
KEEPALIVE_S = 3
"""uvicorn closes a connection that has been idle for 5 s."""
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class ServiceUnavailable(Transient):
    """A service behind the gateway cannot be reached. It has not been asked."""

    code = "service_unavailable"


class Services:
    """One pooled client for each service."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._clients = {
            name: make_client(base_url=url, concurrency=_CONNECTIONS, read_s=_READ_TIMEOUT_S, keepalive_s=KEEPALIVE_S)
            for name, url in urls.items()
        }

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def forward(
        self,
        service: str,
        *,
        method: str,
        raw_path: bytes,
        query: bytes,
        headers: Sequence[RawHeader],
        body: AsyncIterable[bytes] | None,
    ) -> httpx.Response:
        """Pass a request on; the answer's body is not read yet.

        Raises ServiceUnavailable when it was not sent, OutcomeUnknown when it was and nothing came back.
        """
        client = self._clients[service]
        url = client.base_url.copy_with(raw_path=raw_path + (b"?" + query if query else b""))
        request = client.build_request(method, url, headers=headers, content=body)
        try:
            return await client.send(request, stream=True)
        except httpx.HTTPError as error:
            # The transport gives one class to a connection that could not be made and to one that broke: its cause tells.
            if isinstance(error.__cause__, _NEVER_SENT):
                msg = f"{service} cannot be reached ({type(error.__cause__).__name__}): try again in a moment"
                raise ServiceUnavailable(msg, extra={"retry_after_s": 2}) from error
            msg = (
                f"{service} was asked and has not answered ({type(error.__cause__).__name__}): it may have done it. Look first,"
                " or repeat it with the same Idempotency-Key"
            )
            raise OutcomeUnknown(msg) from error


def answer_headers(response: httpx.Response) -> list[RawHeader]:
    """The headers of a service's answer that travel on. Date and Server are written by the gateway's own server, once."""
    return [(name, value) for name, value in end_to_end(response.headers.raw) if name not in {b"date", b"server"}]
