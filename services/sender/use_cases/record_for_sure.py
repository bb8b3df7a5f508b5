"""One outcome is written down although the database may be away for a moment."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from libs.common.errors import Transient
from libs.common.logs import get_logger
from services.sender import metrics
from services.sender.domain.sending import Outcome, Record
from services.sender.repositories.claims import Claim
from services.sender.use_cases.record_outcome import record_outcome
from services.sender.use_cases.send_context import SendContext

log = get_logger()

AWAY = (SQLAlchemyError, OSError, Transient)
"""What a transaction fails with when nobody knows whether it was committed."""
_RETRIES_S = (0.1, 0.5, 2, 5, 10, 20)


async def record_for_sure(context: SendContext, claim: Claim, outcome: Outcome) -> None:
    """Not written at all, the email becomes unknown: raises what the last attempt failed with."""
    for delay in (*_RETRIES_S, None):
        try:
            async with context.open_uow() as uow:
                record = await record_outcome(uow, claim, outcome, now=await context.clock(uow.conn))
        except AWAY as error:
            log.warning("email.record_failed", email_id=str(claim.email_id), error=str(error), retry_in_s=delay)
            if delay is None:
                raise
            await asyncio.sleep(delay)
        else:
            _note(claim, outcome, record)
            return


def _note(claim: Claim, outcome: Outcome, record: Record | None) -> None:
    if record is None:
        metrics.RECORDS_REFUSED.inc()
        log.warning("email.record_refused", email_id=str(claim.email_id), outcome=type(outcome).__name__)
        return
    metrics.OUTCOMES[record.state].inc()
    log.info("email.recorded", email_id=str(claim.email_id), state=record.state, reason=record.reason)
