"""A person is to be forgotten: they are suppressed at once, for ever, and erased as soon as none of their mail is in hand."""

from datetime import datetime
from uuid import UUID

from libs.common import forgetting as common
from libs.common.contracts import sender
from libs.common.contracts.gateway import LeadErased
from libs.common.errors import Invalid
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.domain.addresses import normalise
from services.sender.domain.days import day_at
from services.sender.domain.suppressing import Suppression, erased_address, erased_target
from services.sender.repositories import (
    erasures,
    forgetting,
    planning,
    suppressions,
    take_backs,
    unsubscribe_keys,
    workspaces,
)
from services.sender.repositories.erasures import Erasing
from services.sender.tables import COMMON
from services.sender.use_cases.forget_in_parts import forget_in_parts

log = get_logger()

_AT_ONCE = 50


async def erase_lead(event: LeadErased, *, uow: UnitOfWork, workspace_id: UUID) -> None:
    """Nothing is begun for the person once this commits; the clock does the rest. Key: the erasure."""
    wish = Erasing(event.erasure_id, workspace_id, _spelled(event.email))
    if not await erasures.note(uow.conn, wish):
        return
    await erasures.wait_for_arrivals(uow.conn, workspace_id)
    target = erased_target(wish.email, key=await unsubscribe_keys.load_first_key(uow.conn))
    await suppressions.add(uow.conn, [Suppression(workspace_id, target, "erased")])
    await suppressions.replace_by_erased(uow.conn, workspace_id=workspace_id, target=wish.email)
    await take_backs.ask(uow.conn, workspace_id=workspace_id, targets=[wish.email])
    await planning.ask(uow.conn, workspace_id)


async def erase_leads(*, now: datetime, open_uow: OpenUow) -> int:
    """Go on with everybody who is to be erased, each in a transaction; answers how many are done. Whose mail is in hand waits
    for the next run."""
    async with open_uow() as uow:
        found = await erasures.open_ones(uow.conn, limit=_AT_ONCE)
    done = 0
    for wish in found:
        async with open_uow() as uow:
            done += await _erase(uow, wish, now=now)
    return done


async def _erase(uow: UnitOfWork, wish: Erasing, *, now: datetime) -> bool:
    # A page of a list that is being taken in, or of a campaign that starts, is there before anything is looked for.
    await erasures.wait_for_arrivals(uow.conn, wish.workspace_id)
    workspace = await workspaces.load_workspace(uow.conn, wish.workspace_id, lock=True)
    lead_id = await erasures.lead_of(uow.conn, wish)
    stopped = 0
    if lead_id is not None and workspace is not None:
        today = day_at(now, time_zone=workspace.time_zone).date
        stopped = await forgetting.stop(uow.conn, lead_id, today=today, now=now)
        await planning.ask(uow.conn, wish.workspace_id)
    if await erasures.in_hand(uow.conn, wish, [] if lead_id is None else [lead_id]):
        return False
    target = erased_target(wish.email, key=await unsubscribe_keys.load_first_key(uow.conn))
    alias = erased_address(target if lead_id is None else lead_id.hex)
    erased = await forgetting.forget(uow.conn, wish, lead_id=lead_id, target=target, alias=alias, now=now)
    parts = await forget_in_parts(uow, workspace_id=wish.workspace_id)
    messages = parts + await common.forget_mentions(uow.conn, COMMON, tenant_id=wish.workspace_id, address=wish.email)
    erased |= {kind: count for kind, count in (("campaigns_ended", stopped), ("messages", messages)) if count}
    if await erasures.finish(uow.conn, wish.id, erased=erased, now=now):
        uow.publish(sender.LeadErased(erasure_id=wish.id, erased=erased), tenant_id=wish.workspace_id)
        log.info("lead.erased", erasure_id=str(wish.id), **erased)
    return True


def _spelled(address: str) -> str:
    try:
        return normalise(address)
    except Invalid:
        return address.strip().lower()
