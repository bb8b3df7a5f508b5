"""The services behind the gateway, reached by internal HTTP, streaming both ways."""

from collections.abc import AsyncIterator, Mapping

import httpx

from libs.common.errors import Transient
from libs.common.http.client import make_client
from services.gateway.domain.routing import HOP_BY_HOP

_CONNECTIONS = 500
_READ_TIMEOUT_S = 120


class ServiceUnavailable(Transient):
    """A service behind the gateway does not answer."""

    code = "service_unavailable"


class Services:
    """One pooled client for each service."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._clients = {
            name: make_client(base_url=url, concurrency=_CONNECTIONS, read_s=_READ_TIMEOUT_S)
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
        headers: list[tuple[str, str]],
        body: AsyncIterator[bytes] | None,
    ) -> httpx.Response:
        """Pass a request on; the answer's body is not read yet. Raises ServiceUnavailable."""
        client = self._clients[service]
        url = client.base_url.copy_with(raw_path=raw_path + (b"?" + query if query else b""))
        request = client.build_request(method, url, headers=headers, content=body)
        try:
            return await client.send(request, stream=True)
        except httpx.HTTPError as error:
            msg = f"{service} does not answer ({type(error).__name__}): try again in a moment"
            raise ServiceUnavailable(msg, extra={"retry_after_s": 2}) from error


def answer_headers(response: httpx.Response) -> dict[str, str]:
    """The headers of a service's answer that travel on."""
    return {name: value for name, value in response.headers.items() if name.lower() not in HOP_BY_HOP}
