"""The gateway's queues."""

import functools
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from libs.common.contracts.envelope import Envelope, Event
from libs.common.messaging.consumer import Subscription
from libs.common.messaging.lane import Decide, Letter
from libs.common.uow import UnitOfWork
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


def subscriptions(readers: Readers) -> Sequence[Subscription]:
    """One subscription per queue."""
    return [
        Subscription("gateway.record_history", record_history, together=record_together, prefetch=128),
        Subscription("gateway.note_entitlements", note_entitlements, prefetch=4),
        Subscription("gateway.mail_notices", functools.partial(mail_notices, readers=readers), prefetch=2),
    ]
