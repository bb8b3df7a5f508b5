"""A job that has waited long for its hold asks again. Billing repeats its first answer."""

from datetime import datetime, timedelta

from libs.common.uow import UnitOfWork
from services.ingest.repositories import unanswered
from services.ingest.use_cases.turn_job import publish_state

ASK_AGAIN_AFTER = timedelta(minutes=5)
BATCH = 500


async def ask_hold_again(uow: UnitOfWork, *, now: datetime) -> int:
    """Publish `job.created` again for jobs `reserving` for five minutes since they last asked; answers how many."""
    waiting = await unanswered.take_reserving(uow.conn, asked_before=now - ASK_AGAIN_AFTER, limit=BATCH)
    for job in waiting:
        publish_state(uow, job)
    return len(waiting)
