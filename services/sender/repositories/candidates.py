"""Who could be planned: campaigns with their mailboxes, and the mails that wait in them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, and_, any_, bindparam, func, literal_column, or_, select, text, union
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.sender.domain.plan.candidates import Candidate, PlannedCampaign, UsableMailbox
from services.sender.domain.plan.quotas import MailboxQuota
from services.sender.domain.windows import Window
from services.sender.repositories.suppressions import is_suppressed
from services.sender.tables import campaign_mailboxes, campaigns, emails, enrolments, mailboxes, slots

_BY_PARAMETERS = text("SET LOCAL plan_cache_mode = force_custom_plan")
MAY_HAVE_LEFT = ("sending", "sent", "unknown")
_other, _its_mailbox, _earlier = emails.alias(), mailboxes.alias(), emails.alias()
_own_campaign, _own_mailbox = campaigns.alias(), mailboxes.alias()

_last_elsewhere = (
    select(func.max(func.coalesce(_other.c.ended_at, _other.c.sending_at)))
    .join(_its_mailbox, _its_mailbox.c.id == _other.c.mailbox_id)
    .join(_own_campaign, _own_campaign.c.id == enrolments.c.campaign_id)
    .join(_own_mailbox, _own_mailbox.c.id == _own_campaign.c.mailbox_id)
    .where(_other.c.workspace_id == enrolments.c.workspace_id, _other.c.recipient == enrolments.c.email)
    .where(_other.c.campaign_id != enrolments.c.campaign_id, or_(*(_other.c.state == state for state in MAY_HAVE_LEFT)))
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

# What an index is partial by is written out, so that a plan for any parameter can use it.
_FRESH = (enrolments.c.state == literal_column("'active'"), enrolments.c.mailbox_id.is_(None))
_NO_MAIL = ~select(emails.c.id).where(emails.c.enrolment_id == enrolments.c.id).exists()
_FIRST = (
    select(*_COLUMNS)
    .where(
        enrolments.c.campaign_id == bindparam("campaign"), *_FRESH, enrolments.c.position > bindparam("after"), _NO_MAIL
    )
    .order_by(enrolments.c.position)
    .limit(bindparam("limit"))
)
_AWAKE = Compiled(_FIRST.where(enrolments.c.wakes_at.is_(None)))
_ALL = Compiled(_FIRST.where(or_(enrolments.c.wakes_at.is_(None), enrolments.c.wakes_at < bindparam("until"))))
_HAS_SLOT = (
    select(slots.c.number)
    .where(slots.c.email_id == emails.c.id, slots.c.state == literal_column("'assigned'"))
    .exists()
)
_OPEN_BEFORE = (
    select(_earlier.c.id)
    .where(_earlier.c.enrolment_id == emails.c.enrolment_id, _earlier.c.step < emails.c.step)
    .where(_earlier.c.state != "sent")
    .exists()
)
_AGAIN = Compiled(
    select(
        *_COLUMNS,
        emails.c.id.label("email_id"),
        emails.c.step,
        emails.c.due_at,
        (emails.c.state == "deferred").label("deferred"),
    )
    .join(emails, emails.c.enrolment_id == enrolments.c.id)
    .where(emails.c.campaign_id == bindparam("campaign"))
    .where(or_(emails.c.stage == "planned", emails.c.stage == "deferred"))
    .where(or_(emails.c.state == "planned", emails.c.state == "deferred"))
    .where(enrolments.c.state == "active", emails.c.due_at < bindparam("until"), ~_HAS_SLOT, ~_OPEN_BEFORE)
    .where(emails.c.id > bindparam("after"))
    .order_by(emails.c.id)
    .limit(bindparam("limit"))
)
_OWN = and_(mailboxes.c.workspace_id == bindparam("workspace"), mailboxes.c.deleted_at.is_(None))
_USABLE = Compiled(
    select(
        mailboxes.c.id,
        mailboxes.c.address,
        mailboxes.c.daily_quota,
        mailboxes.c.ramp_from,
        mailboxes.c.ramp_step,
        mailboxes.c.ramp_started,
    )
    .where(mailboxes.c.state == "active", or_(_OWN, mailboxes.c.id == bindparam("house", type_=Uuid)))
    .order_by(mailboxes.c.id)
)
_MINE = and_(
    campaigns.c.workspace_id == bindparam("workspace"),
    or_(campaigns.c.state == literal_column("'active'"), campaigns.c.id == bindparam("also", type_=Uuid)),
)
_PAIRS = union(
    select(campaigns.c.id.label("campaign_id"), campaigns.c.mailbox_id).where(_MINE),
    select(campaign_mailboxes.c.campaign_id, campaign_mailboxes.c.mailbox_id)
    .join(campaigns, campaigns.c.id == campaign_mailboxes.c.campaign_id)
    .where(_MINE),
).subquery()
_ACTIVE = Compiled(
    select(
        campaigns.c.id,
        campaigns.c.daily_quota,
        campaigns.c.weight,
        campaigns.c.window_days,
        campaigns.c.window_from_min,
        campaigns.c.window_to_min,
        campaigns.c.skip_holidays,
        campaigns.c.waking,
        func.array_agg(_PAIRS.c.mailbox_id.distinct()).label("mailbox_ids"),
    )
    .join(_PAIRS, _PAIRS.c.campaign_id == campaigns.c.id)
    .where(_PAIRS.c.mailbox_id == any_(bindparam("mailboxes", type_=ARRAY(Uuid))))
    .group_by(campaigns.c.id)
    .order_by(campaigns.c.id)
)


async def plan_by_parameters(conn: AsyncConnection) -> None:
    """Have this transaction's statements planned for the campaign asked for. The index of those who are awake is small but has
    the pages of all who ever were, so that a plan for any campaign would rather read one whole."""
    await conn.execute(_BY_PARAMETERS)


async def usable_mailboxes(
    conn: AsyncConnection, *, workspace_id: UUID, house_mailbox_id: UUID | None
) -> list[UsableMailbox]:
    """The workspace's own that are active, and the one of the settings."""
    return [
        UsableMailbox(
            row["id"],
            row["address"].rpartition("@")[2],
            MailboxQuota(row["daily_quota"], row["ramp_from"], row["ramp_step"], row["ramp_started"]),
        )
        for row in await _USABLE.fetch(conn, workspace=workspace_id, house=house_mailbox_id)
    ]


async def active_campaigns(
    conn: AsyncConnection, *, workspace_id: UUID, mailbox_ids: Sequence[UUID], also: UUID | None = None
) -> list[PlannedCampaign]:
    """The campaigns that send and have one of these mailboxes, oldest first; `also` one that does not send yet."""
    return [
        PlannedCampaign(
            row["id"],
            row["daily_quota"],
            row["weight"],
            Window(frozenset(row["window_days"]), row["window_from_min"], row["window_to_min"], row["skip_holidays"]),
            tuple(sorted(row["mailbox_ids"])),
            waking=row["waking"],
        )
        for row in await _ACTIVE.fetch(conn, workspace=workspace_id, also=also, mailboxes=list(mailbox_ids))
    ]


async def fresh(
    conn: AsyncConnection, campaign_id: UUID, *, after: int, limit: int, until: datetime | None = None
) -> list[Candidate]:
    """Leads that no mail was made for, above a position: those who are awake, and those who wake before `until`."""
    if until is None:
        rows = await _AWAKE.fetch(conn, campaign=campaign_id, after=after, limit=limit)
    else:
        rows = await _ALL.fetch(conn, campaign=campaign_id, after=after, limit=limit, until=until)
    return [Candidate(**row) for row in rows]


async def again(
    conn: AsyncConnection, campaign_id: UUID, *, after: UUID | None, until: datetime, limit: int
) -> list[Candidate]:
    """Mails that were made and have no slot: later steps, deferred ones, those that missed their window. Due before `until`.

    A later step waits while an earlier one is not known to have been sent.
    """
    rows = await _AGAIN.fetch(conn, campaign=campaign_id, after=after or UUID(int=0), until=until, limit=limit)
    return [Candidate(**row) for row in rows]
