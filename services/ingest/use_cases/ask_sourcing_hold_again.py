"""A sourcing that has waited long for its hold asks again. Billing repeats its first answer."""

from datetime import datetime

from libs.common.uow import UnitOfWork
from services.ingest.repositories import sourcings
from services.ingest.use_cases.ask_hold_again import ASK_AGAIN_AFTER, BATCH
from services.ingest.use_cases.turn_sourcing import publish_state


async def ask_sourcing_hold_again(uow: UnitOfWork, *, now: datetime) -> int:
    """Publish `sourcing.created` again for those `reserving` for five minutes since they last asked; answers how many."""
    waiting = await sourcings.take_unanswered(uow.conn, asked_before=now - ASK_AGAIN_AFTER, limit=BATCH)
    for sourcing in waiting:
        publish_state(uow, sourcing)
    return len(waiting)
