"""Groq's SDK for one account, whose way from a body to an answer is gone in full once, and cut short from then on."""

import groq
import httpx

from services.enrich.clients.connection import Reply
from services.enrich.clients.direct import DirectClient, DirectRequest, response_of


class AsyncGroq(groq.AsyncGroq):
    """The official client, called as it is called: it tells the provider its class.

    Completions of one account differ in their bodies alone. Options, headers, address and answer objects made anew for each
    cost about as much CPU as the call itself.
    """

    direct: DirectClient
    _first: DirectRequest | None = None

    async def complete(self, url: str, body: bytes) -> Reply:
        """The answer to a completion; the address is always the same.

        Raises the SDK's own error for a status, and that or httpx's for no answer; BadAnswer for one that is far too large.
        """
        if self._first is None:
            response = await self.post(url, cast_to=httpx.Response, content=body)
            return Reply(response.status_code, response.headers, response.content)
        request = self._first.with_content(body)
        reply = await self.direct.exchange(request)
        if reply.status >= httpx.codes.BAD_REQUEST:
            raise self._make_status_error_from_response(response_of(reply, request))
        return reply

    async def _prepare_request(self, request: httpx.Request) -> None:
        """Called by the SDK with what it is about to send."""
        if isinstance(request, DirectRequest):
            self._first = request


def groq_sdk(key: str, *, base_url: str, direct: DirectClient, read_s: float) -> AsyncGroq:
    """The client of one account. It never tries again by itself."""
    sdk = AsyncGroq(api_key=key, base_url=base_url, max_retries=0, timeout=read_s, http_client=direct)
    sdk.direct = direct
    return sdk
