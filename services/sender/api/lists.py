"""Lists, templates and suppressed addresses."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from libs.common.errors import NotFound
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.sender.api.resources import CurrentResources, Cursor, Limit, cut, plan_today
from services.sender.domain.setting_aside import REASONS
from services.sender.repositories import lists, recipients
from services.sender.repositories.lists import ListRow
from services.sender.schemas.lists import ListOut, ListPage
from services.sender.schemas.suppressions import SuppressionIn, SuppressionOut, SuppressionPage
from services.sender.schemas.templates import TemplateOut, TemplatePage
from services.sender.use_cases.suppress_address import suppress_address

router = APIRouter(prefix="/v1", responses=PROBLEM_RESPONSES)


@router.get("/lists", tags=["lists"])
async def list_lists(identity: CurrentIdentity, uow: Uow, cursor: Cursor = None, limit: Limit = 50) -> ListPage:
    """The workspace's lists, newest first."""
    rows = await lists.page_lists(uow.conn, workspace_id=identity.workspace_id, before=cursor, limit=limit + 1)
    page, more = cut(rows, limit)
    counts = await recipients.set_aside_counts(uow.conn, [row.id for row in page])
    items = [_list(row, counts[row.id]) for row in page]
    return ListPage(items=items, next_cursor=str(page[-1].id) if more else None)


@router.get("/lists/{list_id}", tags=["lists"])
async def show_list(list_id: UUID, identity: CurrentIdentity, uow: Uow) -> ListOut:
    """One list. 404 list_not_found."""
    row = await lists.load_list(uow.conn, workspace_id=identity.workspace_id, list_id=list_id)
    if row is None:
        raise NotFound(f"there is no list {list_id}", code="list_not_found")
    return _list(row, (await recipients.set_aside_counts(uow.conn, [row.id]))[row.id])


@router.get("/templates", tags=["templates"])
async def list_templates(identity: CurrentIdentity, uow: Uow) -> TemplatePage:
    """The workspace's templates."""
    found = await lists.load_templates(uow.conn, workspace_id=identity.workspace_id)
    return TemplatePage(
        items=[
            TemplateOut(
                id=template.id,
                name=template.name,
                version=template.version,
                is_default=template.is_default,
                subject=template.source.subject,
                text_body=template.source.text_body,
                html_body=template.source.html_body,
                created_at=template.created_at,
            )
            for template in found
        ]
    )


@router.post("/suppressions", status_code=201, tags=["suppressions"])
async def suppress(
    body: SuppressionIn, identity: CurrentIdentity, open_uow: OpenUowDep, resources: CurrentResources
) -> SuppressionOut:
    """Never write to this address again. Holds for every send that has not begun; the second time changes nothing."""
    async with open_uow() as uow:
        email = await suppress_address(uow, workspace_id=identity.workspace_id, address=body.email, reason=body.reason)
        stored = await lists.load_suppression(uow.conn, workspace_id=identity.workspace_id, email=email)
    await plan_today(open_uow, identity.workspace_id, resources)
    return SuppressionOut(email=stored[0], reason=stored[1], created_at=stored[2])


@router.get("/suppressions", tags=["suppressions"])
async def list_suppressions(
    identity: CurrentIdentity,
    uow: Uow,
    cursor: Annotated[str, Query(max_length=320, pattern=r"^[^\x00]*$")] = "",
    limit: Limit = 50,
) -> SuppressionPage:
    """Suppressed addresses, by address."""
    rows = await lists.page_suppressions(uow.conn, workspace_id=identity.workspace_id, after=cursor, limit=limit + 1)
    page, more = cut(rows, limit)
    items = [SuppressionOut(email=email, reason=reason, created_at=at) for email, reason, at in page]
    return SuppressionPage(items=items, next_cursor=page[-1][0] if more else None)


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
