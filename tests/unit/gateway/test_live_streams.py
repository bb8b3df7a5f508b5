"""One timer wakes all streams: what a stream waits for reaches it, and nothing else does."""

import asyncio

from libs.common.contracts.envelope import Envelope
from libs.common.contracts.gateway import AccessEnded
from libs.common.ids import new_id
from services.gateway.live import LiveHub, Stream
from tests.support.envelopes import envelope_of
from tests.support.waiting import PATIENCE_S


def an_event() -> Envelope:
    return envelope_of(AccessEnded(workspace_id=new_id(), user_id=new_id(), key_id=None), new_id())


async def waiting(stream: Stream, due: list[bool]) -> "asyncio.Task[Envelope | None]":
    """Somebody who has begun to wait for the next event of a stream, while nothing is `due`."""
    task = asyncio.create_task(stream.next(lambda: bool(due)))
    await asyncio.sleep(0)
    return task


async def test_an_event_wakes_whoever_waits_without_a_look() -> None:
    """Red when events wait for the timer."""
    stream, event = Stream(new_id()), an_event()
    task = await waiting(stream, [])
    stream.offer(event)
    assert await asyncio.wait_for(task, PATIENCE_S) is event


async def test_a_look_wakes_those_alone_for_whom_something_is_due() -> None:
    """Red when every stream is woken every second, which is what thousands of idle ones would cost."""
    idle, pressed, due = Stream(new_id()), Stream(new_id()), list[bool]()
    waits, wakes = await waiting(idle, []), await waiting(pressed, due)
    for stream in (idle, pressed):
        stream.look()
    await asyncio.sleep(0)
    assert (waits.done(), wakes.done()) == (False, False)
    due.append(True)
    for stream in (idle, pressed):
        stream.look()
    assert await asyncio.wait_for(wakes, PATIENCE_S) is None
    assert not waits.done()
    waits.cancel()


async def test_a_stream_that_is_lost_keeps_nobody_waiting() -> None:
    """Red when whoever lost access listens on until something is said."""
    hub, workspace_id = LiveHub(), new_id()
    with hub.open_stream(workspace_id, user_id=new_id()) as stream:
        task = await waiting(stream, [])
        hub.lose_all()
        assert await asyncio.wait_for(task, PATIENCE_S) is None
    assert stream.lost
    assert await stream.next(bool) is None


async def test_what_came_before_somebody_waits_comes_in_its_order() -> None:
    """Red when an event is passed over, or one is told twice."""
    stream, events = Stream(new_id()), [an_event() for _ in range(3)]
    for event in events:
        stream.offer(event)
    assert [await stream.next(bool) for _ in events] == events
