"""The history of live events: once per event, whatever is delivered, and for a day."""

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from libs.common.clock import utc_now
from libs.common.contracts.billing import CreditsGranted
from libs.common.contracts.envelope import Envelope
from libs.common.ids import new_id
from libs.common.messaging.delivery import Hands
from libs.common.messaging.lane import Lane, Letter
from libs.common.uow import Message
from services.gateway.handlers import record_together, subscriptions
from services.gateway.live import LiveHub
from services.gateway.schedules import KEEP_HISTORY, schedules
from services.gateway.tables import COMMON, live_events
from services.gateway.use_cases.mail_notices import Readers
from services.gateway.use_cases.mail_proofs import ProofPages
from services.gateway.use_cases.record_history import record_history
from tests.integration.gateway.browser import record
from tests.integration.gateway.conftest import Gateway

TESTED_HERE = {"gateway.record_history"}
TESTED_ELSEWHERE = {
    "gateway.note_entitlements": "test_entitlements.py",
    "gateway.mail_notices": "test_mails.py",
    "gateway.note_deletion": "test_deleting.py",
    "gateway.note_erasure": "test_erasures.py",
}


def test_every_queue_of_the_gateway_is_tested_here_or_in_a_file_that_is_named() -> None:
    """Red when a queue is added without a test that delivers twice."""
    queues = {subscription.queue for subscription in subscriptions(Readers((), "", ""))}
    assert queues == TESTED_HERE | set(TESTED_ELSEWHERE)


async def test_an_event_delivered_twice_is_kept_once_also_without_its_inbox_row(gateway: Gateway) -> None:
    """Queue `gateway.record_history`. Red when `live_events.event_id` is not unique, or a conflict is an error."""
    event = CreditsGranted(credits=1, available=1, kind="adjustment")
    message = Message("gateway.record_history", _envelope(event))
    for emptied in (False, False, True):
        async with gateway.platform.open_uow() as uow:
            if emptied:
                await uow.conn.execute(COMMON.inbox.delete())
            if await uow.record_inbox(message):
                await record_history(event, uow=uow, message=message)
    assert await _count(gateway, message.envelope.id) == 1


def _envelope(event: CreditsGranted) -> Envelope:
    return Envelope(
        id=new_id(),
        type=event.type,
        version=event.version,
        source=event.source(),
        occurred_at=utc_now(),
        tenant_id=UUID(int=7),
        data=event.model_dump(mode="json"),
    )


async def test_the_history_forgets_what_is_older_than_a_day_and_nothing_else(gateway: Gateway) -> None:
    """Red when the sweeper looks at no time, at another than `recorded_at`, or deletes nothing."""
    old, young = UUID(await record(gateway, None)), UUID(await record(gateway, None))
    for event_id, age in ((old, KEEP_HISTORY + timedelta(minutes=1)), (young, KEEP_HISTORY - timedelta(minutes=1))):
        async with gateway.platform.open_uow() as uow:
            aged = update(live_events).where(live_events.c.event_id == event_id)
            await uow.conn.execute(aged.values(recorded_at=utc_now() - age))
    pages = ProofPages("", "", "")
    clock = schedules(gateway.platform.open_uow, mail_server=None, pages=pages, keep_audit=timedelta(days=1))
    (forget_history,) = [one for one in clock if one.name == "forget_history"]
    await forget_history.work()
    assert (await _count(gateway, old), await _count(gateway, young)) == (0, 1)
    assert timedelta(hours=24) == KEEP_HISTORY


async def _count(gateway: Gateway, event_id: UUID) -> int:
    async with gateway.platform.open_uow() as uow:
        query = select(func.count()).select_from(live_events).where(live_events.c.event_id == event_id)
        return (await uow.conn.execute(query)).scalar_one()


async def test_events_that_arrive_together_are_kept_once_each_in_the_order_of_their_arrival(gateway: Gateway) -> None:
    """Queue `gateway.record_history`. Red when a conflict undoes the others, or the order is another than that of arrival."""
    event = CreditsGranted(credits=1, available=1, kind="adjustment")
    letters = [Letter(event, Message("gateway.record_history", _envelope(event))) for _ in range(5)]
    arrived = [*letters[::-1], letters[2]]
    for emptied in (False, True):
        async with gateway.platform.open_uow() as uow:
            if emptied:
                await uow.conn.execute(COMMON.inbox.delete())
        lane = Lane(record_together, most=64, open_uow=gateway.platform.open_uow, hands=Hands())
        await asyncio.gather(*(lane.take(letter) for letter in arrived))
    ids = [letter.message.envelope.id for letter in letters]
    async with gateway.platform.open_uow() as uow:
        query = select(live_events.c.event_id).where(live_events.c.event_id.in_(ids)).order_by(live_events.c.seq)
        assert list((await uow.conn.execute(query)).scalars()) == ids[::-1]


def test_what_is_said_to_a_workspace_is_read_while_anybody_looks_at_it() -> None:
    """Red when an event is dropped unread that a stream should have: its workspace's, or one that is for everybody."""
    hub, ours, theirs = LiveHub(), new_id(), new_id()
    assert not hub.is_heard(None)
    with hub.open_stream(ours, user_id=new_id()):
        assert [hub.is_heard(one) for one in (str(ours), None, str(theirs))] == [True, True, False]
    assert not hub.is_heard(str(ours))
