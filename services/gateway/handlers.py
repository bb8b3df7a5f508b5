"""The gateway's queues."""

import functools
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope, Event
from libs.common.messaging.consumer import Subscription
from libs.common.messaging.lane import Decide, Letter
from libs.common.uow import Message, UnitOfWork
from services.gateway.use_cases import note_deletion as deleting
from services.gateway.use_cases import note_erasure as erasing
from services.gateway.use_cases.mail_notices import Readers, mail_notices
from services.gateway.use_cases.note_entitlements import note_entitlements
from services.gateway.use_cases.record_history import record_histories, record_history


@asynccontextmanager
async def record_together(letters: Sequence[Letter[Event]], uow: UnitOfWork) -> AsyncGenerator[Decide[Event]]:
    """What browsers may see, for all that has arrived."""
    del letters
    envelopes = list[Envelope]()

    def decide(letter: Letter[Event]) -> None:
        envelopes.append(letter.message.envelope)

    yield decide
    await record_histories(envelopes, uow=uow)


async def note_erasure(event: erasing.Answered, *, uow: UnitOfWork, message: Message) -> None:
    """A service has forgotten somebody."""
    await erasing.note_erasure(event, uow=uow, workspace_id=message.tenant_id, now=utc_now())


async def note_deletion(event: deleting.Answered, *, uow: UnitOfWork, message: Message) -> None:
    """A service has erased a workspace."""
    await deleting.note_deletion(
        event.workspace_id, service=message.envelope.source, erased=event.erased, uow=uow, now=utc_now()
    )


def subscriptions(readers: Readers) -> Sequence[Subscription]:
    """One subscription per queue."""
    return [
        Subscription("gateway.record_history", record_history, together=record_together, prefetch=128),
        Subscription("gateway.note_entitlements", note_entitlements, prefetch=4),
        Subscription("gateway.note_deletion", note_deletion, of_the_deleted=True, prefetch=2),
        Subscription("gateway.note_erasure", note_erasure, prefetch=2),
        Subscription("gateway.mail_notices", functools.partial(mail_notices, readers=readers), prefetch=2),
    ]
