"""Campaigns."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.templates import TemplateSource
from services.sender.domain.windows import Window
from services.sender.repositories.templates import StoredTemplate
from services.sender.tables import campaigns, enrolments, mailboxes

NOT_STARTED = frozenset({"draft", "starting"})


@dataclass(frozen=True)
class Turned:
    """A campaign whose state has changed."""

    id: UUID
    name: str


@dataclass(frozen=True)
class Campaign:
    """A list, a mailbox, a snapshot of a template, and a quota of its own below the workspace's.

    While it is `starting`, for the `start_no`th time, `start_rows` of its list are taken in, up to the row `start_after_row`.
    `start_problem` says why the last start came to nothing, `paused_reason` why somebody but a person paused it.
    """

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
    start_after_row: int = -1
    start_rows: int = 0
    start_no: int = 0
    start_problem: str | None = None
    paused_reason: str | None = None


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
        start_after_row=row["start_after_row"],
        start_rows=row["start_rows"],
        start_no=row["start_no"],
        start_problem=row["start_problem"],
        paused_reason=row["paused_reason"],
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


async def set_template(conn: AsyncConnection, campaign_id: UUID, template: StoredTemplate) -> None:
    """The campaign's mails are made from this version. Nothing has come of a start with it yet."""
    source = template.source
    values = {"template_id": template.id, "template_version": template.version, "start_problem": None}
    words = {"subject": source.subject, "text_body": source.text_body, "html_body": source.html_body}
    await conn.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(values | words))


async def mailbox_sandboxed(conn: AsyncConnection, mailbox_id: UUID) -> bool:
    """Whether what leaves through this mailbox reaches nobody."""
    return (await conn.execute(select(mailboxes.c.sandboxed).where(mailboxes.c.id == mailbox_id))).scalar_one()


async def activate(conn: AsyncConnection, campaign_id: UUID, *, now: datetime) -> None:
    """The campaign sends."""
    started_at = func.coalesce(campaigns.c.started_at, now)
    query = update(campaigns).where(campaigns.c.id == campaign_id)
    fresh = {
        "state": "active",
        "started_at": started_at,
        "paused_at": None,
        "paused_reason": None,
        "start_due_at": None,
    }
    await conn.execute(query.values(fresh))


async def pause(conn: AsyncConnection, campaign_id: UUID, *, now: datetime, reason: str | None = None) -> None:
    """The campaign waits for a person. With a `reason` where none has paused it."""
    query = update(campaigns).where(campaigns.c.id == campaign_id)
    await conn.execute(query.values(state="paused", paused_at=now, paused_reason=reason))


async def finish_exhausted(conn: AsyncConnection, *, workspace_id: UUID, now: datetime) -> list[Turned]:
    """Campaigns without an active enrolment are finished. Answers those that were not before.

    Each asks the index for its first: `NOT EXISTS` is read by Postgres as a join, of all enrolments where one campaign has most.
    """
    first = (
        select(enrolments.c.id)
        .where(enrolments.c.campaign_id == campaigns.c.id, enrolments.c.state == literal_column("'active'"))
        .order_by(enrolments.c.position)
        .limit(1)
        .scalar_subquery()
    )
    query = update(campaigns).where(
        campaigns.c.workspace_id == workspace_id, campaigns.c.state == "active", first.is_(None)
    )
    query = query.values(state="finished", finished_at=now).returning(campaigns.c.id, campaigns.c.name)
    return [Turned(row.id, row.name) for row in await conn.execute(query)]


async def end_enrolment(
    conn: AsyncConnection, enrolment_id: UUID, *, state: str, reason: str | None, now: datetime
) -> None:
    """Nothing more is sent to this lead by this campaign."""
    query = update(enrolments).where(enrolments.c.id == enrolment_id, enrolments.c.state == "active")
    await conn.execute(query.values(state=state, reason=reason, ended_at=now))
