"""Sends the calls that generated methods make, and turns answers into what these promise."""

from __future__ import annotations

import json
from asyncio import sleep
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from libs.client import refusals
from libs.client.download import Download
from libs.client.errors import ApiError, Damaged, Unreachable
from libs.client.model import Model
from libs.client.request import Call
from libs.client.sse import Event, events_of

M = TypeVar("M", bound=Model)
SILENCE_S = 30.0
"""A stream of events is never silent for so long: it is dead then."""
_LOST_ATTEMPTS = 3


class Asking:
    """One connection pool to one API. Close it with `aclose`, or open it with `async with`."""

    def __init__(self, base_url: str, *, headers: Mapping[str, str]) -> None:
        self.base_url = base_url
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=headers, timeout=httpx.Timeout(60, connect=5), trust_env=False
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def before_asking(self) -> None:
        """Called before every request, so that who asks can see to what it takes."""

    async def _model(self, kind: type[M], call: Call) -> M:
        answer = await self._answer(call)
        try:
            found = kind.model_validate_json(answer.content)
        except ValidationError as error:
            raise _not_understood(call, answer, error) from None
        found.stamped(answer.headers.get("ETag"))
        return found

    async def _object(self, call: Call) -> dict[str, Any]:
        answer = await self._answer(call)
        try:
            return answer.json() if answer.content else {}
        except ValueError as error:
            raise _not_understood(call, answer, error) from None

    async def _nothing(self, call: Call) -> None:
        await self._answer(call)

    async def _headers(self, call: Call) -> Mapping[str, str]:
        return (await self._answer(call)).headers

    async def _location(self, call: Call) -> str:
        return (await self._answer(call)).headers["Location"]

    def _file(self, call: Call) -> Download:
        return Download(lambda: self._opened(call))

    async def _events(self, call: Call) -> AsyncGenerator[Event]:
        """One stream, until it ends. Raises Unreachable when it breaks off."""
        since = {name.lower(): value for name, value in call.headers.items()}.get("last-event-id")
        try:
            async with self._opened(call, timeout=httpx.Timeout(SILENCE_S, connect=5)) as answer:
                async for event in events_of(answer.aiter_lines(), since=None if since is None else str(since)):
                    yield event
        except httpx.TransportError as error:
            raise Unreachable(f"The events of {self.base_url} broke off ({error}).") from error

    @asynccontextmanager
    async def _opened(self, call: Call, **more: Any) -> AsyncGenerator[httpx.Response]:
        await self.before_asking()
        async with self._http.stream(call.method, call.path, **call.parts(), **more) as answer:
            await refusals.refuse(answer)
            yield answer

    async def _answer(self, call: Call) -> httpx.Response:
        """Asks again where that cannot do anything twice, as often as there are waits, and no later than the API wants."""
        waits, lost = iter(refusals.WAITS_S if call.repeatable else ()), 0
        while True:
            await self.before_asking()
            try:
                answer = await self._http.request(call.method, call.path, **call.parts())
            except httpx.TransportError as error:
                lost += 1
                wait = next(waits, None)
                unsent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
                if wait is None or lost >= _LOST_ATTEMPTS or not (call.harmless or unsent):
                    raise Unreachable(f"The API at {self.base_url} does not answer ({error}).") from error
            except httpx.DecodingError as error:
                raise Damaged(f"The answer to {call.method} {call.path} came damaged ({error}).") from error
            else:
                wait = _wait_for(answer, call, waits=waits)
                if wait is None:
                    if not answer.is_redirect:
                        await refusals.refuse(answer)
                    return answer
            await sleep(wait)


def _wait_for(answer: httpx.Response, call: Call, *, waits: Iterator[float]) -> float | None:
    """Seconds until the next attempt; None when there is none."""
    if not refusals.may_ask_again(answer, harmless=call.harmless):
        return None
    ours = next(waits, None)
    if ours is None:
        return None
    theirs = refusals.retry_after_of(answer) or 0.0
    return None if theirs > refusals.LONGEST_WAIT_S else max(ours, theirs)


def _not_understood(call: Call, answer: httpx.Response, error: ValueError) -> ApiError:
    detail = (
        f"{call.method} {call.path} was answered with what this client does not know ({_first_line(error)}): "
        "use the client of the API's version"
    )
    return ApiError(detail, status=answer.status_code, code="answer_not_understood", extra={})


def _first_line(error: ValueError) -> str:
    """Without the answer's values, which are not for messages."""
    if isinstance(error, ValidationError):
        first = json.loads(error.json(include_url=False, include_input=False, include_context=False))[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)
