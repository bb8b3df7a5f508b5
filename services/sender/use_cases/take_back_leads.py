"""Who is suppressed after the hand-over is taken out of the provider's campaign, so that what has not left does not leave."""

from datetime import timedelta
from typing import Final

from libs.common.errors import AppError
from libs.common.logs import get_logger
from services.sender.domain.sending import backoff
from services.sender.repositories import mailboxes, take_backs
from services.sender.repositories.take_backs import TakeBack
from services.sender.use_cases.settle_hand_overs import Desk

log = get_logger()

_BATCH: Final = 100
_IN_HAND: Final = timedelta(seconds=15)
"""A worker that has begun a hand-over must have ended it first, or the lead would come back."""
_LEASE: Final = timedelta(minutes=3)


async def take_back_leads(desk: Desk) -> int:
    """All whose turn it is; answers how many the provider has let go of. Key: (campaign, mailbox, address).

    Again, it changes nothing: a lead that is not there is gone. A provider that is away is asked again, later each time.
    """
    async with desk.open_uow() as uow:
        now = await desk.clock(uow.conn)
        found = await take_backs.due(uow.conn, now=now, limit=_BATCH)
    return sum([await _take_back(desk, one) for one in found])


async def _take_back(desk: Desk, one: TakeBack) -> bool:
    async with desk.open_uow() as uow:
        now = await desk.clock(uow.conn)
        if one.in_hand:
            await take_backs.put_off(uow.conn, one, until=now + _IN_HAND)
            return False
        view = await mailboxes.load(uow.conn, one.mailbox_id)
        if not one.handed_over or one.provider_ref is None or view is None:
            await take_backs.end(uow.conn, one, state="not_handed_over" if view else "not_there", now=now)
            return False
        if not await take_backs.claim(uow.conn, one, now=now, until=now + _LEASE):
            return False
    try:
        client = await desk.opener.instantly(view)
        try:
            was_there = await client.take_back(one.email, campaign=one.provider_ref)
        finally:
            await client.close()
    except AppError as error:
        log.warning("lead.not_taken_back", campaign_id=str(one.campaign_id), trouble=error.message)
        async with desk.open_uow() as uow:
            now = await desk.clock(uow.conn)
            await take_backs.put_off(uow.conn, one, until=now + backoff(one.failures + 1), trouble=error.message)
        return False
    async with desk.open_uow() as uow:
        now = await desk.clock(uow.conn)
        await take_backs.end(uow.conn, one, state="taken" if was_there else "not_there", now=now)
    return was_there
