"""Campaigns and enrolments, and the counts that a person looks at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.sender.domain.places import Place
from services.sender.domain.templates import TemplateSource
from services.sender.domain.windows import Window
from services.sender.tables import campaigns, emails, enrolments, mailboxes, slots


@dataclass(frozen=True)
class Campaign:
    """A list, a mailbox, a snapshot of a template, and a quota of its own below the workspace's."""

    id: UUID
    workspace_id: UUID
    list_id: UUID
    mailbox_id: UUID
    template_id: UUID
    template_version: int
    name: str
    state: str
    daily_quota: int
    weight: int
    sandboxed: bool
    source: TemplateSource
    window: Window
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True)
class Enrolment:
    """A row of the list in a campaign. `position` is its number. `lead_id` is None for a row that is nobody's, or not first.

    `place` is where it is; None where that was not asked for, as nothing is sent to it.
    """

    recipient_id: UUID
    lead_id: UUID | None
    email: str
    position: int
    state: str = "active"
    reason: str | None = None
    detail: str | None = None
    place: Place | None = None


async def add_campaign(conn: AsyncConnection, campaign: Campaign) -> None:
    """Store a new campaign."""
    source = campaign.source
    await conn.execute(
        campaigns.insert().values(
            id=campaign.id,
            workspace_id=campaign.workspace_id,
            list_id=campaign.list_id,
            mailbox_id=campaign.mailbox_id,
            template_id=campaign.template_id,
            template_version=campaign.template_version,
            name=campaign.name,
            state=campaign.state,
            daily_quota=campaign.daily_quota,
            weight=campaign.weight,
            sandboxed=campaign.sandboxed,
            subject=source.subject,
            text_body=source.text_body,
            html_body=source.html_body,
            **window_columns(campaign.window),
            created_at=campaign.created_at,
        )
    )


async def load_campaign(
    conn: AsyncConnection, *, workspace_id: UUID, campaign_id: UUID, lock: bool = False
) -> Campaign | None:
    """A campaign of this workspace."""
    query = select(campaigns).where(campaigns.c.workspace_id == workspace_id, campaigns.c.id == campaign_id)
    row = (await conn.execute(query.with_for_update(key_share=True) if lock else query)).mappings().first()
    return _campaign(row) if row else None


async def page_campaigns(
    conn: AsyncConnection, *, workspace_id: UUID, before: UUID | None, limit: int
) -> list[Campaign]:
    """The workspace's campaigns, newest first, below a cursor."""
    below = [campaigns.c.id < before] if before else []
    query = select(campaigns).where(campaigns.c.workspace_id == workspace_id, *below)
    rows = await conn.execute(query.order_by(campaigns.c.id.desc()).limit(limit))
    return [_campaign(row) for row in rows.mappings()]


def _campaign(row: RowMapping) -> Campaign:
    return Campaign(
        id=row["id"],
        workspace_id=row["workspace_id"],
        list_id=row["list_id"],
        mailbox_id=row["mailbox_id"],
        template_id=row["template_id"],
        template_version=row["template_version"],
        name=row["name"],
        state=row["state"],
        daily_quota=row["daily_quota"],
        weight=row["weight"],
        sandboxed=row["sandboxed"],
        source=TemplateSource(row["subject"], row["text_body"], row["html_body"]),
        window=window_of(row),
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )


def window_of(row: RowMapping) -> Window:
    """The hours of a row of campaigns."""
    days = frozenset[int](row["window_days"])
    return Window(days, row["window_from_min"], row["window_to_min"], skip_holidays=row["skip_holidays"])


def window_columns(window: Window) -> dict[str, object]:
    """The hours as a row of campaigns has them."""
    return {
        "window_days": sorted(window.days),
        "window_from_min": window.from_min,
        "window_to_min": window.to_min,
        "skip_holidays": window.skip_holidays,
    }


async def set_window(conn: AsyncConnection, campaign_id: UUID, window: Window) -> None:
    """The campaign sends at these hours."""
    query = update(campaigns).where(campaigns.c.id == campaign_id)
    await conn.execute(query.values(window_columns(window)))


async def mailbox_sandboxed(conn: AsyncConnection, mailbox_id: UUID) -> bool:
    """Whether what leaves through this mailbox reaches nobody."""
    return (await conn.execute(select(mailboxes.c.sandboxed).where(mailboxes.c.id == mailbox_id))).scalar_one()


async def activate(conn: AsyncConnection, campaign_id: UUID, *, now: datetime) -> None:
    """The campaign sends."""
    query = update(campaigns).where(campaigns.c.id == campaign_id)
    await conn.execute(
        query.values(state="active", started_at=func.coalesce(campaigns.c.started_at, now), paused_at=None)
    )


async def pause(conn: AsyncConnection, campaign_id: UUID, *, now: datetime) -> None:
    """The campaign waits for a person."""
    await conn.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(state="paused", paused_at=now))


async def finish_exhausted(conn: AsyncConnection, *, workspace_id: UUID, now: datetime) -> None:
    """Campaigns without an active enrolment are finished."""
    left = select(enrolments.c.id).where(enrolments.c.campaign_id == campaigns.c.id, enrolments.c.state == "active")
    query = update(campaigns).where(
        campaigns.c.workspace_id == workspace_id, campaigns.c.state == "active", ~left.exists()
    )
    await conn.execute(query.values(state="finished", finished_at=now))


async def enrol(
    conn: AsyncConnection, *, workspace_id: UUID, campaign_id: UUID, rows: Sequence[Enrolment]
) -> set[UUID]:
    """Enrol rows. Answers those taken in: an address that is in an active campaign already is left out."""
    if not rows:
        return set()
    values = [
        {
            "id": new_id(),
            "workspace_id": workspace_id,
            "campaign_id": campaign_id,
            "lead_id": row.lead_id,
            "recipient_id": row.recipient_id,
            "email": row.email,
            "position": row.position,
            "state": row.state,
            "reason": row.reason,
            "detail": row.detail,
            **_place_columns(row.place),
        }
        for row in rows
    ]
    query = insert(enrolments).values(values).on_conflict_do_nothing().returning(enrolments.c.recipient_id)
    return set((await conn.execute(query)).scalars())


def _place_columns(place: Place | None) -> dict[str, str]:
    place = place or _NOWHERE
    return {
        "time_zone": place.time_zone,
        "zone_source": place.source,
        "country": place.country,
        "subdivision": place.subdivision,
    }


_NOWHERE = Place("UTC", "workspace", "", "")


async def campaigns_of_addresses(
    conn: AsyncConnection, *, workspace_id: UUID, addresses: Sequence[str], mailbox_id: UUID | None = None
) -> dict[str, UUID]:
    """Which active campaign an address is enrolled in; with `mailbox_id`, of those of this mailbox, for the others' give
    way to them at their start."""
    query = select(enrolments.c.email, enrolments.c.campaign_id).where(
        enrolments.c.workspace_id == workspace_id, enrolments.c.state == "active", enrolments.c.email.in_(addresses)
    )
    if mailbox_id is not None:
        query = query.join(campaigns, campaigns.c.id == enrolments.c.campaign_id)
        query = query.where(campaigns.c.mailbox_id == mailbox_id)
    return {row.email: row.campaign_id for row in await conn.execute(query)}


async def excluded_rows(conn: AsyncConnection, campaign_id: UUID, *, limit: int) -> list[Enrolment]:
    """The first rows that the campaign leaves out, with the reasons."""
    query = select(enrolments).where(enrolments.c.campaign_id == campaign_id, enrolments.c.state == "excluded")
    rows = await conn.execute(query.order_by(enrolments.c.position).limit(limit))
    return [Enrolment(r.recipient_id, r.lead_id, r.email, r.position, r.state, r.reason, r.detail) for r in rows]


async def excluded_counts(conn: AsyncConnection, campaign_id: UUID) -> dict[str, int]:
    """How many rows the campaign leaves out, by reason."""
    query = select(enrolments.c.reason, func.count().label("n")).group_by(enrolments.c.reason)
    rows = await conn.execute(query.where(enrolments.c.campaign_id == campaign_id, enrolments.c.state == "excluded"))
    return {row.reason: row.n for row in rows}


async def end_enrolment(
    conn: AsyncConnection, enrolment_id: UUID, *, state: str, reason: str | None, now: datetime
) -> None:
    """Nothing more is sent to this lead by this campaign."""
    query = update(enrolments).where(enrolments.c.id == enrolment_id, enrolments.c.state == "active")
    await conn.execute(query.values(state=state, reason=reason, ended_at=now))


async def email_counts(conn: AsyncConnection, campaign_id: UUID) -> dict[str, int]:
    """Emails by state; `planned` are those with a slot, those without are `slotless`."""
    has_slot = select(slots.c.number).where(slots.c.email_id == emails.c.id, slots.c.state == "assigned").exists()
    query = select(emails.c.state, has_slot.label("has_slot"), func.count().label("n"))
    counts: dict[str, int] = {}
    for row in await conn.execute(
        query.where(emails.c.campaign_id == campaign_id).group_by(emails.c.state, "has_slot")
    ):
        name = "slotless" if row.state == "planned" and not row.has_slot else row.state
        counts[name] = counts.get(name, 0) + row.n
    return counts


async def enrolment_counts(conn: AsyncConnection, campaign_id: UUID) -> dict[str, int]:
    """Enrolments: `untouched` are active without an email row, `suppressed` and `excluded` were left out."""
    touched = select(emails.c.id).where(emails.c.enrolment_id == enrolments.c.id).exists()
    query = select(
        func.count().filter(enrolments.c.state == "active", ~touched).label("untouched"),
        func.count()
        .filter(enrolments.c.state.in_(("excluded", "stopped")), enrolments.c.reason == "suppressed", ~touched)
        .label("suppressed"),
        func.count().filter(enrolments.c.state == "excluded", enrolments.c.reason != "suppressed").label("excluded"),
    )
    row = (await conn.execute(query.where(enrolments.c.campaign_id == campaign_id))).one()
    return {"untouched": row.untouched, "suppressed": row.suppressed, "excluded": row.excluded}


async def used_today(conn: AsyncConnection, campaign_id: UUID, *, day: date) -> int:
    """Slots of the day that this campaign has used."""
    query = select(func.count()).where(slots.c.campaign_id == campaign_id, slots.c.day == day, slots.c.state == "used")
    return (await conn.execute(query)).scalar_one()
