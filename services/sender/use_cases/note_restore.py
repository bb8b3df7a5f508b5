"""The data are those of a moment in the past: nothing leaves before a person has said so, and what may have left is unknown."""

from datetime import datetime

from libs.common.uow import OpenUow
from services.sender.domain.restoring import RESTORED, why_it_is_a_draft, why_it_waits
from services.sender.repositories import restores
from services.sender.repositories.workspaces import Clock, database_now
from services.sender.use_cases.pause_campaign import pause_campaign
from services.sender.use_cases.record_outcome import announce

_BATCH = 500


async def note_restore(open_uow: OpenUow, moment: datetime, *, clock: Clock = database_now) -> str:
    """Before the sender is started. Key: the states themselves, so that a second time finds nothing. Answers what was done.

    Providers that can be asked are asked about the unknown mails, as about all such; a person decides about the others.
    """
    doubted = 0
    while some := await _doubt_some(open_uow, clock=clock):
        doubted += some
    async with open_uow() as uow:
        now = await clock(uow.conn)
        started = await restores.break_off_starts(uow.conn, problem=why_it_is_a_draft(moment), now=now)
        await restores.tell_paused(uow.conn, reason=why_it_waits(moment))
        found = await restores.sending(uow.conn)
    for one in found:
        async with open_uow() as uow:
            await pause_campaign(
                uow,
                workspace_id=one.workspace_id,
                campaign_id=one.campaign_id,
                now=await clock(uow.conn),
                reason=why_it_waits(moment),
            )
    return (
        f"{len(found)} campaigns are paused and {started} starts taken back until their owners start them again; of {doubted}"
        " mails nobody knows whether they have left since the backup."
    )


async def _doubt_some(open_uow: OpenUow, *, clock: Clock) -> int:
    async with open_uow() as uow:
        doubted = await restores.doubt_some(uow.conn, now=await clock(uow.conn), limit=_BATCH)
        for email in doubted:
            announce(uow, email, "unknown", reason=RESTORED)
    return len(doubted)
