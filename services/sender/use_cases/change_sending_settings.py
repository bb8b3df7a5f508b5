"""A person says how their workspace sends."""

from uuid import UUID

from libs.common.errors import Transient
from libs.common.uow import UnitOfWork
from services.sender.repositories import planning, sending_settings, sleepers, workspaces
from services.sender.repositories.sending_settings import SendingSettings


async def change_sending_settings(uow: UnitOfWork, told: SendingSettings, *, workspace_id: UUID) -> None:
    """Holds for every plan and every mail that begins from now on; the time zone stays. Raises Transient (workspace_pending)
    before the workspace has reached the sender."""
    if await workspaces.load_workspace(uow.conn, workspace_id, lock=True) is None:
        raise Transient("the workspace has not reached the sender yet: try again in a moment", code="workspace_pending")
    await sending_settings.save_settings(uow.conn, workspace_id, told)
    await sleepers.ask_to_wake(uow.conn, workspace_id=workspace_id)
    await planning.ask(uow.conn, workspace_id)
