"""Leads that were handed over and must not be written to any more: asked for with the suppression, ended at the provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.tables import campaigns, emails, enrolments, hand_overs, leads, take_backs

_IN_HAND = ("claimed", "sending")
_HANDED_OVER = ("sent", "unknown")


@dataclass(frozen=True)
class TakeBack:
    """`in_hand`: a worker is at the mail. `handed_over`: the provider has it, or may have."""

    campaign_id: UUID
    mailbox_id: UUID
    email: str
    provider_ref: str | None
    failures: int
    in_hand: bool
    handed_over: bool


async def ask(conn: AsyncConnection, *, workspace_id: UUID | None, targets: Sequence[str]) -> None:
    """Ask for everybody at these addresses and `@domains` who is in a campaign that is handed over (None: of anybody's).

    In the transaction of the suppression. Also for whom nothing was handed over yet: a worker may be about to.
    """
    addresses = [target for target in targets if not target.startswith("@")]
    domains = [target.removeprefix("@") for target in targets if target.startswith("@")]
    if addresses:
        await _ask(conn, _enrolled(workspace_id).where(leads.c.email.in_(addresses)))
    if domains:
        await _ask(conn, _enrolled(workspace_id).where(leads.c.domain.in_(domains)))


async def due(conn: AsyncConnection, *, now: datetime, limit: int) -> list[TakeBack]:
    """Those whose turn it is, the oldest first."""
    query = (
        select(
            *(take_backs.c[name] for name in ("campaign_id", "mailbox_id", "email", "failures")),
            hand_overs.c.provider_ref,
            _has_email(_IN_HAND).label("in_hand"),
            _has_email(_HANDED_OVER).label("handed_over"),
        )
        .outerjoin(
            hand_overs,
            and_(
                hand_overs.c.campaign_id == take_backs.c.campaign_id, hand_overs.c.mailbox_id == take_backs.c.mailbox_id
            ),
        )
        .where(take_backs.c.state == "open", take_backs.c.due_at <= now)
        .order_by(take_backs.c.due_at)
        .limit(limit)
    )
    return [TakeBack(**row) for row in (await conn.execute(query)).mappings()]


async def put_off(conn: AsyncConnection, one: TakeBack, *, until: datetime, trouble: str | None = None) -> None:
    """Not now; with `trouble`, as the provider could not be asked."""
    values: dict[str, object] = {"due_at": until}
    if trouble is not None:
        values |= {"trouble": trouble, "failures": take_backs.c.failures + 1}
    await conn.execute(update(take_backs).where(_is(one)).values(values))


async def claim(conn: AsyncConnection, one: TakeBack, *, now: datetime, until: datetime) -> bool:
    """Nobody else is at it until then. False: somebody is, or it has ended."""
    query = update(take_backs).where(_is(one), take_backs.c.state == "open", take_backs.c.due_at <= now)
    return (await conn.execute(query.values(due_at=until))).rowcount == 1


async def end(conn: AsyncConnection, one: TakeBack, *, state: str, now: datetime) -> None:
    """The lead is out of the provider's campaign: `taken`, `not_there` (any more), or `not_handed_over`."""
    await conn.execute(update(take_backs).where(_is(one)).values(state=state, ended_at=now, trouble=None))


def _enrolled(workspace_id: UUID | None) -> Select[Any, Any, Any]:
    query = (
        select(hand_overs.c.campaign_id, hand_overs.c.mailbox_id, enrolments.c.email)
        .join(campaigns, campaigns.c.id == hand_overs.c.campaign_id)
        .join(enrolments, enrolments.c.campaign_id == hand_overs.c.campaign_id)
        .join(leads, and_(leads.c.id == enrolments.c.lead_id, leads.c.workspace_id == campaigns.c.workspace_id))
        .where(enrolments.c.state != "excluded")
    )
    return query if workspace_id is None else query.where(campaigns.c.workspace_id == workspace_id)


async def _ask(conn: AsyncConnection, who: Select[Any, Any, Any]) -> None:
    # In one order for all: two who ask for the same people would wait for each other.
    names = ["campaign_id", "mailbox_id", "email"]
    query = insert(take_backs).from_select(names, who.distinct().order_by(*who.selected_columns))
    # Whom nothing was handed over for then may have been lifted, handed over and suppressed again.
    query = query.on_conflict_do_update(
        index_elements=["campaign_id", "mailbox_id", "email"],
        set_={
            "state": "open",
            "ended_at": None,
            "asked_at": query.excluded.asked_at,
            "due_at": query.excluded.due_at,
        },
        where=take_backs.c.state == "not_handed_over",
    )
    await conn.execute(query)


def _has_email(states: Sequence[str]) -> ColumnElement[bool]:
    its_campaign = campaigns.alias()
    found = (
        select(emails.c.id)
        .join(its_campaign, its_campaign.c.id == emails.c.campaign_id)
        .where(emails.c.workspace_id == its_campaign.c.workspace_id, emails.c.recipient == take_backs.c.email)
        .where(its_campaign.c.id == take_backs.c.campaign_id, emails.c.mailbox_id == take_backs.c.mailbox_id)
        .where(emails.c.state.in_(states))
    )
    return found.correlate(take_backs).exists()


def _is(one: TakeBack) -> ColumnElement[bool]:
    return and_(
        take_backs.c.campaign_id == one.campaign_id,
        take_backs.c.mailbox_id == one.mailbox_id,
        take_backs.c.email == one.email,
    )
