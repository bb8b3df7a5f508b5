"""Who is in a campaign, and which rows of its list it leaves out."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.sender.domain.places import Place
from services.sender.tables import campaigns, enrolments


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
            **place_columns(row.place),
        }
        for row in rows
    ]
    query = insert(enrolments).values(values).on_conflict_do_nothing().returning(enrolments.c.recipient_id)
    return set((await conn.execute(query)).scalars())


def place_columns(place: Place | None) -> dict[str, str]:
    """Where somebody is as a row of enrolments has it."""
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
