"""Parts of lists that could not be taken in keep nobody who is erased, whichever came first; what they say of others waits for
being replayed."""

from uuid import UUID

from libs.common import forgetting
from libs.common.errors import Invalid
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.domain.addresses import normalise
from services.sender.domain.erased_words import addresses_in, part_without, without
from services.sender.repositories import suppressions, unread_parts
from services.sender.repositories.unread_parts import UnreadPart
from services.sender.tables import COMMON

log = get_logger()


async def forget_in_parts(uow: UnitOfWork, *, workspace_id: UUID) -> int:
    """Take everybody who is erased out of the workspace's; answers how many there were. Safe to repeat."""
    changed = 0
    for letter_id in await unread_parts.of_workspace(uow.conn, workspace_id):
        part = await unread_parts.load(uow.conn, letter_id)
        if part is not None:
            changed += await _forget(uow, part, workspace_id=workspace_id)
    return changed


async def sweep_parts(open_uow: OpenUow) -> int:
    """Those that have died since somebody was erased; answers how many there were."""
    async with open_uow() as uow:
        found = await unread_parts.where_somebody_is_erased(uow.conn)
    changed = 0
    for workspace_id in found:
        async with open_uow() as uow:
            changed += await forget_in_parts(uow, workspace_id=workspace_id)
    if changed:
        log.info("erasure.swept", parts=changed)
    return changed


async def _forget(uow: UnitOfWork, part: UnreadPart, *, workspace_id: UUID) -> bool:
    said = "\n".join([part.body.decode("utf-8", "replace"), part.first_error, part.last_error])
    spelled = {address: _spelled(address) for address in addresses_in(said)}
    found = await suppressions.erased_among(uow.conn, workspace_id=workspace_id, emails=sorted(set(spelled.values())))
    erased = {address: found[own] for address, own in spelled.items() if own in found}
    if not erased:
        return False
    body = part_without(part.body, erased)
    if body is None:
        for address in erased:
            await forgetting.forget_mentions(uow.conn, COMMON, tenant_id=workspace_id, address=address)
        return True
    errors = (without(part.first_error, erased), without(part.last_error, erased))
    await unread_parts.rewrite(uow.conn, UnreadPart(part.id, body, *errors))
    return True


def _spelled(address: str) -> str:
    try:
        return normalise(address)
    except Invalid:
        return address
