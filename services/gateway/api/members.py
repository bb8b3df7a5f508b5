"""The members of a workspace, and what they are in it."""

from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.ids import new_id
from services.gateway.api.access import CurrentCaller
from services.gateway.api.auditing import AuditedRoute, CurrentClerk
from services.gateway.api.paging import Cursor, Limit, cut
from services.gateway.repositories import memberships
from services.gateway.schemas.members import MemberOut, MemberPage, RoleChange
from services.gateway.use_cases.change_role import change_role
from services.gateway.use_cases.remove_member import leave_workspace, remove_member

router = APIRouter(prefix="/v1", tags=["members"], responses=PROBLEM_RESPONSES, route_class=AuditedRoute)


@router.get("/members")
async def list_members(caller: CurrentCaller, uow: Uow, cursor: Cursor = None, limit: Limit = 50) -> MemberPage:
    """Who works in the workspace, and as what."""
    found = await memberships.page(uow.conn, caller.workspace_id, after=cursor, limit=limit + 1)
    page, more = cut(found, limit)
    items = [MemberOut(**asdict(one)) for one in page]
    return MemberPage(items=items, next_cursor=str(items[-1].user_id) if more else None)


@router.patch("/members/{user_id}")
async def patch_member(
    user_id: UUID, body: RoleChange, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow
) -> MemberOut:
    """Make a member something else (owners and admins; owners are made and unmade by owners only).

    404 `member_not_found`; 403 `owners_only`; 409 `last_owner`.
    """
    changed = await change_role(caller, user_id, role=body.role, now=utc_now(), uow=uow)
    await clerk.write(uow, role=body.role)
    return MemberOut(**asdict(changed))


@router.delete("/members/{user_id}", status_code=204)
async def delete_member(user_id: UUID, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow) -> None:
    """Remove a member (owners and admins): they are out at once, and so are their API keys of this workspace.

    404 `member_not_found`; 403 `owners_only`; 409 `last_owner`.
    """
    await remove_member(caller, user_id, spare_workspace_id=new_id(), now=utc_now(), uow=uow)
    await clerk.write(uow, status=204)


@router.delete("/workspace/membership", status_code=204)
async def delete_membership(caller: CurrentCaller, clerk: CurrentClerk, uow: Uow) -> None:
    """Leave the workspace. 409 `last_owner`, `only_workspace`."""
    await leave_workspace(caller, now=utc_now(), uow=uow)
    await clerk.write(uow, status=204, user_id=caller.user_id)
