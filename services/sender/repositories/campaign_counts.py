"""How many of campaigns stand where: what a person looks at. A page of campaigns is counted in three statements."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.arrays import one_of
from services.sender.tables import emails, enrolments, slots


async def email_counts(conn: AsyncConnection, campaign_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Emails by state; `planned` are those with a slot, those without are `slotless`."""
    has_slot = select(slots.c.number).where(slots.c.email_id == emails.c.id, slots.c.state == "assigned").exists()
    query = select(emails.c.campaign_id, emails.c.state, has_slot.label("has_slot"), func.count().label("n"))
    query = query.where(one_of(emails.c.campaign_id, campaign_ids))
    counts: dict[UUID, dict[str, int]] = {name: defaultdict(int) for name in campaign_ids}
    for row in await conn.execute(query.group_by(emails.c.campaign_id, emails.c.state, "has_slot")):
        name = "slotless" if row.state == "planned" and not row.has_slot else row.state
        counts[row.campaign_id][name] += row.n
    return counts


async def enrolment_counts(conn: AsyncConnection, campaign_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Enrolments: `untouched` are active without an email row, `suppressed` and `excluded` were left out."""
    touched = select(emails.c.id).where(emails.c.enrolment_id == enrolments.c.id).exists()
    query = select(
        enrolments.c.campaign_id,
        func.count().filter(enrolments.c.state == "active", ~touched).label("untouched"),
        func.count()
        .filter(enrolments.c.state.in_(("excluded", "stopped")), enrolments.c.reason == "suppressed", ~touched)
        .label("suppressed"),
        func.count().filter(enrolments.c.state == "excluded", enrolments.c.reason != "suppressed").label("excluded"),
    )
    query = query.where(one_of(enrolments.c.campaign_id, campaign_ids)).group_by(enrolments.c.campaign_id)
    counts = {name: {"untouched": 0, "suppressed": 0, "excluded": 0} for name in campaign_ids}
    for row in await conn.execute(query):
        counts[row.campaign_id] = {
            "untouched": row.untouched,
            "suppressed": row.suppressed,
            "excluded": row.excluded,
        }
    return counts


async def used_today(conn: AsyncConnection, campaign_ids: Sequence[UUID], *, day: date) -> dict[UUID, int]:
    """Slots of the day that these campaigns have used."""
    query = select(slots.c.campaign_id, func.count().label("n"))
    query = query.where(one_of(slots.c.campaign_id, campaign_ids), slots.c.day == day, slots.c.state == "used")
    used = dict.fromkeys(campaign_ids, 0)
    return used | {row.campaign_id: row.n for row in await conn.execute(query.group_by(slots.c.campaign_id))}
