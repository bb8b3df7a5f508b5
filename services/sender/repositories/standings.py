"""Where the leads of a campaign stand: their enrolment, their mail, its slot of today and its mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.tables import campaigns, emails, enrolments, mailboxes, slots


@dataclass(frozen=True)
class Standing:
    """A lead in a campaign. `lead_id` is None for a row that is nobody's; `email_id` and what follows until a mail is made.

    `planned_at` is that of its slot. `mailbox_id` is the mailbox it stays with or is planned for, if it has one, else the one
    that the campaign was made for.
    """

    enrolment_id: UUID
    lead_id: UUID | None
    email: str
    position: int
    enrolment_state: str
    enrolment_reason: str | None
    enrolment_detail: str | None
    time_zone: str
    zone_source: str
    country: str
    subdivision: str
    campaign_state: str
    email_id: UUID | None
    email_state: str | None
    email_reason: str | None
    step: int
    planned_at: datetime | None
    ended_at: datetime | None
    mailbox_id: UUID
    has_mailbox: bool
    mailbox_paused: str | None
    mailbox_trouble: str | None
    mailbox_retry_at: datetime | None

    @property
    def state(self) -> str:
        """In one word, as the API shows and filters it."""
        if self.enrolment_state in {"excluded", "stopped"}:
            return self.email_state if self.email_state in _ENDED else self.enrolment_state
        if self.email_state == "planned" and self.planned_at is None:
            return "waiting"
        return "planned" if self.email_state == "claimed" else self.email_state or "waiting"


_ENDED = {"sent", "failed", "unknown", "suppressed", "cancelled"}

_mail = (
    select(emails)
    .where(emails.c.enrolment_id == enrolments.c.id)
    .order_by(emails.c.step.desc())
    .limit(1)
    .correlate(enrolments)
    .lateral("mail")
)
_planned_at = (
    select(slots.c.due_at)
    .where(slots.c.email_id == _mail.c.id, slots.c.state == "assigned")
    .correlate(_mail)
    .scalar_subquery()
)
_shown_state = case(
    (
        and_(enrolments.c.state.in_(("excluded", "stopped")), func.coalesce(_mail.c.state, "").in_(_ENDED)),
        _mail.c.state,
    ),
    (enrolments.c.state.in_(("excluded", "stopped")), enrolments.c.state),
    (and_(_mail.c.state == "planned", _planned_at.is_(None)), "waiting"),
    (_mail.c.state == "claimed", "planned"),
    else_=func.coalesce(_mail.c.state, "waiting"),
)


async def load(conn: AsyncConnection, *, workspace_id: UUID, campaign_id: UUID, lead_id: UUID) -> Standing | None:
    """Where one lead stands."""
    mine = (enrolments.c.campaign_id == campaign_id, enrolments.c.workspace_id == workspace_id)
    query = _standings().where(*mine, enrolments.c.lead_id == lead_id)
    row = (await conn.execute(query)).mappings().first()
    return Standing(**row) if row else None


async def page(
    conn: AsyncConnection, *, campaign_id: UUID, state: str | None, after: int, limit: int
) -> list[Standing]:
    """The leads of a campaign in their order, from above a position."""
    query = _standings().where(enrolments.c.campaign_id == campaign_id, enrolments.c.position > after)
    if state is not None:
        query = query.where(_shown_state == state)
    rows = await conn.execute(query.order_by(enrolments.c.position).limit(limit))
    return [Standing(**row) for row in rows.mappings()]


@dataclass(frozen=True)
class Counted:
    """So many leads stand alike. What their mailbox does is told of those with a slot."""

    state: str
    reason: str | None
    mailbox_paused: str | None
    mailbox_trouble: str | None
    mailbox_retry_at: datetime | None
    leads: int
    planned_at: datetime | None


async def count(conn: AsyncConnection, campaign_id: UUID) -> list[Counted]:
    """How many leads stand where; of those with a slot, when the first one's turn is."""
    reason = case((enrolments.c.state.in_(("excluded", "stopped")), enrolments.c.reason))
    in_plan = and_(mailboxes.c.id == _mail.c.mailbox_id, _shown_state == "planned")
    each = (
        select(_shown_state.label("state"), reason.label("reason"), _planned_at.label("planned_at"), *_of_mailbox())
        .select_from(enrolments)
        .outerjoin(_mail, true())
        .outerjoin(mailboxes, in_plan)
        .where(enrolments.c.campaign_id == campaign_id)
        .subquery()
    )
    alike = (each.c.state, each.c.reason, each.c.mailbox_paused, each.c.mailbox_trouble, each.c.mailbox_retry_at)
    query = select(*alike, func.count().label("leads"), func.min(each.c.planned_at).label("planned_at")).group_by(
        *alike
    )
    return [Counted(**row) for row in (await conn.execute(query)).mappings()]


async def waiting_before(conn: AsyncConnection, *, campaign_id: UUID, position: int) -> int:
    """How many of a campaign wait without a slot before this position."""
    query = (
        select(func.count())
        .select_from(enrolments)
        .outerjoin(_mail, true())
        .where(enrolments.c.campaign_id == campaign_id, enrolments.c.state == "active")
        .where(enrolments.c.position < position, func.coalesce(_mail.c.state, "planned").in_(("planned", "deferred")))
        .where(_planned_at.is_(None))
    )
    return (await conn.execute(query)).scalar_one()


def _standings() -> Select[*tuple[Any, ...]]:
    columns: Sequence[ColumnElement[object]] = (
        enrolments.c.id.label("enrolment_id"),
        enrolments.c.lead_id,
        enrolments.c.email,
        enrolments.c.position,
        enrolments.c.state.label("enrolment_state"),
        enrolments.c.reason.label("enrolment_reason"),
        enrolments.c.detail.label("enrolment_detail"),
        enrolments.c.time_zone,
        enrolments.c.zone_source,
        enrolments.c.country,
        enrolments.c.subdivision,
        campaigns.c.state.label("campaign_state"),
        _mail.c.id.label("email_id"),
        _mail.c.state.label("email_state"),
        _mail.c.reason.label("email_reason"),
        func.coalesce(_mail.c.step, 1).label("step"),
        _planned_at.label("planned_at"),
        _mail.c.ended_at,
        mailboxes.c.id.label("mailbox_id"),
        or_(enrolments.c.mailbox_id.is_not(None), _planned_at.is_not(None)).label("has_mailbox"),
        *_of_mailbox(),
    )
    its_mailbox = func.coalesce(_mail.c.mailbox_id, enrolments.c.mailbox_id, campaigns.c.mailbox_id)
    return (
        select(*columns)
        .select_from(enrolments)
        .join(campaigns, campaigns.c.id == enrolments.c.campaign_id)
        .outerjoin(_mail, true())
        .join(mailboxes, mailboxes.c.id == its_mailbox)
    )


def _of_mailbox() -> tuple[ColumnElement[Any], ...]:
    """Why it sends nothing at the moment, if so."""
    paused = func.coalesce(mailboxes.c.paused_detail, mailboxes.c.paused_reason, "")
    return (
        case((mailboxes.c.state == "paused", paused)).label("mailbox_paused"),
        mailboxes.c.trouble.label("mailbox_trouble"),
        mailboxes.c.retry_at.label("mailbox_retry_at"),
    )
