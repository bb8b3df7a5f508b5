"""Campaigns of ours that another scheduler keeps: what it was brought to, and what it should be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, and_, exists, func, or_, select, tuple_, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.mailboxes.account import HANDING_OVER, ApiAccount
from services.sender.domain.plan.quotas import MailboxQuota
from services.sender.domain.windows import Window
from services.sender.repositories.arrays import one_of
from services.sender.repositories.campaigns import window_of
from services.sender.tables import campaign_mailboxes, campaigns, hand_overs, lists, mailboxes, workspaces

LEASE = timedelta(minutes=3)
"""Longer than all calls for one campaign can take."""
PAGE = 500
_THEIRS = ("provider_ref", "state", "told", "fencing_token")
LOOKED_AFTER = timedelta(days=60)
"""So long after its end a campaign may still be sending there."""


@dataclass(frozen=True)
class HandOverRow:
    """A campaign through one mailbox. `told`, `state` and `provider_ref` are the provider's side, the rest is ours.

    `fencing_token` is the newest claim's, as the row was read.
    """

    campaign_id: UUID
    mailbox_id: UUID
    name: str
    campaign_state: str
    ended: bool
    mailbox_active: bool
    began_at: datetime | None
    leads: int
    window: Window
    time_zone: str
    campaign_quota: int
    workspace_quota: int | None
    mailbox_quota: MailboxQuota
    provider_ref: str | None
    state: str
    told: dict[str, Any] | None
    trouble: str | None
    failures: int
    fencing_token: int
    accounts: tuple[str, ...]


async def ref_of(conn: AsyncConnection, *, campaign_id: UUID, mailbox_id: UUID) -> str | None:
    """The campaign's id at the provider, once it may be sent to."""
    query = select(hand_overs.c.provider_ref).where(_is(campaign_id, mailbox_id), hand_overs.c.state == "active")
    return (await conn.execute(query)).scalar_one_or_none()


async def find(
    conn: AsyncConnection, *, now: datetime, campaign_id: UUID | None = None, after: HandOverRow | None = None
) -> list[HandOverRow]:
    """A page of those that may be brought up to date now; with `campaign_id`, that campaign's, whenever they were tried last."""
    also = exists().where(
        campaign_mailboxes.c.campaign_id == campaigns.c.id, campaign_mailboxes.c.mailbox_id == mailboxes.c.id
    )
    theirs = and_(
        campaigns.c.workspace_id == mailboxes.c.workspace_id, or_(campaigns.c.mailbox_id == mailboxes.c.id, also)
    )
    known = and_(hand_overs.c.campaign_id == campaigns.c.id, hand_overs.c.mailbox_id == mailboxes.c.id)
    lately = and_(campaigns.c.state == "finished", campaigns.c.finished_at > now - LOOKED_AFTER)
    query = (
        select(
            campaigns,
            mailboxes.c.id.label("through"),
            mailboxes.c.state.label("mailbox_state"),
            mailboxes.c.settings,
            *(mailboxes.c[name].label(f"box_{name}") for name in MailboxQuota.__dataclass_fields__),
            lists.c.recipients_count,
            workspaces.c.time_zone,
            workspaces.c.daily_quota.label("workspace_quota"),
            hand_overs.c.provider_ref,
            hand_overs.c.state.label("known_state"),
            hand_overs.c.told,
            hand_overs.c.trouble,
            hand_overs.c.failures,
            hand_overs.c.fencing_token,
        )
        .select_from(mailboxes)
        .join(campaigns, theirs)
        .join(lists, lists.c.id == campaigns.c.list_id)
        .join(workspaces, workspaces.c.id == campaigns.c.workspace_id)
        .outerjoin(hand_overs, known)
        .where(mailboxes.c.provider.in_(HANDING_OVER), mailboxes.c.deleted_at.is_(None))
    )
    if campaign_id is None:
        query = query.where(or_(campaigns.c.state.in_(("active", "paused")), lately))
        query = query.where(or_(hand_overs.c.retry_at.is_(None), hand_overs.c.retry_at <= now))
    else:
        query = query.where(campaigns.c.id == campaign_id)
    key = tuple_(campaigns.c.id, mailboxes.c.id)
    if after is not None:
        query = query.where(key > tuple_(after.campaign_id, after.mailbox_id))
    rows = await conn.execute(query.order_by(campaigns.c.id, mailboxes.c.id).limit(PAGE))
    return [_row(row) for row in rows.mappings()]


async def claim(conn: AsyncConnection, row: HandOverRow, *, now: datetime) -> HandOverRow | None:
    """The row as it lies in the table, with a new token: nobody else tells the provider of it until `record`, or until the
    lease runs out. None: somebody is at it."""
    values = {"campaign_id": row.campaign_id, "mailbox_id": row.mailbox_id, "lease_until": now + LEASE}
    query = insert(hand_overs).values({**values, "fencing_token": 1})
    free = or_(hand_overs.c.lease_until.is_(None), hand_overs.c.lease_until < now)
    query = query.on_conflict_do_update(
        index_elements=["campaign_id", "mailbox_id"],
        set_={"lease_until": now + LEASE, "fencing_token": hand_overs.c.fencing_token + 1},
        where=free,
    )
    found = (await conn.execute(query.returning(*(hand_overs.c[name] for name in _THEIRS)))).mappings().one_or_none()
    return replace(row, **found) if found else None


async def record(conn: AsyncConnection, row: HandOverRow, **columns: Any) -> bool:
    """What the provider was brought to. False, and nothing is written, when somebody has claimed it since."""
    newest = hand_overs.c.fencing_token == row.fencing_token
    query = update(hand_overs).where(_is(row.campaign_id, row.mailbox_id), newest)
    return (await conn.execute(query.values(columns))).rowcount == 1


async def note_trouble(
    conn: AsyncConnection, row: HandOverRow, *, trouble: str, now: datetime, retry_at: datetime
) -> bool:
    """It is tried again then; the lease is given back. False, and nothing is written, when somebody has claimed it since."""
    since = func.coalesce(hand_overs.c.troubled_since, now)
    failures = hand_overs.c.failures + 1
    told = {"trouble": trouble, "troubled_since": since, "failures": failures, "retry_at": retry_at}
    return await record(conn, row, **told, lease_until=None)


async def notes_of(conn: AsyncConnection, campaign_ids: Sequence[UUID]) -> dict[UUID, list[str | None]]:
    """For each mailbox of the campaigns whose provider schedules by itself: what is wrong there, if anything is."""
    made_for = select(campaigns.c.id.label("campaign_id"), campaigns.c.mailbox_id)
    also = select(campaign_mailboxes.c.campaign_id, campaign_mailboxes.c.mailbox_id)
    pairs = union(
        made_for.where(one_of(campaigns.c.id, campaign_ids)),
        also.where(one_of(campaign_mailboxes.c.campaign_id, campaign_ids)),
    ).subquery()
    query = (
        select(pairs.c.campaign_id, hand_overs.c.trouble)
        .select_from(pairs.join(mailboxes, mailboxes.c.id == pairs.c.mailbox_id))
        .outerjoin(
            hand_overs,
            and_(hand_overs.c.mailbox_id == mailboxes.c.id, hand_overs.c.campaign_id == pairs.c.campaign_id),
        )
        .where(mailboxes.c.provider.in_(HANDING_OVER))
    )
    notes: dict[UUID, list[str | None]] = {name: [] for name in campaign_ids}
    for row in await conn.execute(query.order_by(mailboxes.c.id)):
        notes[row.campaign_id].append(row.trouble)
    return notes


async def still_sending(conn: AsyncConnection, mailbox_id: UUID) -> list[str]:
    """The names of campaigns whose handed-over leads may still be written to. Where the provider refuses us, nobody can say."""
    query = select(campaigns.c.name).join(hand_overs, hand_overs.c.campaign_id == campaigns.c.id)
    query = query.where(hand_overs.c.mailbox_id == mailbox_id, hand_overs.c.state == "active")
    rows = await conn.execute(query.where(hand_overs.c.trouble.is_(None)).order_by(campaigns.c.name))
    return list(rows.scalars())


def _is(campaign_id: UUID, mailbox_id: UUID) -> Any:
    return and_(hand_overs.c.campaign_id == campaign_id, hand_overs.c.mailbox_id == mailbox_id)


def _row(row: RowMapping) -> HandOverRow:
    return HandOverRow(
        campaign_id=row["id"],
        mailbox_id=row["through"],
        name=row["name"],
        campaign_state=row["state"],
        ended=row["ended_by"] is not None,
        mailbox_active=row["mailbox_state"] == "active",
        began_at=row["started_at"],
        leads=row["recipients_count"],
        window=window_of(row),
        time_zone=row["time_zone"],
        campaign_quota=row["daily_quota"],
        workspace_quota=row["workspace_quota"],
        mailbox_quota=MailboxQuota(*(row[f"box_{name}"] for name in MailboxQuota.__dataclass_fields__)),
        provider_ref=row["provider_ref"],
        state=row["known_state"] or "missing",
        told=row["told"],
        trouble=row["trouble"],
        failures=row["failures"] or 0,
        fencing_token=row["fencing_token"] or 0,
        accounts=ApiAccount.of(row["settings"]["account"]).accounts,
    )
