"""Claims: emails taken with a fencing token and a lease, and what happens when a lease runs out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from libs.common.ids import new_id
from services.sender.tables import claim_batches, emails, mailboxes, slots


# A tuple, as a frozen dataclass takes ten times as long to make, which is a third of our part of a large claim.
class Claim(NamedTuple):
    """An email in our hands. Every later write of ours names `token`, which the next claim makes worthless. Its words are
    read when it is begun."""

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


@dataclass(frozen=True)
class Leased:
    """An email whose lease has run out."""

    email_id: UUID
    workspace_id: UUID
    campaign_id: UUID
    lead_id: UUID
    step: int
    recipient: str


_IDS = bindparam("ids", type_=ARRAY(Uuid))
_ASSIGNED = slots.c.state == literal_column("'assigned'")
"""Written out, so that a plan for any parameter can use the indexes that are of such slots alone."""
_FIRST_DUE = select(func.min(slots.c.due_at)).where(_ASSIGNED, slots.c.mailbox_id == bindparam("mailbox"))
_FIRST_OVER = select(func.min(claim_batches.c.lease_until))
# The first of an index, where EXISTS may read the table: a plan for any instant believes that a third of it is due.
_LOOK = Compiled(
    select(
        func.coalesce(_FIRST_DUE.scalar_subquery() <= bindparam("now"), False).label("due"),
        func.coalesce(_FIRST_OVER.scalar_subquery() < bindparam("now"), False).label("expired"),
    )
)
# As `Claim` has them, with the token that the claim gives. Not whether their campaign sends: one that does not has no slots,
# and `sending` asks again.
_FIND = Compiled(
    select(
        emails.c.id,
        emails.c.fencing_token + literal_column("1"),
        emails.c.workspace_id,
        emails.c.campaign_id,
        emails.c.enrolment_id,
        emails.c.lead_id,
        emails.c.mailbox_id,
        emails.c.step,
        emails.c.recipient,
        emails.c.message_id,
    )
    .select_from(slots)
    .join(emails, emails.c.id == slots.c.email_id)
    .join(mailboxes, mailboxes.c.id == slots.c.mailbox_id)
    .where(_ASSIGNED, slots.c.mailbox_id == bindparam("mailbox"), slots.c.due_at <= bindparam("now"))
    .where(slots.c.closes_at >= bindparam("call_ends_at"))
    .where(emails.c.state == "planned", mailboxes.c.state == "active")
    .where(or_(mailboxes.c.retry_at.is_(None), mailboxes.c.retry_at <= bindparam("now")))
    .order_by(slots.c.due_at, slots.c.number)
    .limit(bindparam("limit"))
    .with_for_update(of=emails, skip_locked=True)
)
_CLAIM = Compiled(
    update(emails)
    .where(emails.c.id == any_(_IDS))
    .values(state="claimed", fencing_token=emails.c.fencing_token + 1, lease_until=bindparam("until"))
    .add_cte(
        insert(claim_batches).values(id=bindparam("batch"), email_ids=_IDS, lease_until=bindparam("until")).cte("batch")
    )
)


@dataclass(frozen=True)
class Waiting:
    """What a tick may find: slots that are `due`, be their emails claimed already or not, and claims that have `expired`."""

    due: bool
    expired: bool


async def look(conn: AsyncConnection, *, mailbox_id: UUID, now: datetime) -> Waiting:
    """Whether there is anything to do for a tick. Mostly there is not, and this costs next to nothing."""
    (row,) = await _LOOK.fetch(conn, mailbox=mailbox_id, now=now)
    return Waiting(**row)


async def claim(
    conn: AsyncConnection, *, mailbox_id: UUID, now: datetime, call_s: float, lease_s: float, limit: int
) -> list[Claim]:
    """Take planned emails of the mailbox whose slots are due, and whose windows stay open for a whole call; others' locked
    rows are passed over. The token rises with every claim. Those that are due first come first.

    A slot closes with its day at the latest, so that one of yesterday is never found.
    """
    ends_at = now + timedelta(seconds=call_s)
    # By itself: inside an UPDATE, Postgres may run a LIMIT … SKIP LOCKED again for every row.
    found = await _FIND.fetch(conn, mailbox=mailbox_id, now=now, call_ends_at=ends_at, limit=limit)
    if not found:
        return []
    await _CLAIM.fetch(conn, ids=[row["id"] for row in found], batch=new_id(), until=now + timedelta(seconds=lease_s))
    return [Claim(*row) for row in found]


async def expire_sending(conn: AsyncConnection, *, now: datetime, limit: int) -> list[Leased]:
    """`sending → unknown` where the lease ran out: the call may have been accepted, and nobody has recorded it."""
    over = (
        select(emails.c.id)
        .where(emails.c.stage == literal_column("'sending'"), emails.c.lease_until < now)
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
