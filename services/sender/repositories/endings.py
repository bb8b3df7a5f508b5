"""Campaigns that a person ends: their leads, what was planned, and the slots that come free."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.arrays import one_of
from services.sender.repositories.plan import release_assigned
from services.sender.tables import campaigns, emails, enrolments, slots

REASON = "campaign_ended"
FOR_EVER = (REASON, "erased")
"""Why an enrolment was stopped that nothing is sent for any more, whatever is decided about its mail."""


async def end(conn: AsyncConnection, campaign_id: UUID, *, ended_by: UUID, today: date, now: datetime) -> None:
    """Who calls holds the planning mutex. A claimed email is cancelled by its sending transaction, which asks for the lead."""
    mine = update(campaigns).where(campaigns.c.id == campaign_id)
    await conn.execute(
        mine.values(state="finished", finished_at=now, paused_at=None, start_due_at=None, ended_by=ended_by)
    )
    theirs = update(enrolments).where(enrolments.c.campaign_id == campaign_id, enrolments.c.state == "active")
    await conn.execute(theirs.values(state="stopped", reason=REASON, ended_at=now))
    # The index names the stage, which counts what is claimed as planned; that is its claimer's to cancel.
    waiting = emails.c.state.in_(("planned", "deferred")), emails.c.stage.in_(("planned", "deferred"))
    query = update(emails).where(emails.c.campaign_id == campaign_id, *waiting)
    await conn.execute(query.values(state="cancelled", reason=REASON, ended_at=now))
    await release_assigned(conn, slots.c.campaign_id == campaign_id, today=today)


async def cancel_ended(conn: AsyncConnection, email_ids: Sequence[UUID], *, now: datetime) -> int:
    """Emails that were put off or given back while their campaign was ended, or their person erased, do not wait for ever;
    answers how many."""
    ended = (
        select(enrolments.c.id)
        .where(
            enrolments.c.id == emails.c.enrolment_id, enrolments.c.state == "stopped", enrolments.c.reason.in_(FOR_EVER)
        )
        .exists()
    )
    waiting = one_of(emails.c.id, email_ids), emails.c.state.in_(("planned", "deferred"))
    query = update(emails).where(*waiting, ended)
    return (await conn.execute(query.values(state="cancelled", reason=REASON, ended_at=now))).rowcount


async def is_ended(conn: AsyncConnection, campaign_id: UUID) -> bool:
    """Whether a person has ended it."""
    query = select(campaigns.c.ended_by).where(campaigns.c.id == campaign_id)
    return (await conn.execute(query)).scalar_one() is not None
