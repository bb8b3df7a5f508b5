"""Emails on their way: each write of a claimer names its token, and is refused when another holds a newer one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.sender.domain.sending import Record
from services.sender.repositories.claims import Claim
from services.sender.tables import emails, enrolments, slots

OPEN = ("planned", "claimed", "sending", "unknown", "deferred")
_OURS = and_(emails.c.id == bindparam("email_id"), emails.c.fencing_token == bindparam("token"))
_CLAIMED = and_(_OURS, emails.c.state == "claimed")
# With its lead, which is bound to its mailbox last: whoever ends a campaign has its leads before its slots, too.
_LOCK_CLAIMED = Compiled(
    select(emails.c.id)
    .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
    .where(_CLAIMED)
    .with_for_update(key_share=True, of=(emails, enrolments))
)
_STAYS = (
    update(enrolments)
    .where(enrolments.c.id == bindparam("enrolment_id"), enrolments.c.mailbox_id.is_(None))
    .values(mailbox_id=bindparam("through"))
    .cte("stays")
)
_MARK_SENDING = Compiled(
    update(emails)
    .where(_CLAIMED)
    .values(
        state="sending",
        attempts=emails.c.attempts + 1,
        subject=bindparam("words"),
        sending_at=bindparam("began"),
        lease_until=bindparam("until"),
    )
    .returning(emails.c.attempts)
    .add_cte(_STAYS)
)
_CALLED = and_(_OURS, or_(emails.c.state == "sending", emails.c.state == "unknown"))
_LOCK_CALLED = Compiled(select(emails.c.state, emails.c.attempts, emails.c.deferrals).where(_CALLED).with_for_update())
_STORE_RECORD = Compiled(
    update(emails)
    .where(_OURS)
    .values(
        state=bindparam("became"),
        reason=bindparam("why"),
        deferrals=bindparam("deferred"),
        lease_until=None,
        due_at=func.coalesce(bindparam("due"), emails.c.due_at),
        ended_at=bindparam("ended"),
    )
)
_WAITS = select(emails.c.id).where(
    emails.c.enrolment_id == bindparam("enrolment_id"), or_(*(emails.c.state == state for state in OPEN))
)
_FINISH_ENROLMENT = Compiled(
    update(enrolments)
    .where(enrolments.c.id == bindparam("enrolment_id"), enrolments.c.state == "active", ~_WAITS.exists())
    .values(state="finished", ended_at=bindparam("ended"))
)


async def lock_claimed(conn: AsyncConnection, claim: Claim) -> bool:
    """Lock the email and its lead, while it is claimed by this very claim."""
    return bool(await _LOCK_CLAIMED.fetch(conn, email_id=claim.email_id, token=claim.token))


async def mark_sending(conn: AsyncConnection, claim: Claim, *, subject: str, now: datetime, lease_s: float) -> int:
    """`claimed → sending`; answers how many calls have been begun for this email. From here on its lead stays with the
    mailbox."""
    (row,) = await _MARK_SENDING.fetch(
        conn,
        email_id=claim.email_id,
        token=claim.token,
        enrolment_id=claim.enrolment_id,
        through=claim.mailbox_id,
        words=subject,
        began=now,
        until=now + timedelta(seconds=lease_s),
    )
    return row["attempts"]


async def finish_enrolment(conn: AsyncConnection, enrolment_id: UUID, *, now: datetime) -> None:
    """The lead has had everything, unless a later step waits."""
    await _FINISH_ENROLMENT.fetch(conn, enrolment_id=enrolment_id, ended=now)


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
    found = await _LOCK_CALLED.fetch(conn, email_id=claim.email_id, token=claim.token)
    return Called(*found[0]) if found else None


async def store_record(conn: AsyncConnection, claim: Claim, record: Record, *, now: datetime) -> None:
    """Write what became of a call."""
    await _STORE_RECORD.fetch(
        conn,
        email_id=claim.email_id,
        token=claim.token,
        became=record.state,
        why=record.reason,
        deferred=record.deferrals,
        due=record.due_at,
        ended=now if record.state in {"sent", "failed"} else None,
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
