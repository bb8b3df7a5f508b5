"""A job that has waited long for a higher ceiling asks again. Billing repeats its first answer to that round."""

from datetime import datetime

from libs.common.uow import UnitOfWork
from services.ingest.domain.ceilings import is_raise_open
from services.ingest.repositories import unanswered
from services.ingest.use_cases.ask_hold_again import ASK_AGAIN_AFTER, BATCH
from services.ingest.use_cases.raise_ceiling import publish_raise


async def ask_raise_again(uow: UnitOfWork, *, now: datetime) -> int:
    """Publish `job.ceiling_raised` again, in the same round, for raises unanswered for five minutes since they last asked.

    Answers how many.
    """
    found = await unanswered.take_raising(uow.conn, asked_before=now - ASK_AGAIN_AFTER, limit=BATCH)
    waiting = [job for job in found if is_raise_open(job)]
    for job in waiting:
        publish_raise(uow, job)
    return len(waiting)
