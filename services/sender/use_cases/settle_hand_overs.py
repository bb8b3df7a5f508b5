"""A provider that schedules by itself is brought to what our campaigns say: made, started, paused, with our hours and cap.

Whatever changes a campaign, a quota or a mailbox only changes our tables; what differs from what was told last is told here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from libs.common.errors import AppError, Conflict, NotFound
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.clients.instantly import HandOver, Instantly
from services.sender.domain.days import day_at
from services.sender.domain.hand_over import lasts_until, schedule_of
from services.sender.domain.sending import backoff
from services.sender.repositories import campaigns, hand_overs, mailboxes
from services.sender.repositories.campaigns import NOT_STARTED
from services.sender.repositories.hand_overs import HandOverRow
from services.sender.repositories.workspaces import Clock
from services.sender.use_cases.open_mailbox import Opener

log = get_logger()

_NAME_CHARS: Final = 100
_WELL: Final = {"trouble": None, "troubled_since": None, "failures": 0, "retry_at": None, "lease_until": None}


class _OvertakenError(Exception):
    """The lease ran out while the provider was asked, and another has claimed the hand-over: theirs is the word."""


@dataclass(frozen=True)
class Desk:
    """What it takes to tell providers of campaigns. `default_quota` is a workspace's without one of its own."""

    open_uow: OpenUow
    opener: Opener
    clock: Clock
    default_quota: int


async def check_hand_over(uow: UnitOfWork, campaign_id: UUID, *, workspace_id: UUID, desk: Desk) -> None:
    """Whether the provider can keep the campaign's hours; for a campaign that hands nothing over there is nothing to keep.

    Raises NotFound `campaign_not_found`, Conflict `zone_not_offered`.
    """
    if await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=campaign_id) is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    now = await desk.clock(uow.conn)
    for row in await hand_overs.find(uow.conn, now=now, campaign_id=campaign_id):
        wish_of(row, default_quota=desk.default_quota, now=now)


async def settle_hand_overs(desk: Desk, *, campaign_id: UUID | None = None) -> int:
    """Tell what has changed; answers how many campaigns were told of. Key: (campaign, mailbox), one at a time.

    A provider that is away is tried again, later each time; `trouble` says so meanwhile. A campaign that was made there and
    not written down here stays there as an empty draft: leads only go to the one that was.
    """
    told, last = 0, None
    while True:
        async with desk.open_uow() as uow:
            now = await desk.clock(uow.conn)
            rows = await hand_overs.find(uow.conn, now=now, campaign_id=campaign_id, after=last)
        for row in rows:
            told += await _compare(desk, row, now=now)
        if len(rows) < hand_overs.PAGE:
            return told
        last = rows[-1]


async def _compare(desk: Desk, row: HandOverRow, *, now: datetime) -> bool:
    if row.campaign_state in NOT_STARTED:
        return False
    try:
        wish = wish_of(row, default_quota=desk.default_quota, now=now)
    except Conflict as error:
        if mine := await _claim(desk, row):
            await _hold(desk, mine, error)
        return False
    if not _is_settled(row, wish):
        return await _settle(desk, row, wish)
    if row.trouble is not None and (mine := await _claim(desk, row)):
        # What was in the way has been taken back on our side.
        await _record(desk, mine, **_WELL)
    return False


async def _hold(desk: Desk, row: HandOverRow, why: Conflict) -> None:
    """The provider cannot keep the hours that we want: with those of before it would write to people at other hours."""
    try:
        if row.state == "active" and row.provider_ref is not None:
            await _set_paused(desk, row, row.provider_ref)
        await _note_trouble(desk, row, why)
    except _OvertakenError:
        _note_overtaken(row)
    except AppError as error:
        await _note_trouble(desk, row, error)


def wish_of(row: HandOverRow, *, default_quota: int, now: datetime) -> HandOver:
    """The campaign as the provider is to keep it, but for its accounts: the smallest quota is its cap. Raises Conflict."""
    today = day_at(now, time_zone=row.time_zone).date
    quotas = (row.campaign_quota, row.workspace_quota or default_quota, row.mailbox_quota.on(today))
    limit = max(min(quota for quota in quotas if quota is not None), 1)
    until = lasts_until(row.began_at or now, leads=row.leads, daily_limit=limit, window=row.window, now=now)
    name = row.name[:_NAME_CHARS]
    return HandOver(
        name=f"{name} ({row.campaign_id.hex[-8:]})",
        schedule=schedule_of(row.window, zone=row.time_zone, name=name, now=now, until=until),
        daily_limit=limit,
        accounts=row.accounts,
    )


def _wants(row: HandOverRow) -> str:
    """What a finished campaign has handed over is still to leave, unless a person has ended it."""
    return "active" if row.mailbox_active and row.campaign_state != "paused" and not row.ended else "paused"


def _is_settled(row: HandOverRow, wish: HandOver) -> bool:
    if row.provider_ref is None:
        # Nothing is made for what is over or paused.
        return _wants(row) == "paused" or row.campaign_state == "finished"
    return row.state == _wants(row) and row.told == wish.as_json


async def _settle(desk: Desk, row: HandOverRow, wish: HandOver) -> bool:
    mine = await _claim(desk, row)
    if mine is None:
        return False
    try:
        await _tell(desk, mine, wish)
    except _OvertakenError:
        _note_overtaken(row)
        return False
    except AppError as error:
        await _note_trouble(desk, mine, error)
        return False
    log.info("hand_over.settled", campaign_id=str(row.campaign_id), state=_wants(row))
    return True


async def _claim(desk: Desk, row: HandOverRow) -> HandOverRow | None:
    async with desk.open_uow() as uow:
        return await hand_overs.claim(uow.conn, row, now=await desk.clock(uow.conn))


async def _open(desk: Desk, row: HandOverRow) -> Instantly:
    async with desk.open_uow() as uow:
        view = await mailboxes.load(uow.conn, row.mailbox_id)
    if view is None:
        raise Conflict("the mailbox has just been deleted", code="mailbox_missing")
    return await desk.opener.instantly(view)


async def _set_paused(desk: Desk, row: HandOverRow, ref: str) -> None:
    client = await _open(desk, row)
    try:
        await client.set_active(ref, active=False)
    finally:
        await client.close()
    await _record(desk, row, state="paused")


async def _tell(desk: Desk, row: HandOverRow, wish: HandOver) -> None:
    client = await _open(desk, row)
    try:
        ref = row.provider_ref
        if ref is None:
            ref = await client.make_campaign(wish)
            await _record(desk, row, provider_ref=ref, told=wish.as_json)
        elif row.told != wish.as_json:
            await client.change_campaign(ref, wish)
            await _record(desk, row, told=wish.as_json)
        if row.state != _wants(row):
            await client.set_active(ref, active=_wants(row) == "active")
    finally:
        await client.close()
    await _record(desk, row, state=_wants(row), **_WELL)


async def _record(desk: Desk, row: HandOverRow, **columns: object) -> None:
    async with desk.open_uow() as uow:
        if not await hand_overs.record(uow.conn, row, **columns):
            raise _OvertakenError


def _note_overtaken(row: HandOverRow) -> None:
    log.warning("hand_over.overtaken", campaign_id=str(row.campaign_id), note="whoever claimed it later tells of it")


async def _note_trouble(desk: Desk, row: HandOverRow, error: AppError) -> None:
    log.warning("hand_over.troubled", campaign_id=str(row.campaign_id), trouble=error.message)
    async with desk.open_uow() as uow:
        now = await desk.clock(uow.conn)
        later = now + backoff(row.failures + 1)
        await hand_overs.note_trouble(uow.conn, row, trouble=error.message, now=now, retry_at=later)
