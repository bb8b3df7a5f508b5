"""Lists."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter

from libs.common.errors import NotFound
from libs.common.http.dependencies import Uow
from libs.common.http.etags import NOT_MODIFIED, Guarded, Tagged
from libs.common.http.identity import CurrentIdentity, Identity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import UnitOfWork
from services.sender.api.resources import Cursor, Limit, cut
from services.sender.domain.setting_aside import REASONS
from services.sender.repositories import lists, recipients
from services.sender.repositories.lists import ListRow
from services.sender.repositories.workspaces import database_now
from services.sender.schemas.lists import ListChange, ListOut, ListPage
from services.sender.use_cases.change_list_settings import change_list_settings
from services.sender.use_cases.delete_list import delete_list

router = APIRouter(prefix="/v1", responses=PROBLEM_RESPONSES)


@router.get("/lists", tags=["lists"])
async def list_lists(identity: CurrentIdentity, uow: Uow, cursor: Cursor = None, limit: Limit = 50) -> ListPage:
    """The workspace's lists, newest first."""
    rows = await lists.page_lists(uow.conn, workspace_id=identity.workspace_id, before=cursor, limit=limit + 1)
    page, more = cut(rows, limit)
    counts = await recipients.set_aside_counts(uow.conn, [row.id for row in page])
    items = [_list(row, counts[row.id]) for row in page]
    return ListPage(items=items, next_cursor=str(page[-1].id) if more else None)


@router.get("/lists/{list_id}", tags=["lists"], responses=NOT_MODIFIED)
async def show_list(list_id: UUID, identity: CurrentIdentity, uow: Uow, tag: Tagged) -> ListOut:
    """One list, with an `ETag`. 404 list_not_found."""
    shown = await _shown(uow, list_id, identity)
    return tag.on(shown, settings=_settings(shown))


async def _shown(uow: UnitOfWork, list_id: UUID, identity: Identity) -> ListOut:
    row = await lists.load_list(uow.conn, workspace_id=identity.workspace_id, list_id=list_id)
    if row is None:
        raise NotFound(f"there is no list {list_id}", code="list_not_found")
    return _list(row, (await recipients.set_aside_counts(uow.conn, [row.id]))[row.id])


@router.patch("/lists/{list_id}", tags=["lists"])
async def change_list(list_id: UUID, body: ListChange, identity: CurrentIdentity, uow: Uow, guard: Guarded) -> ListOut:
    """Another name, or whether role addresses are written to; by default they are set aside. Campaigns keep their names,
    and those that have started stay as they are.

    404 list_not_found; 412 settings_changed when `If-Match` is no longer its ETag.
    """
    await guard.hold(uow)
    guard.check(_settings(await _shown(uow, list_id, identity)))
    workspace_id = identity.workspace_id
    await change_list_settings(uow, list_id, workspace_id=workspace_id, name=body.name, keeps_roles=body.keeps_roles)
    changed = await _shown(uow, list_id, identity)
    return guard.on(changed, settings=_settings(changed))


@router.delete("/lists/{list_id}", status_code=204, tags=["lists"])
async def remove_list(list_id: UUID, identity: CurrentIdentity, uow: Uow) -> None:
    """Delete a list: its rows are erased, what was sent keeps its proof. 404 list_not_found; 409 list_in_use, with their
    names, while campaigns that are active or paused write to it."""
    await delete_list(uow, list_id, workspace_id=identity.workspace_id, now=await database_now(uow.conn))


def _settings(shown: ListOut) -> object:
    """What of it may be changed."""
    return {"name": shown.name, "keeps_roles": shown.keeps_roles}


def _list(row: ListRow, set_aside: Mapping[str, int]) -> ListOut:
    return ListOut(
        id=row.id,
        name=row.name,
        state="ready" if row.state == "ready" else "receiving",
        parts_expected=row.parts_expected,
        parts_received=row.parts_received,
        recipients=row.recipients_count,
        set_aside=sum(set_aside.values()),
        set_aside_reasons={reason: set_aside[reason] for reason in REASONS if reason in set_aside},
        keeps_roles=row.keeps_roles,
        deleting=row.delete_asked_at is not None,
        sandboxed=row.sandboxed_count > 0,
        created_at=row.created_at,
        ready_at=row.ready_at,
    )
