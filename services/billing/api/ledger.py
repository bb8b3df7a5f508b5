"""Billing's routes: balance, ledger, grants, prices, proof."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query

from libs.common.clock import utc_now
from libs.common.errors import Invalid
from libs.common.http.dependencies import Uow
from libs.common.http.identity import CurrentIdentity, OperatorIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.billing.domain.ledger import GrantKind
from services.billing.repositories import reading
from services.billing.schemas.ledger import (
    CheckAnswer,
    CreditsAnswer,
    GrantAnswer,
    GrantBody,
    LedgerAnswer,
    LedgerItemAnswer,
    PricesAnswer,
    ProofAnswer,
)
from services.billing.use_cases import grant_credits as granting
from services.billing.use_cases.prove_ledger import prove_ledger

router = APIRouter(prefix="/v1", tags=["billing"], responses=PROBLEM_RESPONSES)

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


@router.get("/credits")
async def show_credits(identity: CurrentIdentity, uow: Uow) -> CreditsAnswer:
    """The workspace's credits."""
    return CreditsAnswer.model_validate(await reading.balance(uow.conn, identity.workspace_id))


@router.get("/credits/ledger")
async def list_ledger(
    identity: CurrentIdentity,
    uow: Uow,
    job_id: UUID | None = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> LedgerAnswer:
    """Every movement of credits, newest first; of one job when `job_id` is given."""
    found = await reading.ledger_page(uow.conn, identity.workspace_id, before=cursor, job_id=job_id, limit=limit + 1)
    items = [LedgerItemAnswer.model_validate(item) for item in found[:limit]]
    return LedgerAnswer(items=items, next_cursor=str(items[-1].id) if len(found) > limit else None)


@router.post("/credits/grants", status_code=201)
async def grant_credits(
    body: GrantBody, identity: OperatorIdentity, uow: Uow, idempotency_key: IdempotencyKey = None
) -> GrantAnswer:
    """Give credits (operators). `Idempotency-Key` is required: the same key answers with the same grant, for ever."""
    if not idempotency_key:
        msg = "give an Idempotency-Key header: it is what keeps a repeated request from granting twice"
        raise Invalid(msg, code="idempotency_key_required")
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


@router.get("/prices")
async def show_prices(_: CurrentIdentity, uow: Uow) -> PricesAnswer:
    """What things cost now."""
    return PricesAnswer.model_validate(await reading.newest_prices(uow.conn))


@router.get("/credits/proof")
async def show_proof(identity: CurrentIdentity, uow: Uow) -> ProofAnswer:
    """Whether entries, balances, grants, holds and captures of the workspace agree with each other."""
    checks = await prove_ledger(identity.workspace_id, uow=uow, now=utc_now())
    return ProofAnswer(
        holds=all(check.holds for check in checks), checks=[CheckAnswer.model_validate(check) for check in checks]
    )
