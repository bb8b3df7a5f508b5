"""Addresses and domains that nobody writes to any more."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from libs.common.errors import Forbidden, NotFound
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.idempotency import Once
from libs.common.http.identity import AdminIdentity, CurrentIdentity, Identity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.sender.api.resources import CurrentResources, Limit, cut, plan_today
from services.sender.repositories import suppressions
from services.sender.repositories.suppressions import Change, StoredSuppression
from services.sender.schemas.suppressions import (
    LiftIn,
    SuppressionChangeOut,
    SuppressionHistory,
    SuppressionIn,
    SuppressionOut,
    SuppressionPage,
    SuppressionReason,
    SuppressionScope,
)
from services.sender.use_cases.lift_suppression import lift_suppression
from services.sender.use_cases.suppress_address import suppress_address

router = APIRouter(prefix="/v1/suppressions", responses=PROBLEM_RESPONSES, tags=["suppressions"])

Scope = Annotated[SuppressionScope, Query(description="`global`: those for every workspace; operators only.")]
Target = Annotated[str, Query(max_length=320, pattern=r"^[^\x00]*$")]


@router.post("", status_code=201)
async def suppress(
    body: SuppressionIn, identity: CurrentIdentity, open_uow: OpenUowDep, resources: CurrentResources, once: Once
) -> SuppressionOut:
    """Never write to this address, or `@domain`, again. Holds for every send that has not begun; the second time changes
    nothing. 403 operators_only for `global`; 409 idempotency_key_reused; 422 invalid_address."""
    scope = scope_of(body.scope, identity)
    async with open_uow() as uow:
        await once.begin(uow)
        stored = await suppress_address(
            uow,
            workspace_id=scope,
            address=body.email,
            reason=body.reason,
            note=body.note,
            proof={"source": "person"},
            made_by=identity.user_id,
        )
        made = _out(stored)
        await once.keep(uow, made)
    await plan_today(open_uow, identity.workspace_id, resources)
    return made


@router.get("")
async def list_suppressions(
    identity: CurrentIdentity,
    uow: Uow,
    cursor: Target = "",
    limit: Limit = 50,
    scope: Scope = "workspace",
    reason: SuppressionReason | None = None,
    containing: Target = "",
) -> SuppressionPage:
    """What is suppressed, by address. `containing`: a part of the address."""
    rows = await suppressions.page(
        uow.conn,
        workspace_id=scope_of(scope, identity),
        after=cursor,
        limit=limit + 1,
        reason=reason,
        containing=containing,
    )
    page, more = cut(rows, limit)
    return SuppressionPage(items=[_out(row) for row in page], next_cursor=page[-1].email if more else None)


@router.get("/changes")
async def list_changes(
    identity: CurrentIdentity,
    uow: Uow,
    email: Target = "",
    cursor: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Limit = 50,
    scope: Scope = "workspace",
) -> SuppressionHistory:
    """What was ever suppressed and lifted, newest first, also of one address."""
    rows = await suppressions.page_changes(
        uow.conn,
        workspace_id=scope_of(scope, identity),
        target=email.strip().lower() or None,
        before=cursor,
        limit=limit + 1,
    )
    page, more = cut(rows, limit)
    return SuppressionHistory(items=[_change(row) for row in page], next_cursor=str(page[-1].id) if more else None)


@router.get("/{suppression_id}")
async def show(suppression_id: UUID, identity: CurrentIdentity, uow: Uow, scope: Scope = "workspace") -> SuppressionOut:
    """One, with what it rests on. 404 suppression_not_found."""
    found = await suppressions.load(uow.conn, suppression_id, workspace_id=scope_of(scope, identity))
    if found is None:
        raise NotFound(f"there is no suppression {suppression_id}", code="suppression_not_found")
    return _out(found)


@router.post("/{suppression_id}/lift", status_code=204)
async def lift(
    suppression_id: UUID, body: LiftIn, identity: AdminIdentity, uow: Uow, scope: Scope = "workspace"
) -> Response:
    """The address may be written to again, for the reason given. It stays in the history. Owners and admins only.

    404 suppression_not_found; 409 erased: who asked to be forgotten stays so.
    """
    await lift_suppression(
        uow,
        workspace_id=scope_of(scope, identity),
        suppression_id=suppression_id,
        note=body.note,
        made_by=identity.user_id,
    )
    return Response(status_code=204)


def scope_of(scope: SuppressionScope, identity: Identity) -> UUID | None:
    """Whose suppressions are meant. Raises Forbidden (operators_only): the global ones are other workspaces' affair too."""
    if scope == "workspace":
        return identity.workspace_id
    if not identity.operator:
        msg = "suppressions for every workspace are an operator's: the address must be listed in ADMIN_EMAILS"
        raise Forbidden(msg, code="operators_only")
    return None


def _out(row: StoredSuppression) -> SuppressionOut:
    return SuppressionOut(
        id=row.id,
        email=row.email,
        scope="global" if row.workspace_id is None else "workspace",
        reason=cast("SuppressionReason", row.reason),
        note=row.note,
        proof=row.proof,
        made_by=row.made_by,
        created_at=row.created_at,
    )


def _change(row: Change) -> SuppressionChangeOut:
    return SuppressionChangeOut.model_validate({name: getattr(row, name) for name in SuppressionChangeOut.model_fields})
