"""From the second completion on the SDK's way is cut short: nothing that it says or raises may get lost by that."""

from __future__ import annotations

from typing import Any, Literal

import groq
import httpx
import pytest

from services.enrich.clients.direct import DirectClient, DirectRequest
from services.enrich.clients.groq_sdk import groq_sdk
from services.enrich.clients.http import Reply

_URL: Any = httpx.URL("https://groq.example/openai/v1/chat/completions")
_BASE = "https://groq.example"
Way = Literal["the first", "a later"]


class _Noted(DirectClient):
    """Keeps what would be sent, and answers with a status."""

    def __init__(self) -> None:
        super().__init__("groq", concurrency=1, read_s=30)
        self.sent: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status = 200

    async def exchange(self, request: DirectRequest) -> Reply:
        self.sent.append((request.method, str(request.target), request.sent, request.content))
        return Reply(
            self.status, {"retry-after": "7", "content-length": "40"}, b'{"error":{"message":"why","code":"c"}}'
        )


async def test_every_completion_is_sent_as_the_sdk_alone_would_send_it() -> None:
    """Red when a header, the address or the body of a later completion is not what the SDK makes of it."""
    bodies = [b'{"n":1}', b'{"n":2}', b'{"n":3}']
    ours, theirs = _Noted(), _Noted()
    cut_short = groq_sdk("key", base_url=_BASE, direct=ours, read_s=30)
    official = groq.AsyncGroq(api_key="key", base_url=_BASE, max_retries=0, timeout=30, http_client=theirs)
    for body in bodies:
        await cut_short.complete(_URL, body)
        await official.post(_URL, cast_to=httpx.Response, content=body)
    await cut_short.close()
    await official.close()
    assert ours.sent == theirs.sent
    assert [body for *_, body in ours.sent] == bodies


async def test_two_accounts_on_one_connection_keep_their_own_keys() -> None:
    """Red when an account goes on with the request of another."""
    client = _Noted()
    sdks = [groq_sdk(key, base_url=_BASE, direct=client, read_s=30) for key in ("one", "two")]
    for sdk in (*sdks, *sdks):
        await sdk.complete(_URL, b"{}")
    await client.aclose()
    assert [headers["Authorization"] for _, _, headers, _ in client.sent] == ["Bearer one", "Bearer two"] * 2


@pytest.mark.parametrize(
    ("status", "kind"), [(401, groq.AuthenticationError), (429, groq.RateLimitError), (503, groq.InternalServerError)]
)
@pytest.mark.parametrize("way", ["the first", "a later"])
async def test_a_refusal_is_the_sdks_own_error(way: Way, status: int, kind: type[groq.APIStatusError]) -> None:
    """Red when a later completion's refusal is of another class, or lacks its body or its headers."""
    client = _Noted()
    sdk = groq_sdk("key", base_url=_BASE, direct=client, read_s=30)
    if way == "a later":
        await sdk.complete(_URL, b"{}")
    client.status = status
    with pytest.raises(kind) as refused:
        await sdk.complete(_URL, b"{}")
    await client.aclose()
    assert refused.value.body == {"error": {"message": "why", "code": "c"}}
    assert refused.value.response.headers["retry-after"] == "7"
