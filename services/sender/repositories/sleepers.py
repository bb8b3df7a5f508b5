"""Leads who need not be looked at before an instant, and their waking: some at a time, however many there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, and_, any_, bindparam, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.sender.repositories.arrays import array
from services.sender.tables import campaigns, emails, enrolments

PAGE = 2_000
"""So many are put to sleep or woken in a transaction, give or take a page of those who wait: some tenths of a second."""

_ASLEEP = (
    enrolments.c.state == literal_column("'active'"),
    enrolments.c.mailbox_id.is_(None),
    enrolments.c.wakes_at.is_not(None),
)
_DUE = (
    select(enrolments.c.id)
    .where(enrolments.c.campaign_id == any_(bindparam("campaigns", type_=ARRAY(Uuid))), *_ASLEEP)
    .where(enrolments.c.wakes_at < bindparam("until"))
    .limit(bindparam("limit"))
)
_WAKE_DUE = Compiled(
    update(enrolments).where(enrolments.c.id.in_(_DUE)).values(wakes_at=None).returning(enrolments.c.id)
)


async def sleep(conn: AsyncConnection, until: Mapping[UUID, datetime]) -> None:
    """These enrolments need not be looked at before then: their window is closed, or their domain has had enough."""
    if not until:
        return
    each = (
        func.unnest(array(list(until), Uuid()), array(list(until.values()), DateTime(timezone=True)))
        .table_valued("id", "until")
        .render_derived(name="each")
    )
    await conn.execute(update(enrolments).where(enrolments.c.id == each.c.id).values(wakes_at=each.c.until))
    waiting = and_(emails.c.enrolment_id == each.c.id, emails.c.state.in_(("planned", "deferred")))
    await conn.execute(update(emails).where(waiting).values(due_at=func.greatest(emails.c.due_at, each.c.until)))


async def wake_due(conn: AsyncConnection, campaign_ids: Sequence[UUID], *, until: datetime) -> bool:
    """Wake those whose time comes before `until`. False: only a page of them, there are more."""
    found = await _WAKE_DUE.fetch(conn, campaigns=list(campaign_ids), until=until, limit=PAGE)
    return len(found) < PAGE


async def ask_to_wake(conn: AsyncConnection, *, workspace_id: UUID, campaign_id: UUID | None = None) -> None:
    """Have everybody of the campaign, or of all of the workspace's, looked at again by the plans to come: the window, or what
    its days are made by, has changed. The caller holds the workspace's planning mutex."""
    theirs = and_(campaigns.c.workspace_id == workspace_id, campaigns.c.state != "finished")
    if campaign_id is not None:
        theirs = and_(theirs, campaigns.c.id == campaign_id)
    await conn.execute(update(campaigns).where(theirs, ~campaigns.c.waking).values(waking=True))


async def wake_page(conn: AsyncConnection, campaign_id: UUID) -> bool:
    """Wake some of a campaign that was asked to; answers whether that were all, who need not be asked for again."""
    asleep = select(enrolments.c.id).where(enrolments.c.campaign_id == campaign_id, *_ASLEEP).limit(PAGE)
    woken = await conn.execute(update(enrolments).where(enrolments.c.id.in_(asleep)).values(wakes_at=None))
    put_off = (
        select(emails.c.id)
        .where(emails.c.campaign_id == campaign_id, emails.c.stage == "planned", emails.c.state == "planned")
        .where(emails.c.step == 1, emails.c.due_at > emails.c.created_at)
        .limit(PAGE)
    )
    early = await conn.execute(update(emails).where(emails.c.id.in_(put_off)).values(due_at=emails.c.created_at))
    if max(woken.rowcount, early.rowcount) >= PAGE:
        return False
    await conn.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(waking=False))
    return True
