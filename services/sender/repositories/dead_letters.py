"""Dead letters: opened with the email that failed, closed by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.dead_letters import Cause
from services.sender.domain.places import Place
from services.sender.repositories.enrolments import place_columns
from services.sender.tables import campaigns, dead_email_actions, dead_emails, emails, enrolments, recipients


@dataclass(frozen=True)
class DeadLetter:
    """An email that failed. `detail` is the server's answer, or what was wrong with the mail."""

    email_id: UUID
    campaign_id: UUID
    campaign_name: str
    enrolment_id: UUID
    lead_id: UUID
    recipient_id: UUID | None
    recipient: str
    step: int
    position: int
    subject: str | None
    attempts: int
    cause: str
    detail: str
    state: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Group:
    """The open ones of one cause."""

    cause: str
    count: int
    oldest_at: datetime


@dataclass(frozen=True)
class Action:
    """What somebody did about one."""

    action: str
    detail: dict[str, Any]
    made_by: UUID
    made_at: datetime


async def open_letter(
    conn: AsyncConnection,
    *,
    email_id: UUID,
    workspace_id: UUID,
    campaign_id: UUID,
    cause: Cause,
    detail: str,
    now: datetime,
) -> None:
    """An email has failed (again)."""
    present = {"cause": cause, "detail": detail, "state": "open", "opened_at": now, "closed_at": None}
    query = insert(dead_emails).values(email_id=email_id, workspace_id=workspace_id, campaign_id=campaign_id, **present)
    await conn.execute(query.on_conflict_do_update(index_elements=["email_id"], set_=present))


async def groups(conn: AsyncConnection, *, workspace_id: UUID, campaign_id: UUID | None) -> list[Group]:
    """The open ones by cause, the largest group first."""
    count = func.count().label("count")
    query = select(dead_emails.c.cause, count, func.min(dead_emails.c.opened_at).label("oldest_at"))
    query = query.where(dead_emails.c.workspace_id == workspace_id, dead_emails.c.state == "open")
    if campaign_id:
        query = query.where(dead_emails.c.campaign_id == campaign_id)
    query = query.group_by(dead_emails.c.cause).order_by(count.desc(), dead_emails.c.cause)
    return [Group(**row) for row in (await conn.execute(query)).mappings()]


@dataclass(frozen=True)
class Which:
    """Dead letters of a workspace. None is all; `before` is a cursor, newest first."""

    workspace_id: UUID
    state: str | None = None
    cause: str | None = None
    campaign_id: UUID | None = None
    email_id: UUID | None = None
    before: UUID | None = None


async def find(conn: AsyncConnection, which: Which, *, limit: int, lock: bool = False) -> list[DeadLetter]:
    """Newest email first. `lock` takes them for this transaction, and passes over those that another has taken."""
    query = (
        select(
            dead_emails,
            campaigns.c.name.label("campaign_name"),
            emails.c.enrolment_id,
            emails.c.lead_id,
            emails.c.recipient,
            emails.c.step,
            emails.c.subject,
            emails.c.attempts,
            enrolments.c.recipient_id,
            enrolments.c.position,
        )
        .join(emails, emails.c.id == dead_emails.c.email_id)
        .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
        .join(campaigns, campaigns.c.id == dead_emails.c.campaign_id)
        .where(dead_emails.c.workspace_id == which.workspace_id)
    )
    for name in ("state", "cause", "campaign_id", "email_id"):
        if (value := getattr(which, name)) is not None:
            query = query.where(dead_emails.c[name] == value)
    if which.before:
        query = query.where(dead_emails.c.email_id < which.before)
    query = query.order_by(dead_emails.c.email_id.desc()).limit(limit)
    rows = await conn.execute(query.with_for_update(of=dead_emails, skip_locked=True) if lock else query)
    return [_letter(row) for row in rows.mappings()]


async def is_open_for(conn: AsyncConnection, *, campaign_id: UUID, lead_id: UUID) -> bool:
    """Whether a mail of the campaign for this lead of its list waits for a person."""
    query = (
        select(dead_emails.c.email_id)
        .join(emails, emails.c.id == dead_emails.c.email_id)
        .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
        .join(recipients, recipients.c.id == enrolments.c.recipient_id)
        .where(recipients.c.lead_id == lead_id, enrolments.c.campaign_id == campaign_id)
        .where(dead_emails.c.state == "open")
    )
    return (await conn.execute(query.limit(1))).first() is not None


def _letter(row: RowMapping) -> DeadLetter:
    return DeadLetter(**{name: row[name] for name in DeadLetter.__dataclass_fields__})


async def close(conn: AsyncConnection, email_ids: Sequence[UUID], *, state: str, made_by: UUID, now: datetime) -> None:
    """They are `replayed` or `discarded`, and who did it is kept."""
    if not email_ids:
        return
    query = update(dead_emails).where(dead_emails.c.email_id.in_(email_ids))
    await conn.execute(query.values(state=state, closed_at=now))
    rows = [{"email_id": id_, "action": state, "made_by": made_by, "made_at": now} for id_ in email_ids]
    await conn.execute(dead_email_actions.insert(), rows)


async def note_edit(
    conn: AsyncConnection, email_id: UUID, *, detail: dict[str, str], made_by: UUID, now: datetime
) -> None:
    """Somebody changed what is sent."""
    row = {"email_id": email_id, "action": "edited", "detail": detail, "made_by": made_by, "made_at": now}
    await conn.execute(dead_email_actions.insert(), [row])


async def actions(conn: AsyncConnection, email_id: UUID) -> list[Action]:
    """What was done about one, oldest first."""
    columns = [dead_email_actions.c[name] for name in Action.__dataclass_fields__]
    query = select(*columns).where(dead_email_actions.c.email_id == email_id).order_by(dead_email_actions.c.id)
    return [Action(**row) for row in (await conn.execute(query)).mappings()]


async def readdress(
    conn: AsyncConnection, letter: DeadLetter, *, address: str, lead_id: UUID, place: Place | None
) -> bool:
    """Write to this address instead, in this campaign. False: the person is in it already.

    `place` is where the address says that the person is; it counts where nothing better was known than an address.
    """
    query = select(enrolments.c.id).where(
        enrolments.c.campaign_id == letter.campaign_id,
        enrolments.c.lead_id == lead_id,
        enrolments.c.id != letter.enrolment_id,
    )
    if (await conn.execute(query)).first() is not None:
        return False
    enrolment = update(enrolments).where(enrolments.c.id == letter.enrolment_id)
    await conn.execute(enrolment.values(email=address, lead_id=lead_id))
    if place is not None:
        by_address = enrolment.where(enrolments.c.zone_source.in_(("email_domain", "workspace")))
        await conn.execute(by_address.values(**place_columns(place), wakes_at=None))
    await conn.execute(update(emails).where(emails.c.id == letter.email_id).values(recipient=address, lead_id=lead_id))
    return True
