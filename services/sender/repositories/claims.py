"""Claims: emails taken with a fencing token and a lease, and what happens when a lease runs out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.templates import TemplateSource
from services.sender.repositories.recipients import VALUE_COLUMNS, values_of
from services.sender.tables import campaigns, daily_plans, emails, enrolments, mailboxes, recipients, slots


@dataclass(frozen=True)
class Claim:
    """An email in our hands. Every later write of ours names `token`, which the next claim makes worthless."""

    email_id: UUID
    token: int
    workspace_id: UUID
    campaign_id: UUID
    enrolment_id: UUID
    lead_id: UUID
    step: int
    recipient: str
    message_id: str
    source: TemplateSource
    values: dict[str, str]
    fields: dict[str, str]


@dataclass(frozen=True)
class Leased:
    """An email whose lease has run out."""

    email_id: UUID
    workspace_id: UUID
    campaign_id: UUID
    lead_id: UUID
    step: int
    recipient: str


async def claim(
    conn: AsyncConnection, *, mailbox_id: UUID, now: datetime, call_s: float, lease_s: float, limit: int
) -> list[Claim]:
    """Take planned emails with a slot of today; others' locked rows are passed over. The token rises with every claim."""
    today = and_(
        daily_plans.c.workspace_id == slots.c.workspace_id,
        daily_plans.c.day == slots.c.day,
        daily_plans.c.starts_at <= now,
        daily_plans.c.ends_at >= now + timedelta(seconds=call_s),
    )
    found = (
        select(emails.c.id)
        .join(slots, and_(slots.c.email_id == emails.c.id, slots.c.state == "assigned"))
        .join(daily_plans, today)
        .join(campaigns, and_(campaigns.c.id == emails.c.campaign_id, campaigns.c.state == "active"))
        .join(mailboxes, mailboxes.c.id == campaigns.c.mailbox_id)
        .where(emails.c.state == "planned", emails.c.due_at <= now, campaigns.c.mailbox_id == mailbox_id)
        .where(or_(mailboxes.c.retry_at.is_(None), mailboxes.c.retry_at <= now))
        .order_by(emails.c.due_at, slots.c.number)
        .limit(limit)
        .with_for_update(of=emails, skip_locked=True)
    )
    # Two statements: inside an UPDATE, Postgres may run a LIMIT … SKIP LOCKED subquery again for every row.
    ids = list((await conn.execute(found)).scalars())
    if not ids:
        return []
    raised = emails.c.fencing_token + 1
    query = update(emails).where(emails.c.id.in_(ids))
    lease_until = now + timedelta(seconds=lease_s)
    await conn.execute(query.values(state="claimed", fencing_token=raised, lease_until=lease_until))
    return await _claims(conn, ids)


async def _claims(conn: AsyncConnection, ids: Sequence[UUID]) -> list[Claim]:
    query = (
        select(
            emails.c.id,
            emails.c.fencing_token,
            emails.c.workspace_id,
            emails.c.campaign_id,
            emails.c.enrolment_id,
            emails.c.lead_id,
            emails.c.step,
            emails.c.recipient,
            emails.c.message_id,
            campaigns.c.subject.label("template_subject"),
            campaigns.c.text_body,
            campaigns.c.html_body,
            emails.c.recipient.label("email"),
            recipients.c.fields,
            *VALUE_COLUMNS,
        )
        .join(campaigns, campaigns.c.id == emails.c.campaign_id)
        .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
        .join(recipients, recipients.c.id == enrolments.c.recipient_id)
        .where(emails.c.id.in_(ids))
        .order_by(enrolments.c.position, emails.c.id)
    )
    return [_claim(row) for row in (await conn.execute(query)).mappings()]


def _claim(row: RowMapping) -> Claim:
    return Claim(
        email_id=row["id"],
        token=row["fencing_token"],
        workspace_id=row["workspace_id"],
        campaign_id=row["campaign_id"],
        enrolment_id=row["enrolment_id"],
        lead_id=row["lead_id"],
        step=row["step"],
        recipient=row["recipient"],
        message_id=row["message_id"],
        source=TemplateSource(row["template_subject"], row["text_body"], row["html_body"]),
        values=values_of(row),
        fields=row["fields"],
    )


async def release_expired_claims(conn: AsyncConnection, *, now: datetime) -> int:
    """Claims whose lease ran out are planned again. Nothing has been called for them: `sending` begins first."""
    query = update(emails).where(emails.c.state == "claimed", emails.c.lease_until < now)
    return (await conn.execute(query.values(state="planned", lease_until=None))).rowcount


async def expire_sending(conn: AsyncConnection, *, now: datetime, limit: int) -> list[Leased]:
    """`sending → unknown` where the lease ran out: the call may have been accepted, and nobody has recorded it."""
    over = (
        select(emails.c.id)
        .where(emails.c.state == "sending", emails.c.lease_until < now)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list((await conn.execute(over)).scalars())
    if not ids:
        return []
    query = update(emails).where(emails.c.id.in_(ids))
    rows = await conn.execute(
        query.values(state="unknown", reason="no_outcome_recorded", lease_until=None).returning(
            emails.c.id,
            emails.c.workspace_id,
            emails.c.campaign_id,
            emails.c.lead_id,
            emails.c.step,
            emails.c.recipient,
        )
    )
    return [Leased(r.id, r.workspace_id, r.campaign_id, r.lead_id, r.step, r.recipient) for r in rows]
