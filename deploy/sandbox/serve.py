"""Passes a provider's request through its gate and keeps the books on it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from deploy.sandbox.gate import Verdict
from deploy.sandbox.state import Sandbox
from deploy.sandbox.voice import Voice, garbled
from deploy.sandbox.web import Answer, Receive, Request, Send, send_answer

_POLL_S = 0.25
_IN_A_WHILE = re.compile(rb" Please try again in [0-9a-z.]+\.| or please retry after \d+s, resets at [^\"]*")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of a provider: who answers, who says no, and where the key stands."""

    provider: str
    name: str
    answer: Callable[[Request, Sandbox, Verdict], Answer]
    voice: Voice
    key_of: Callable[[Request], bytes]


async def serve(endpoint: Endpoint, request: Request, box: Sandbox, *, receive: Receive, send: Send) -> None:
    """Decide at arrival, wait as dialled, answer, and count."""
    began = time.perf_counter()
    arrived_at = time.time()
    calls = box.calls
    key = endpoint.key_of(request)
    verdict = box.gates[endpoint.provider].decide(box.dials, key=key, body=request.body, now=began)
    status, note = 0, ""
    calls.begin(endpoint.provider)
    try:
        if verdict.delay_s:
            await asyncio.sleep(verdict.delay_s)
        if verdict.kind == "hang" and not await _let_go(endpoint.provider, box, receive, verdict.wait_s):
            return
        answer = _answer(endpoint, request, box, verdict)
        await send_answer(send, answer)
        status, note = answer.status, answer.note
    finally:
        calls.end(endpoint.provider)
        calls.add(
            endpoint.provider,
            endpoint.name,
            at=arrived_at,
            status=status,
            ms=(time.perf_counter() - began) * 1000,
            kind=verdict.kind,
            note=note,
        )


def _answer(endpoint: Endpoint, request: Request, box: Sandbox, verdict: Verdict) -> Answer:
    if verdict.kind in ("serve", "hang"):
        return endpoint.answer(request, box, verdict)
    refused = _refused(endpoint.voice, request, box, verdict, provider=endpoint.provider)
    if refused is not None:
        return _silent(refused) if getattr(box.dials, endpoint.provider).no_retry_after else refused
    return garbled(endpoint.answer(request, box, verdict), verdict, endpoint.voice)


def _silent(answer: Answer) -> Answer:
    """Without a word on how long to wait, in the headers or the text."""
    answer.headers = tuple(one for one in answer.headers if not one[0].startswith((b"retry-after", b"x-ratelimit")))
    answer.body = _IN_A_WHILE.sub(b"", answer.body)
    return answer


def _refused(voice: Voice, request: Request, box: Sandbox, verdict: Verdict, *, provider: str) -> Answer | None:
    if verdict.kind == "unauthorized":
        return voice.unauthorized()
    if verdict.kind == "day":
        return voice.exhausted(verdict, body=request.body)
    if verdict.kind == "fail":
        return voice.failure(verdict.status)
    if verdict.kind == "garbage":
        return None
    limit = box.dials.groq.tokens_per_minute if verdict.kind == "tokens" else _requests(box, provider)
    return voice.limited(verdict, limit=limit, body=request.body)


def _requests(box: Sandbox, provider: str) -> int:
    return int(getattr(box.dials, provider).rate_limit_per_minute)


async def _let_go(provider: str, box: Sandbox, receive: Receive, longest_s: float) -> bool:
    """Wait while the dial says hang. False when the client has gone away first."""
    gone = asyncio.ensure_future(receive())
    until = time.monotonic() + longest_s
    try:
        while getattr(box.dials, provider).hang and time.monotonic() < until:
            done, _ = await asyncio.wait({gone}, timeout=_POLL_S)
            if done:
                return False
    finally:
        gone.cancel()
    return True
