"""Holds do not expire by clock. One that nothing is heard of is asked about, until its subject answers."""

from datetime import datetime, timedelta

from libs.common.contracts.billing import HoldQuestioned
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.billing import metrics
from services.billing.domain.credits.proof import OVERDUE_AFTER
from services.billing.repositories.credits import holds

log = get_logger()

QUIET_AFTER = timedelta(hours=24)
ASK_AGAIN_AFTER = timedelta(minutes=15)
_BATCH = 200
_NAMED = 10


async def question_holds(*, uow: UnitOfWork, now: datetime) -> int:
    """Ask about holds unheard of for 24 h, or settling for more than 15 min; again every 15 min. Answers how many."""
    asked = await holds.question_quiet_holds(
        uow.conn, now=now, quiet=QUIET_AFTER, settling=OVERDUE_AFTER, again=ASK_AGAIN_AFTER, limit=_BATCH
    )
    for subject, workspace_id, round_no in asked:
        event = HoldQuestioned(job_id=subject.id, round=round_no, subject=subject.kind)
        uow.publish(event, tenant_id=workspace_id, correlation_id=subject.id)
    metrics.HOLDS_QUESTIONED.inc(len(asked))
    overdue, first = await holds.overdue_holds(uow.conn, now=now, settling=OVERDUE_AFTER, limit=_NAMED)
    if overdue:
        log.error(
            "holds.overdue",
            holds=overdue,
            first=[str(subject) for subject in first],
            note="their jobs ended more than 15 minutes ago and not every chunk has been captured",
        )
    return len(asked)
