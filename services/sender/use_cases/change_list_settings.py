"""A person gives a list another name, or says what holds of its role addresses."""

from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.repositories import lists
from services.sender.use_cases.take_in_recipients import check_list, keep_roles


async def change_list_settings(
    uow: UnitOfWork, list_id: UUID, *, workspace_id: UUID, name: str | None, keeps_roles: bool | None
) -> None:
    """What is None stays. Campaigns keep the name they were given. Idempotent. Raises NotFound `list_not_found`."""
    await check_list(uow, list_id, workspace_id=workspace_id)
    if name is not None:
        await lists.rename(uow.conn, list_id, name=name)
    if keeps_roles is not None:
        await keep_roles(uow, list_id, workspace_id=workspace_id, keep=keeps_roles)
