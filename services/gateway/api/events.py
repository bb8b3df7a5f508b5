"""The live event stream (server-sent events), with what was missed since `Last-Event-ID`."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from time import monotonic
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Request
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import StreamingResponse

from libs.common.clock import utc_now
from libs.common.contracts.catalogue import HISTORY
from libs.common.contracts.envelope import Envelope
from libs.common.http.dependencies import OpenUowDep, platform_of
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import OpenUow
from services.gateway.api.access import CurrentCaller, CurrentResources
from services.gateway.domain.callers import Caller
from services.gateway.live import LiveHub
from services.gateway.repositories import live_events
from services.gateway.use_cases.recheck_access import has_access

router = APIRouter(prefix="/v1", tags=["live events"], responses=PROBLEM_RESPONSES)

REPLAY_LIMIT = 1000
"""Events in one look into the history; there are as many looks as it takes."""
SECOND_LOOK_S = 5
"""An event that was pushed while the browser was away may be recorded a moment after it came back: look again."""
RECHECK_S = 60
"""A session that has ended, by leaving or by a new password, hears no more after so long."""
PING_S = 15
"""A stream on which nothing is said for so long says that it is there: proxies close what is silent."""
_FOUND_AGAIN = frozenset(event.type for event in HISTORY)
_FIELDS = {
    "data": {"type": "string"},
    "event": {"type": "string"},
    "id": {"type": "string"},
    "retry": {"type": "integer", "minimum": 0},
}
_DESCRIBED = {"text/event-stream": {"itemSchema": {"type": "object", "properties": _FIELDS}}}
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""Nothing on the way keeps a stream back until there is more of it."""


@router.get("/events", response_class=StreamingResponse, responses={200: {"content": _DESCRIBED}})
async def get_events(
    request: Request,
    caller: CurrentCaller,
    resources: CurrentResources,
    open_uow: OpenUowDep,
    subject: UUID | None = None,
    last_event_id: Annotated[UUID | None, Header()] = None,
) -> StreamingResponse:
    """Events of the workspace (of one job or campaign when `subject` names it) as they happen.

    Each has `event` (its type) and the envelope as `data`, and an `id` when it is kept. After a lost connection send the
    last `id` as `Last-Event-ID`: what was missed comes first. The stream begins with an `id` of its own, and ends with the
    access token at the latest.
    """
    missed = _Missed(open_uow, workspace_id=caller.workspace_id, subject=subject, last_event_id=last_event_id)
    stopping = platform_of(request).stopping
    told = _told(caller, missed, hub=resources.hub, open_uow=open_uow, stopping=stopping)
    # Not as FastAPI does it: two tasks and two queues for each stream, which is more than a third of what an idle one takes.
    return StreamingResponse(told, media_type="text/event-stream", headers=_HEADERS)


async def _told(
    caller: Caller, missed: "_Missed", *, hub: LiveHub, open_uow: OpenUow, stopping: asyncio.Event
) -> AsyncGenerator[bytes]:
    """The stream as it goes over the wire, until the process stops, something was lost, or access ends."""
    with hub.open_stream(caller.workspace_id, user_id=caller.user_id, key_id=caller.key_id) as stream:
        access = _Access(caller, open_uow)
        here = missed.last_event_id or await _newest(open_uow, caller.workspace_id)
        yield format_sse_event(comment="listening", retry=1000, id=str(here))
        ping_at = monotonic() + PING_S

        def is_due() -> bool:
            return stopping.is_set() or access.is_due() or missed.is_due() or monotonic() >= ping_at

        while not stopping.is_set() and not stream.lost and await access.holds():
            async for event in missed.due():
                yield _event(event.type, event_id=event.event_id, body=event.body)
            envelope = await stream.next(is_due)
            if envelope is not None and missed.concerns(envelope) and missed.is_new(envelope):
                yield _event(envelope.type, event_id=envelope.id, body=orjson.dumps(envelope.model_dump(mode="json")))
                ping_at = monotonic() + PING_S
            elif monotonic() >= ping_at:
                yield KEEPALIVE_COMMENT
                ping_at = monotonic() + PING_S


async def _newest(open_uow: OpenUow, workspace_id: UUID) -> UUID:
    """Where the history ends now: whoever loses the connection before the first event can still name a place in it."""
    async with open_uow() as uow:
        return await live_events.newest_live_event(uow.conn, tenant_id=workspace_id)


class _Access:
    """Whether who listens still may: until their bearer expires, and as long as nobody has ended their access. That is looked
    at every RECHECK_S, and at once: what ended before the stream was there ended no stream."""

    def __init__(self, caller: Caller, open_uow: OpenUow) -> None:
        self._caller = caller
        self._open_uow = open_uow
        self._look_at = monotonic()

    def is_due(self) -> bool:
        return monotonic() >= self._look_at or self._is_over()

    def _is_over(self) -> bool:
        return self._caller.until is not None and self._caller.until <= utc_now()

    async def holds(self) -> bool:
        if self._is_over():
            return False
        if monotonic() < self._look_at:
            return True
        self._look_at = monotonic() + RECHECK_S
        return await has_access(self._caller, open_uow=self._open_uow)


class _Missed:
    """What the history holds after `last_event_id`: looked up at once and a second time a little later."""

    def __init__(
        self, open_uow: OpenUow, *, workspace_id: UUID, subject: UUID | None, last_event_id: UUID | None
    ) -> None:
        self._open_uow = open_uow
        self._workspace_id = workspace_id
        self._subject = subject
        self.last_event_id = last_event_id
        self._sent: set[UUID] = set()
        now = monotonic()
        self._looks = [] if last_event_id is None else [now, now + SECOND_LOOK_S]

    def is_new(self, envelope: Envelope) -> bool:
        if not self._looks and not self._sent:
            return True
        fresh = envelope.id not in self._sent
        if self._looks:
            self._sent.add(envelope.id)
        return fresh

    def is_due(self) -> bool:
        return bool(self._looks) and monotonic() >= self._looks[0]

    def concerns(self, envelope: Envelope) -> bool:
        return self._subject is None or envelope.correlation_id in {self._subject, None}

    async def due(self) -> AsyncGenerator[live_events.LiveEvent]:
        """What has not been sent yet, when it is time to look; page by page, each read in a transaction of its own."""
        if not self.is_due() or self.last_event_id is None:
            return
        self._looks.pop(0)
        after, more = self.last_event_id, True
        while more:
            found = await self._page(after)
            for event in found:
                if event.event_id not in self._sent:
                    self._sent.add(event.event_id)
                    yield event
            more = len(found) == REPLAY_LIMIT
            after = found[-1].event_id if found else after

    async def _page(self, after: UUID) -> Sequence[live_events.LiveEvent]:
        async with self._open_uow() as uow:
            return await live_events.live_events_after(
                uow.conn,
                tenant_id=self._workspace_id,
                last_event_id=after,
                subject=self._subject,
                limit=REPLAY_LIMIT,
            )


def _event(name: str, *, event_id: UUID, body: bytes) -> bytes:
    """What the history does not keep has no id: a browser that named it would be sent nothing of what it missed."""
    known = str(event_id) if name in _FOUND_AGAIN else None
    return format_sse_event(event=name, id=known, data_str=body.decode())
