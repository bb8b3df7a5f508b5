"""What operators do to a ledger: grant, adjust, void, refund. Each is repeated safely."""

from uuid import UUID

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.idempotency import RequiredKey
from libs.common.http.identity import Identity, OperatorIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.ledger import GrantKind
from services.billing.domain.credits.postings import AccountKind
from services.billing.schemas.ledger import GrantAnswer, GrantBody
from services.billing.schemas.operations import AdjustmentBody, MovementAnswer, RefundAnswer, RefundBody, VoidBody
from services.billing.use_cases import adjust_credits as adjusting
from services.billing.use_cases import grant_credits as granting
from services.billing.use_cases import refund_credits as refunding
from services.billing.use_cases import void_grant as voiding

router = APIRouter(prefix="/v1/credits", tags=["billing"], responses=PROBLEM_RESPONSES)


@router.post("/grants", status_code=201)
async def grant_credits(
    body: GrantBody, identity: OperatorIdentity, uow: Uow, idempotency_key: RequiredKey
) -> GrantAnswer:
    """Give credits (operators). `Idempotency-Key` is required: the same key answers with the same grant, for ever."""
    request = granting.GrantRequest(body.credits, body.reason, GrantKind(body.kind), body.priority, body.expires_at)
    workspace_id = body.workspace_id or identity.workspace_id
    if workspace_id != identity.workspace_id:
        await granting.require_account(workspace_id, uow=uow)
    grant = await granting.grant_credits(
        request,
        workspace_id=workspace_id,
        idempotency_key=idempotency_key,
        uow=uow,
        now=utc_now(),
        actor=f"user:{identity.user_id}",
    )
    return GrantAnswer(
        id=grant.id,
        workspace_id=workspace_id,
        credits=grant.size,
        kind=grant.kind.value,
        priority=grant.priority,
        expires_at=grant.expires_at,
    )


@router.post("/adjustments", status_code=201)
async def adjust_credits(
    body: AdjustmentBody, identity: OperatorIdentity, uow: Uow, idempotency_key: RequiredKey
) -> MovementAnswer:
    """Add credits, or take available ones away (operators). The same `Idempotency-Key` answers with the same movement."""
    workspace_id = await _workspace(body.workspace_id, identity=identity, uow=uow)
    written = await adjusting.adjust_credits(
        adjusting.Adjustment(body.credits, body.reason),
        workspace_id=workspace_id,
        idempotency_key=idempotency_key,
        uow=uow,
        now=utc_now(),
        actor=f"user:{identity.user_id}",
    )
    return MovementAnswer(
        id=written.id,
        workspace_id=workspace_id,
        credits=adjusting.adjusted(written),
        reason=written.reason,
        at=written.at,
    )


@router.post("/grants/{grant_id}/void")
async def void_grant(grant_id: UUID, body: VoidBody, identity: OperatorIdentity, uow: Uow) -> MovementAnswer:
    """End a grant (operators): what is available of it goes. Asked again, it answers with the same movement."""
    workspace_id = await _workspace(body.workspace_id, identity=identity, uow=uow)
    written = await voiding.void_grant(
        grant_id,
        reason=body.reason,
        workspace_id=workspace_id,
        uow=uow,
        now=utc_now(),
        actor=f"user:{identity.user_id}",
    )
    credits_ = -written.changes[AccountKind.VOIDED]
    return MovementAnswer(
        id=written.id, workspace_id=workspace_id, credits=credits_, reason=written.reason, at=written.at
    )


@router.post("/refunds", status_code=201)
async def refund_credits(
    body: RefundBody, identity: OperatorIdentity, uow: Uow, idempotency_key: RequiredKey
) -> RefundAnswer:
    """Give charged credits back (operators). The same `Idempotency-Key` answers with the same refund."""
    workspace_id = await _workspace(body.workspace_id, identity=identity, uow=uow)
    stored = await refunding.refund_credits(
        refunding.RefundRequest(body.subject, body.reason, body.credits, tuple(sorted(body.rows or ()))),
        workspace_id=workspace_id,
        idempotency_key=idempotency_key,
        uow=uow,
        now=utc_now(),
        actor=f"user:{identity.user_id}",
    )
    return RefundAnswer(
        workspace_id=workspace_id,
        job_id=body.job_id,
        sourcing_id=body.sourcing_id,
        number=stored.refund.number,
        credits=stored.refund.credits,
        rows=list(stored.refund.row_nos),
        reason=stored.refund.reason,
        at=stored.refunded_at,
    )


async def _workspace(asked: UUID | None, *, identity: Identity, uow: UnitOfWork) -> UUID:
    workspace_id = asked or identity.workspace_id
    await granting.require_account(workspace_id, uow=uow)
    return workspace_id
