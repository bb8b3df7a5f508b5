"""Claims: emails taken with a fencing token and a lease, and what happens when a lease runs out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, RowMapping, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.templates import TemplateSource
from services.sender.repositories.arrays import one_of
from services.sender.repositories.recipients import VALUE_COLUMNS, values_of
from services.sender.tables import (
    campaign_lines,
    campaigns,
    emails,
    enrolments,
    mailboxes,
    recipients,
    slots,
    workspaces,
)

_EMAIL = (
    emails.c.id, emails.c.fencing_token, emails.c.workspace_id, emails.c.campaign_id, emails.c.enrolment_id,
    emails.c.lead_id, emails.c.mailbox_id, emails.c.step, emails.c.recipient, emails.c.message_id,
)  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """An email in our hands. Every later write of ours names `token`, which the next claim makes worthless."""

    email_id: UUID
    token: int
    workspace_id: UUID
    campaign_id: UUID
    enrolment_id: UUID
    lead_id: UUID
    mailbox_id: UUID
    step: int
    recipient: str
    message_id: str
    source: TemplateSource
    values: dict[str, str]
    fields: dict[str, str]
    sender_name: str
    postal_address: str


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
    """Take planned emails of the mailbox whose slots are due, and whose windows stay open for a whole call; others' locked
    rows are passed over. The token rises with every claim.

    A slot closes with its day at the latest, so that one of yesterday is never found.
    """
    found = (
        select(emails.c.id)
        .select_from(slots)
        .join(emails, emails.c.id == slots.c.email_id)
        .join(campaigns, and_(campaigns.c.id == emails.c.campaign_id, campaigns.c.state == "active"))
        .join(mailboxes, mailboxes.c.id == slots.c.mailbox_id)
        .where(slots.c.state == "assigned", slots.c.mailbox_id == mailbox_id, slots.c.due_at <= now)
        .where(slots.c.closes_at >= now + timedelta(seconds=call_s))
        .where(emails.c.state == "planned", mailboxes.c.state == "active")
        .where(or_(mailboxes.c.retry_at.is_(None), mailboxes.c.retry_at <= now))
        .order_by(slots.c.due_at, slots.c.number)
        .limit(limit)
        .with_for_update(of=emails, skip_locked=True)
    )
    # By itself: inside an UPDATE, Postgres may run a LIMIT … SKIP LOCKED again for every row; and mostly nothing is due.
    ids = list((await conn.execute(found)).scalars())
    if not ids:
        return []
    claimed = (
        update(emails)
        .where(one_of(emails.c.id, ids))
        .values(state="claimed", fencing_token=emails.c.fencing_token + 1, lease_until=now + timedelta(seconds=lease_s))
        .returning(*_EMAIL)
        .cte("claimed")
    )
    return [_claim(row) for row in (await conn.execute(_with_their_words(claimed))).mappings()]


def _with_their_words(claimed: CTE) -> Select[Any]:
    """The claimed emails with all that their mails are made of."""
    its_line = and_(
        campaign_lines.c.campaign_id == claimed.c.campaign_id, campaign_lines.c.lead_id == claimed.c.lead_id
    )
    return (
        select(
            *claimed.c,
            campaigns.c.subject.label("template_subject"),
            campaigns.c.text_body,
            campaigns.c.html_body,
            claimed.c.recipient.label("email"),
            recipients.c.fields,
            *(column for column in VALUE_COLUMNS if column.name != "line"),
            func.coalesce(campaign_lines.c.line, recipients.c.line).label("line"),
            workspaces.c.sender_name,
            workspaces.c.postal_address,
        )
        .join(campaigns, campaigns.c.id == claimed.c.campaign_id)
        .join(enrolments, enrolments.c.id == claimed.c.enrolment_id)
        .join(recipients, recipients.c.id == enrolments.c.recipient_id)
        .join(workspaces, workspaces.c.id == claimed.c.workspace_id)
        .outerjoin(campaign_lines, its_line)
        .order_by(enrolments.c.position, claimed.c.id)
    )


def _claim(row: RowMapping) -> Claim:
    return Claim(
        email_id=row["id"],
        token=row["fencing_token"],
        workspace_id=row["workspace_id"],
        campaign_id=row["campaign_id"],
        enrolment_id=row["enrolment_id"],
        lead_id=row["lead_id"],
        mailbox_id=row["mailbox_id"],
        step=row["step"],
        recipient=row["recipient"],
        message_id=row["message_id"],
        source=TemplateSource(row["template_subject"], row["text_body"], row["html_body"]),
        values=values_of(row),
        fields=row["fields"],
        sender_name=row["sender_name"],
        postal_address=row["postal_address"],
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
