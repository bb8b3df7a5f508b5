"""Who could be planned: campaigns with their mailboxes, and the mails that wait in them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, and_, func, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.plan.candidates import Candidate, PlannedCampaign, UsableMailbox
from services.sender.domain.plan.quotas import MailboxQuota
from services.sender.domain.windows import Window
from services.sender.repositories.arrays import array, one_of
from services.sender.repositories.suppressions import is_suppressed
from services.sender.tables import campaign_mailboxes, campaigns, emails, enrolments, mailboxes, slots

MAY_HAVE_LEFT = ("sending", "sent", "unknown")
_WAITING = ("planned", "deferred")
_other, _its_mailbox, _earlier = emails.alias(), mailboxes.alias(), emails.alias()
_own_campaign, _own_mailbox = campaigns.alias(), mailboxes.alias()


async def usable_mailboxes(
    conn: AsyncConnection, *, workspace_id: UUID, house_mailbox_id: UUID | None
) -> list[UsableMailbox]:
    """The workspace's own that are active, and the one of the settings."""
    own = and_(mailboxes.c.workspace_id == workspace_id, mailboxes.c.deleted_at.is_(None))
    query = select(mailboxes).where(mailboxes.c.state == "active", or_(own, mailboxes.c.id == house_mailbox_id))
    return [
        UsableMailbox(
            row.id,
            row.address.rpartition("@")[2],
            MailboxQuota(row.daily_quota, row.ramp_from, row.ramp_step, row.ramp_started),
        )
        for row in await conn.execute(query.order_by(mailboxes.c.id))
    ]


async def active_campaigns(
    conn: AsyncConnection, *, workspace_id: UUID, mailbox_ids: Sequence[UUID], also: UUID | None = None
) -> list[PlannedCampaign]:
    """The campaigns that send and have one of these mailboxes, oldest first; `also` one that does not send yet."""
    mine = and_(campaigns.c.workspace_id == workspace_id, or_(campaigns.c.state == "active", campaigns.c.id == also))
    made_for = select(campaigns.c.id.label("campaign_id"), campaigns.c.mailbox_id).where(mine)
    more = select(campaign_mailboxes.c.campaign_id, campaign_mailboxes.c.mailbox_id).join(
        campaigns, campaigns.c.id == campaign_mailboxes.c.campaign_id
    )
    more = more.where(mine)
    pairs = union(made_for, more).subquery()
    theirs = func.array_agg(pairs.c.mailbox_id.distinct()).label("mailbox_ids")
    query = (
        select(campaigns, theirs)
        .join(pairs, pairs.c.campaign_id == campaigns.c.id)
        .where(one_of(pairs.c.mailbox_id, mailbox_ids))
        .group_by(campaigns.c.id)
        .order_by(campaigns.c.id)
    )
    return [
        PlannedCampaign(
            row.id,
            row.daily_quota,
            row.weight,
            Window(frozenset(row.window_days), row.window_from_min, row.window_to_min, row.skip_holidays),
            tuple(sorted(row.mailbox_ids)),
        )
        for row in await conn.execute(query)
    ]


async def fresh(
    conn: AsyncConnection, campaign_id: UUID, *, after: int, until: datetime, limit: int
) -> list[Candidate]:
    """Leads that no mail was made for, above a position, who are awake before `until`."""
    none = ~select(emails.c.id).where(emails.c.enrolment_id == enrolments.c.id).exists()
    awake = or_(enrolments.c.wakes_at.is_(None), enrolments.c.wakes_at < until)
    query = (
        select(*_COLUMNS)
        .where(enrolments.c.campaign_id == campaign_id, enrolments.c.state == "active")
        .where(enrolments.c.mailbox_id.is_(None), enrolments.c.position > after, awake, none)
        .order_by(enrolments.c.position)
        .limit(limit)
    )
    return [Candidate(**row) for row in (await conn.execute(query)).mappings()]


async def again(
    conn: AsyncConnection, campaign_id: UUID, *, after: UUID | None, until: datetime, limit: int
) -> list[Candidate]:
    """Mails that were made and have no slot: later steps, deferred ones, those that missed their window. Due before `until`.

    A later step waits while an earlier one is not known to have been sent.
    """
    has_slot = select(slots.c.number).where(slots.c.email_id == emails.c.id, slots.c.state == "assigned").exists()
    open_before = (
        select(_earlier.c.id)
        .where(_earlier.c.enrolment_id == emails.c.enrolment_id, _earlier.c.step < emails.c.step)
        .where(_earlier.c.state != "sent")
        .exists()
    )
    query = (
        select(
            *_COLUMNS,
            emails.c.id.label("email_id"),
            emails.c.step,
            emails.c.due_at,
            (emails.c.state == "deferred").label("deferred"),
        )
        .join(emails, emails.c.enrolment_id == enrolments.c.id)
        .where(emails.c.campaign_id == campaign_id, emails.c.stage.in_(_WAITING), emails.c.state.in_(_WAITING))
        .where(enrolments.c.state == "active", emails.c.due_at < until, ~has_slot, ~open_before)
        .order_by(emails.c.id)
        .limit(limit)
    )
    rows = await conn.execute(query.where(emails.c.id > after) if after else query)
    return [Candidate(**row) for row in rows.mappings()]


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


async def wake(conn: AsyncConnection, campaign_id: UUID) -> None:
    """Look at everybody of the campaign again: its window or its pause has changed."""
    asleep = and_(enrolments.c.campaign_id == campaign_id, enrolments.c.wakes_at.is_not(None))
    await conn.execute(update(enrolments).where(asleep).values(wakes_at=None))
    planned = and_(emails.c.stage == "planned", emails.c.state == "planned")
    held_back = and_(emails.c.campaign_id == campaign_id, planned, emails.c.step == 1)
    await conn.execute(update(emails).where(held_back).values(due_at=emails.c.created_at))


async def wake_all(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Look at everybody of the workspace's campaigns again: what its days are made by has changed."""
    query = select(campaigns.c.id).where(campaigns.c.workspace_id == workspace_id, campaigns.c.state == "active")
    for campaign_id in (await conn.execute(query)).scalars().all():
        await wake(conn, campaign_id)


async def put_in_plan(conn: AsyncConnection, mailbox_by_email: Mapping[UUID, UUID]) -> None:
    """Emails that were given a slot are planned, from this mailbox."""
    if not mailbox_by_email:
        return
    each = (
        func.unnest(array(list(mailbox_by_email), Uuid()), array(list(mailbox_by_email.values()), Uuid()))
        .table_valued("id", "mailbox_id")
        .render_derived(name="each")
    )
    waiting = and_(emails.c.id == each.c.id, emails.c.state.in_(("planned", "deferred")))
    await conn.execute(update(emails).where(waiting).values(state="planned", mailbox_id=each.c.mailbox_id))


async def add_emails(conn: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    """Email rows of leads that are planned for the first time."""
    if rows:
        await conn.execute(emails.insert(), [dict(row) for row in rows])


_last_elsewhere = (
    select(func.max(func.coalesce(_other.c.ended_at, _other.c.sending_at)))
    .join(_its_mailbox, _its_mailbox.c.id == _other.c.mailbox_id)
    .join(_own_campaign, _own_campaign.c.id == enrolments.c.campaign_id)
    .join(_own_mailbox, _own_mailbox.c.id == _own_campaign.c.mailbox_id)
    .where(_other.c.workspace_id == enrolments.c.workspace_id, _other.c.recipient == enrolments.c.email)
    .where(_other.c.campaign_id != enrolments.c.campaign_id, _other.c.state.in_(MAY_HAVE_LEFT))
    .where(_its_mailbox.c.sandboxed == _own_mailbox.c.sandboxed)
    .correlate(enrolments)
    .scalar_subquery()
)
_COLUMNS = (
    enrolments.c.campaign_id,
    enrolments.c.id.label("enrolment_id"),
    enrolments.c.lead_id,
    enrolments.c.email.label("recipient"),
    enrolments.c.domain,
    enrolments.c.position,
    enrolments.c.mailbox_id,
    enrolments.c.time_zone,
    enrolments.c.country,
    enrolments.c.subdivision,
    is_suppressed(enrolments.c.workspace_id, enrolments.c.email).label("suppressed"),
    _last_elsewhere.label("written_elsewhere_at"),
)
