"""Who am I."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from libs.common.http.dependencies import OpenUowDep
from libs.common.http.problems import PROBLEM_RESPONSES
from services.gateway.api.access import CurrentCaller, CurrentResources, is_operator
from services.gateway.repositories import workspaces

router = APIRouter(prefix="/v1", tags=["who am I"], responses=PROBLEM_RESPONSES)


class MeResponse(BaseModel):
    """Who is asking, and where: `X-Workspace-Id` chooses among the workspaces of a user."""

    user_id: UUID
    email: str
    workspace_id: UUID
    workspace_name: str
    role: str
    operator: bool


@router.get("/me")
async def get_me(caller: CurrentCaller, resources: CurrentResources, open_uow: OpenUowDep) -> MeResponse:
    """Who is asking."""
    async with open_uow() as uow:
        workspace = await workspaces.load(uow.conn, caller.workspace_id)
    return MeResponse(
        user_id=caller.user_id,
        email=caller.email,
        workspace_id=caller.workspace_id,
        workspace_name=workspace.name,
        role=caller.role,
        operator=is_operator(caller, resources.settings),
    )
