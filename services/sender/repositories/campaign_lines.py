"""A campaign's own word on the lines of its leads, beside the list's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.arrays import one_of
from services.sender.tables import campaign_lines, emails, enrolments, recipients


@dataclass(frozen=True)
class Line:
    """What is sent to a lead: `line` where the campaign has one of its own, else the list's (`listed`)."""

    lead_id: UUID
    row_no: int
    email: str
    listed: str
    line: str | None
    approved_by: UUID | None
    approved_at: datetime | None
    changed_at: datetime | None


async def own_lines(conn: AsyncConnection, campaign_id: UUID, lead_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The lines that replace the list's."""
    query = select(campaign_lines.c.lead_id, campaign_lines.c.line).where(
        campaign_lines.c.campaign_id == campaign_id,
        campaign_lines.c.line.is_not(None),
        one_of(campaign_lines.c.lead_id, lead_ids),
    )
    return {row.lead_id: row.line for row in await conn.execute(query)}


async def keep_line(
    conn: AsyncConnection,
    *,
    workspace_id: UUID,
    campaign_id: UUID,
    lead_id: UUID,
    line: str | None,
    approved: bool,
    user_id: UUID,
) -> None:
    """Write down a person's word; the last one counts."""
    values = {
        "workspace_id": workspace_id,
        "campaign_id": campaign_id,
        "lead_id": lead_id,
        "line": line,
        "approved_by": user_id if approved else None,
        "approved_at": func.now() if approved else None,
        "changed_by": user_id,
        "changed_at": func.now(),
    }
    offered = insert(campaign_lines).values(values)
    changed = {name: offered.excluded[name] for name in values if name not in {"campaign_id", "lead_id"}}
    await conn.execute(offered.on_conflict_do_update(index_elements=["campaign_id", "lead_id"], set_=changed))


async def load_line(conn: AsyncConnection, *, campaign_id: UUID, list_id: UUID, lead_id: UUID) -> Line | None:
    """The line of a lead in a campaign; None where the campaign's list has no row that the lead is written to by."""
    found = await page_lines(conn, campaign_id=campaign_id, list_id=list_id, lead_id=lead_id, limit=1)
    return found[0] if found else None


async def page_lines(
    conn: AsyncConnection,
    *,
    campaign_id: UUID,
    list_id: UUID,
    lead_id: UUID | None = None,
    state: str | None = None,
    after_row: int = -1,
    limit: int,
) -> list[Line]:
    """The lines of the leads of a campaign in the order of its list. `state`: approved, edited, or open (neither)."""
    mine = (campaign_lines.c.lead_id == recipients.c.lead_id) & (campaign_lines.c.campaign_id == campaign_id)
    query = (
        select(
            recipients.c.lead_id,
            recipients.c.row_no,
            recipients.c.email,
            recipients.c.line.label("listed"),
            campaign_lines.c.line,
            campaign_lines.c.approved_by,
            campaign_lines.c.approved_at,
            campaign_lines.c.changed_at,
        )
        .select_from(recipients.outerjoin(campaign_lines, mine))
        .where(recipients.c.list_id == list_id, recipients.c.row_no > after_row, recipients.c.lead_id.is_not(None))
        .where(recipients.c.duplicate_of.is_(None))
    )
    states = {
        "approved": campaign_lines.c.approved_at.is_not(None),
        "edited": campaign_lines.c.line.is_not(None),
        "open": or_(campaign_lines.c.lead_id.is_(None), campaign_lines.c.approved_at.is_(None)),
    }
    query = query.where(states[state]) if state else query
    query = query.where(recipients.c.lead_id == lead_id) if lead_id else query
    rows = await conn.execute(query.order_by(recipients.c.row_no).limit(limit))
    return [Line(**row) for row in rows.mappings()]


async def sent_to(conn: AsyncConnection, *, campaign_id: UUID, lead_id: UUID) -> bool:
    """Whether a mail of the campaign has gone, or may have gone, to this lead of its list, under whatever address."""
    query = (
        select(emails.c.id)
        .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
        .join(recipients, recipients.c.id == enrolments.c.recipient_id)
        .where(recipients.c.lead_id == lead_id, enrolments.c.campaign_id == campaign_id)
        .where(emails.c.state.in_(("sending", "sent", "unknown")))
    )
    return (await conn.execute(query.limit(1))).first() is not None


async def listed_lead(conn: AsyncConnection, *, campaign_id: UUID, lead_id: UUID) -> UUID:
    """The lead of the list's row that this lead is written to by: another one where somebody has changed the address."""
    query = (
        select(recipients.c.lead_id)
        .join(enrolments, enrolments.c.recipient_id == recipients.c.id)
        .where(enrolments.c.campaign_id == campaign_id, enrolments.c.lead_id == lead_id)
    )
    return (await conn.execute(query)).scalar_one_or_none() or lead_id
