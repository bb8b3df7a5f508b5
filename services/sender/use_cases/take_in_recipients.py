"""A person writes to rows of a list that were set aside, or says what holds of its role addresses."""

from collections.abc import Sequence
from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.setting_aside import Takeable
from services.sender.repositories import lists, recipients


async def take_in_recipients(
    uow: UnitOfWork, list_id: UUID, *, workspace_id: UUID, reason: Takeable, row_nos: Sequence[int] | None
) -> int:
    """Rows that were set aside for this reason are written to, and not set aside for it again: these, or all of them.

    Answers how many. Campaigns that have started stay as they are. Raises NotFound `list_not_found`.
    """
    await check_list(uow, list_id, workspace_id=workspace_id)
    return await recipients.take_in(uow.conn, list_id=list_id, reason=reason, row_nos=row_nos)


async def keep_roles(uow: UnitOfWork, list_id: UUID, *, workspace_id: UUID, keep: bool) -> None:
    """Whether the list's role addresses are written to, also those of parts that are still to come. Idempotent.

    Campaigns that have started stay as they are. Raises NotFound `list_not_found`.
    """
    await check_list(uow, list_id, workspace_id=workspace_id)
    await lists.set_keeps_roles(uow.conn, list_id, keeps_roles=keep)
    if keep:
        await recipients.keep_roles(uow.conn, list_id)
    else:
        await recipients.set_roles_aside(uow.conn, list_id)


async def check_list(uow: UnitOfWork, list_id: UUID, *, workspace_id: UUID) -> None:
    """It is there, and is not deleted before this transaction ends. Raises NotFound `list_not_found`."""
    if await lists.load_list(uow.conn, workspace_id=workspace_id, list_id=list_id, lock=True) is None:
        raise NotFound(f"there is no list {list_id}", code="list_not_found")
