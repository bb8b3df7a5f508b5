"""Emails on their way: claims with fencing tokens and leases, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.sending import Record
from services.sender.domain.templates import TemplateSource
from services.sender.repositories.lists import LEAD_COLUMNS, values_of
from services.sender.tables import campaigns, daily_plans, emails, enrolments, leads, mailboxes, slots, suppressions


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


@dataclass(frozen=True)
class Leased:
    """An email whose lease has run out."""

    email_id: UUID
    workspace_id: UUID
    campaign_id: UUID
    lead_id: UUID
    step: int
    recipient: str


@dataclass(frozen=True)
class Reasons:
    """Why a claimed email might not be sent now."""

    suppressed: bool
    enrolment_active: bool
    campaign_active: bool
    sandboxed_lead: bool
    sandboxed_mailbox: bool


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
    raised = emails.c.fencing_token + 1
    query = update(emails).where(emails.c.id.in_(ids))
    lease_until = now + timedelta(seconds=lease_s)
    await conn.execute(query.values(state="claimed", fencing_token=raised, lease_until=lease_until))
    return await _claims(conn, ids)


async def _claims(conn: AsyncConnection, ids: Sequence[UUID]) -> list[Claim]:
    if not ids:
        return []
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
            *LEAD_COLUMNS,
        )
        .join(campaigns, campaigns.c.id == emails.c.campaign_id)
        .join(leads, leads.c.id == emails.c.lead_id)
        .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
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
    )


async def lock_claimed(conn: AsyncConnection, claim: Claim) -> bool:
    """Lock the email while it is claimed by this very claim."""
    mine = and_(emails.c.id == claim.email_id, emails.c.fencing_token == claim.token, emails.c.state == "claimed")
    return (await conn.execute(select(emails.c.id).where(mine).with_for_update())).first() is not None


async def reasons(conn: AsyncConnection, claim: Claim) -> Reasons:
    """What speaks for and against this send, as committed now."""
    suppressed = exists().where(
        suppressions.c.workspace_id == claim.workspace_id, suppressions.c.email == claim.recipient
    )
    query = (
        select(
            suppressed.label("suppressed"),
            (enrolments.c.state == "active").label("enrolment_active"),
            (campaigns.c.state == "active").label("campaign_active"),
            leads.c.sandboxed.label("sandboxed_lead"),
            mailboxes.c.sandboxed.label("sandboxed_mailbox"),
        )
        .select_from(enrolments)
        .join(campaigns, campaigns.c.id == enrolments.c.campaign_id)
        .join(mailboxes, mailboxes.c.id == campaigns.c.mailbox_id)
        .join(leads, leads.c.id == enrolments.c.lead_id)
        .where(enrolments.c.id == claim.enrolment_id)
    )
    return Reasons(**(await conn.execute(query)).mappings().one())


async def mark_sending(conn: AsyncConnection, claim: Claim, *, subject: str, now: datetime, lease_s: float) -> int:
    """`claimed → sending`; answers how many calls have been begun for this email."""
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
    )
    return (await conn.execute(query)).scalar_one()


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


async def lock_called(conn: AsyncConnection, claim: Claim) -> tuple[str, int] | None:
    """State and attempts of the email, locked, while our token is the newest and it is `sending` or `unknown`."""
    mine = and_(
        emails.c.id == claim.email_id,
        emails.c.fencing_token == claim.token,
        emails.c.state.in_(("sending", "unknown")),
    )
    query = select(emails.c.state, emails.c.attempts).where(mine).with_for_update()
    row = (await conn.execute(query)).first()
    return (row.state, row.attempts) if row else None


async def store_record(conn: AsyncConnection, claim: Claim, record: Record, *, now: datetime) -> None:
    """Write what became of a call."""
    query = update(emails).where(emails.c.id == claim.email_id, emails.c.fencing_token == claim.token)
    await conn.execute(
        query.values(
            state=record.state,
            reason=record.reason,
            lease_until=None,
            due_at=record.due_at or emails.c.due_at,
            ended_at=now if record.state in {"sent", "failed"} else None,
        )
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


@dataclass(frozen=True)
class EmailRow:
    """An email as a person sees it."""

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
    names = [name for name in EmailRow.__dataclass_fields__ if name != "row_no"]
    query = select(*(emails.c[name] for name in names), leads.c.row_no).join(leads, leads.c.id == emails.c.lead_id)
    query = query.where(emails.c.workspace_id == workspace_id)
    if campaign_id is not None:
        query = query.where(emails.c.campaign_id == campaign_id)
    if state is not None:
        query = query.where(emails.c.state == state)
    if before is not None:
        query = query.where(emails.c.id < before)
    rows = await conn.execute(query.order_by(emails.c.id.desc()).limit(limit))
    return [EmailRow(**row) for row in rows.mappings()]
