"""Emails on their way: each write of a claimer names its token, and is refused when another holds a newer one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.sending import Record
from services.sender.repositories.claims import Claim
from services.sender.tables import emails, enrolments, slots

_OPEN = ("planned", "claimed", "sending", "unknown", "deferred")


async def lock_claimed(conn: AsyncConnection, claim: Claim) -> bool:
    """Lock the email while it is claimed by this very claim."""
    mine = and_(emails.c.id == claim.email_id, emails.c.fencing_token == claim.token, emails.c.state == "claimed")
    return (await conn.execute(select(emails.c.id).where(mine).with_for_update())).first() is not None


async def mark_sending(conn: AsyncConnection, claim: Claim, *, subject: str, now: datetime, lease_s: float) -> int:
    """`claimed → sending`; answers how many calls have been begun for this email. From here on its lead stays with the
    mailbox."""
    stays = (
        update(enrolments)
        .where(enrolments.c.id == claim.enrolment_id, enrolments.c.mailbox_id.is_(None))
        .values(mailbox_id=claim.mailbox_id)
        .cte("stays")
    )
    query = (
        update(emails)
        .where(emails.c.id == claim.email_id, emails.c.fencing_token == claim.token, emails.c.state == "claimed")
        .values(
            state="sending",
            attempts=emails.c.attempts + 1,
            subject=subject,
            sending_at=now,
            lease_until=now + timedelta(seconds=lease_s),
        )
        .returning(emails.c.attempts)
        .add_cte(stays)
    )
    return (await conn.execute(query)).scalar_one()


async def finish_enrolment(conn: AsyncConnection, enrolment_id: UUID, *, now: datetime) -> None:
    """The lead has had everything, unless a later step waits."""
    waits = select(emails.c.id).where(emails.c.enrolment_id == enrolment_id, emails.c.state.in_(_OPEN)).exists()
    query = update(enrolments).where(enrolments.c.id == enrolment_id, enrolments.c.state == "active", ~waits)
    await conn.execute(query.values(state="finished", ended_at=now))


async def give_back(conn: AsyncConnection, claim: Claim, *, reason: str | None = None) -> bool:
    """`claimed → planned`, while the claim is ours."""
    query = update(emails).where(
        emails.c.id == claim.email_id, emails.c.fencing_token == claim.token, emails.c.state == "claimed"
    )
    return (await conn.execute(query.values(state="planned", lease_until=None, reason=reason))).rowcount == 1


async def drop(conn: AsyncConnection, claim: Claim, *, state: str, reason: str, now: datetime) -> None:
    """`claimed → suppressed | cancelled | failed`, while the claim is ours."""
    query = update(emails).where(
        emails.c.id == claim.email_id, emails.c.fencing_token == claim.token, emails.c.state == "claimed"
    )
    await conn.execute(query.values(state=state, reason=reason, lease_until=None, ended_at=now))


@dataclass(frozen=True)
class Called:
    """An email whose call has been begun."""

    state: str
    attempts: int
    deferrals: int


async def lock_called(conn: AsyncConnection, claim: Claim) -> Called | None:
    """The email, locked, while our token is the newest and it is `sending` or `unknown`."""
    mine = and_(
        emails.c.id == claim.email_id,
        emails.c.fencing_token == claim.token,
        emails.c.state.in_(("sending", "unknown")),
    )
    query = select(emails.c.state, emails.c.attempts, emails.c.deferrals).where(mine).with_for_update()
    row = (await conn.execute(query)).first()
    return Called(row.state, row.attempts, row.deferrals) if row else None


async def store_record(conn: AsyncConnection, claim: Claim, record: Record, *, now: datetime) -> None:
    """Write what became of a call."""
    query = update(emails).where(emails.c.id == claim.email_id, emails.c.fencing_token == claim.token)
    await conn.execute(
        query.values(
            state=record.state,
            reason=record.reason,
            deferrals=record.deferrals,
            lease_until=None,
            due_at=record.due_at or emails.c.due_at,
            ended_at=now if record.state in {"sent", "failed"} else None,
        )
    )


@dataclass(frozen=True)
class EmailRow:
    """An email as a person sees it. `planned_for` is when it leaves, where it has a slot."""

    id: UUID
    campaign_id: UUID
    lead_id: UUID
    row_no: int
    step: int
    state: str
    recipient: str
    subject: str | None
    message_id: str
    reason: str | None
    attempts: int
    created_at: datetime
    sending_at: datetime | None
    ended_at: datetime | None
    mailbox_id: UUID
    planned_for: datetime | None


async def page_emails(
    conn: AsyncConnection,
    *,
    workspace_id: UUID,
    campaign_id: UUID | None,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> list[EmailRow]:
    """The workspace's emails, newest first, below a cursor."""
    names = [name for name in EmailRow.__dataclass_fields__ if name not in {"row_no", "planned_for"}]
    query = select(
        *(emails.c[name] for name in names),
        enrolments.c.position.label("row_no"),
        slots.c.due_at.label("planned_for"),
    )
    query = query.join(enrolments, enrolments.c.id == emails.c.enrolment_id)
    query = query.outerjoin(slots, and_(slots.c.email_id == emails.c.id, slots.c.state == "assigned"))
    query = query.where(emails.c.workspace_id == workspace_id)
    if campaign_id is not None:
        query = query.where(emails.c.campaign_id == campaign_id)
    if state is not None:
        query = query.where(emails.c.state == state)
    if before is not None:
        query = query.where(emails.c.id < before)
    rows = await conn.execute(query.order_by(emails.c.id.desc()).limit(limit))
    return [EmailRow(**row) for row in rows.mappings()]
