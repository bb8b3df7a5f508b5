"""Emails whose outcome nobody knows, and what was decided about them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.resolving import MOST_LOOK_UPS
from services.sender.repositories.claims import Leased
from services.sender.tables import email_lookups, email_resolutions, emails


@dataclass(frozen=True)
class Unresolved:
    """An email, locked, with the last decision on this attempt of it."""

    email: Leased
    enrolment_id: UUID
    mailbox_id: UUID
    token: int
    state: str
    lease_until: datetime | None
    decided: str | None


@dataclass(frozen=True)
class Sought:
    """An unknown email to ask its provider about."""

    email_id: UUID
    workspace_id: UUID
    token: int
    message_id: str
    asked: int


async def lock_email(conn: AsyncConnection, email_id: UUID, *, workspace_id: UUID) -> Unresolved | None:
    """The email of this workspace, so that nobody else decides at the same time."""
    mine = (emails.c.id == email_id, emails.c.workspace_id == workspace_id)
    row = (await conn.execute(select(emails).where(*mine).with_for_update())).first()
    if row is None:
        return None
    query = select(email_resolutions.c.outcome).where(
        email_resolutions.c.email_id == email_id, email_resolutions.c.fencing_token == row.fencing_token
    )
    return _unresolved(row, decided=(await conn.execute(query)).scalar_one_or_none())


async def lock_unknown(
    conn: AsyncConnection,
    workspace_id: UUID,
    *,
    campaign_id: UUID | None,
    mailbox_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> list[Unresolved]:
    """Unknown emails of the workspace, oldest first, so that nobody else decides about them at the same time."""
    query = select(emails).where(emails.c.workspace_id == workspace_id, emails.c.stage == "unknown")
    for column, wanted in ((emails.c.campaign_id, campaign_id), (emails.c.mailbox_id, mailbox_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    if after is not None:
        query = query.where(emails.c.id > after)
    rows = await conn.execute(query.order_by(emails.c.id).limit(limit).with_for_update())
    return [_unresolved(row, decided=None) for row in rows]


def _unresolved(row: Row[Any], *, decided: str | None) -> Unresolved:
    return Unresolved(
        Leased(row.id, row.workspace_id, row.campaign_id, row.lead_id, row.step, row.recipient),
        row.enrolment_id,
        row.mailbox_id,
        row.fencing_token,
        row.state,
        row.lease_until,
        decided,
    )


async def keep(conn: AsyncConnection, found: Unresolved, *, outcome: str, decided_by: str, now: datetime) -> None:
    """Who decided what, and when."""
    await conn.execute(
        email_resolutions.insert().values(
            email_id=found.email.email_id,
            fencing_token=found.token,
            outcome=outcome,
            decided_by=decided_by,
            decided_at=now,
        )
    )


async def mark_sent(conn: AsyncConnection, email_id: UUID, *, now: datetime) -> None:
    """`unknown → sent`: its slot stays used."""
    query = update(emails).where(emails.c.id == email_id, emails.c.state == "unknown")
    await conn.execute(query.values(state="sent", reason=None, ended_at=now))


async def plan_again(conn: AsyncConnection, email_id: UUID, *, now: datetime) -> None:
    """`unknown → planned`, under the same Message-ID. The slot of the attempt stays used: another is needed."""
    query = update(emails).where(emails.c.id == email_id, emails.c.state == "unknown")
    await conn.execute(query.values(state="planned", reason="send_again", due_at=now))


async def unknown_of(
    conn: AsyncConnection, *, mailbox_id: UUID, limit: int, since: datetime, now: datetime
) -> list[Sought]:
    """Unknown emails of a mailbox that were begun since and are to be asked about now, newest first."""
    query = (
        select(emails.c.id, emails.c.workspace_id, emails.c.fencing_token, emails.c.message_id, email_lookups.c.asked)
        .outerjoin(email_lookups, _ITS_LOOK_UPS)
        .where(emails.c.mailbox_id == mailbox_id, _to_ask_about(since=since, now=now))
    )
    rows = await conn.execute(query.order_by(emails.c.sending_at.desc()).limit(limit))
    return [Sought(row.id, row.workspace_id, row.fencing_token, row.message_id, row.asked or 0) for row in rows]


async def mailboxes_with_unknown(conn: AsyncConnection, *, since: datetime, now: datetime) -> list[UUID]:
    """The mailboxes that such emails were begun from."""
    query = select(emails.c.mailbox_id).outerjoin(email_lookups, _ITS_LOOK_UPS).distinct()
    query = query.where(_to_ask_about(since=since, now=now))
    return list((await conn.execute(query.order_by(emails.c.mailbox_id))).scalars())


async def note_look_up(conn: AsyncConnection, sought: Sought, *, next_at: datetime) -> None:
    """The provider was asked about this attempt once more."""
    values = {"email_id": sought.email_id, "fencing_token": sought.token, "asked": sought.asked + 1, "next_at": next_at}
    query = insert(email_lookups).values(values)
    fresh = {"asked": email_lookups.c.asked + 1, "next_at": next_at}
    await conn.execute(query.on_conflict_do_update(index_elements=["email_id", "fencing_token"], set_=fresh))


_ITS_LOOK_UPS = and_(email_lookups.c.email_id == emails.c.id, email_lookups.c.fencing_token == emails.c.fencing_token)


def _to_ask_about(*, since: datetime, now: datetime) -> ColumnElement[bool]:
    never = email_lookups.c.email_id.is_(None)
    again = and_(email_lookups.c.asked < MOST_LOOK_UPS, email_lookups.c.next_at <= now)
    return and_(emails.c.stage == "unknown", emails.c.sending_at >= since, or_(never, again))
