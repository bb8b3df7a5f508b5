"""Workspaces: those of a person, and the current one's name and day."""

import re
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from libs.common.clock import utc_now
from libs.common.errors import Invalid
from libs.common.http.dependencies import Uow
from libs.common.http.etags import NOT_MODIFIED, IfNoneMatch
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.ids import new_id
from services.gateway.api.access import CurrentCaller
from services.gateway.api.auditing import AuditedRoute, CurrentClerk
from services.gateway.api.once import Once
from services.gateway.api.paging import Cursor, Limit, cut
from services.gateway.domain.callers import Role
from services.gateway.repositories import workspaces
from services.gateway.repositories.workspaces import Workspace
from services.gateway.schemas.members import (
    DeletedWorkspace,
    NewOwner,
    NewWorkspace,
    WorkspaceChange,
    WorkspaceOut,
    WorkspacePage,
)
from services.gateway.use_cases import delete_workspace as deleting
from services.gateway.use_cases.change_workspace import change_workspace
from services.gateway.use_cases.open_workspace import open_workspace
from services.gateway.use_cases.transfer_ownership import transfer_ownership

router = APIRouter(prefix="/v1", tags=["workspaces"], responses=PROBLEM_RESPONSES, route_class=AuditedRoute)

_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
IfMatch = Annotated[str | None, Header(max_length=200)]


@router.get("/workspaces")
async def list_workspaces(caller: CurrentCaller, uow: Uow, cursor: Cursor = None, limit: Limit = 50) -> WorkspacePage:
    """The workspaces that you are a member of. Name one in `X-Workspace-Id` to work in it."""
    found = await workspaces.page_of_user(uow.conn, caller.user_id, after=cursor, limit=limit + 1)
    page, more = cut(found, limit)
    items = [_out(one.workspace, one.role) for one in page]
    return WorkspacePage(items=items, next_cursor=str(items[-1].id) if more else None)


@router.post("/workspaces", status_code=201)
async def post_workspace(
    body: NewWorkspace, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow, once: Once
) -> WorkspaceOut:
    """One more workspace, which you own. 422 `time_zone_unknown`; 409 `too_many_workspaces`, `idempotency_key_reused`."""
    await once.begin(uow)
    made = await open_workspace(caller, workspace_id=new_id(), name=body.name, time_zone=body.time_zone, uow=uow)
    await clerk.write(uow, status=201, workspace_id=made.id)
    out = _out(made, "owner")
    await once.keep(uow, out)
    return out


@router.get("/workspace", responses=NOT_MODIFIED)
async def get_workspace(
    caller: CurrentCaller, uow: Uow, response: Response, _known: IfNoneMatch = None
) -> WorkspaceOut:
    """The workspace that you work in; its version is the `ETag`."""
    return _tagged(await workspaces.load(uow.conn, caller.workspace_id), caller.role, response)


@router.patch("/workspace")
async def patch_workspace(
    body: WorkspaceChange,
    caller: CurrentCaller,
    clerk: CurrentClerk,
    uow: Uow,
    response: Response,
    if_match: IfMatch = None,
) -> WorkspaceOut:
    """Another name, or another day (owners and admins). 412 `workspace_changed` when `If-Match` is no longer its `ETag`;
    422 `time_zone_unknown`, `if_match_malformed`."""
    changed = await change_workspace(
        caller, name=body.name, time_zone=body.time_zone, expected_version=_version(if_match), uow=uow
    )
    await clerk.write(uow)
    return _tagged(changed, caller.role, response)


@router.put("/workspace/owner", status_code=204)
async def put_owner(body: NewOwner, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow) -> None:
    """Hand the workspace to another member (owners): they own it then, and you are an admin. 404 `member_not_found`."""
    await transfer_ownership(caller, body.user_id, uow=uow)
    await clerk.write(uow, status=204, user_id=body.user_id)


@router.delete("/workspace", status_code=202)
async def delete_workspace(
    caller: CurrentCaller, clerk: CurrentClerk, uow: Uow, name: Annotated[str, Query(max_length=200)]
) -> DeletedWorkspace:
    """Delete the workspace with all that is in it (owners). `name` is its exact name, so that nobody does it by mistake.

    Nobody gets in any more when this answers; its subscription is cancelled, its jobs and campaigns stop, and everything is
    erased within minutes: you get a mail when it is. It cannot be undone: export it first (`GET /v1/workspace/export`).
    422 `name_not_confirmed`; 403 `owners_only`, also for whoever has deleted it already.
    """
    now = utc_now()
    await deleting.delete_workspace(caller, name=name, make_id=new_id, now=now, uow=uow)
    await clerk.write(uow, status=202)
    return DeletedWorkspace(id=caller.workspace_id, deleted_at=now)


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        msg = f'If-Match is {if_match!r}: send the ETag of the workspace you changed, such as "7"'
        raise Invalid(msg, code="if_match_malformed")
    return int(found[1])


def _tagged(workspace: Workspace, role: Role, response: Response) -> WorkspaceOut:
    response.headers["ETag"] = f'"{workspace.version}"'
    return _out(workspace, role)


def _out(workspace: Workspace, role: Role) -> WorkspaceOut:
    return WorkspaceOut(
        id=workspace.id,
        name=workspace.name,
        time_zone=workspace.time_zone,
        role=role,
        created_at=workspace.created_at,
    )
