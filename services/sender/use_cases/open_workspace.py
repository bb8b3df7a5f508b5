"""A workspace exists: from now on it has a day, a quota and a default template."""

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.uow import UnitOfWork
from services.sender.domain.days import zone_of
from services.sender.domain.default_template import DEFAULT_TEMPLATE
from services.sender.repositories import templates, workspaces

DEFAULT_NAME = "First email"


async def open_workspace(event: WorkspaceCreated, *, uow: UnitOfWork) -> None:
    """Key: the workspace. Raises Invalid for a time zone that nobody knows."""
    zone_of(event.time_zone)
    await workspaces.add_workspace(
        uow.conn, workspace_id=event.workspace_id, name=event.name, time_zone=event.time_zone
    )
    await templates.add_template(
        uow.conn, workspace_id=event.workspace_id, name=DEFAULT_NAME, source=DEFAULT_TEMPLATE, is_default=True
    )
