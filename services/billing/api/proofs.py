"""The proof that the ledger adds up: of one's own workspace now, and of all of them every night."""

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.idempotency import Once
from libs.common.http.identity import CurrentIdentity, OperatorIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.billing.repositories.credits import proofs
from services.billing.schemas.proofs import (
    CheckAnswer,
    DifferingAnswer,
    LastProofAnswer,
    ProofAnswer,
    RunAnswer,
    RunsAnswer,
)
from services.billing.use_cases.prove_accounts import start_proof_run
from services.billing.use_cases.prove_ledger import prove_ledger

router = APIRouter(prefix="/v1/credits", tags=["billing"], responses=PROBLEM_RESPONSES)

_SHOWN = 30


@router.get("/proof")
async def show_proof(identity: CurrentIdentity, uow: Uow) -> ProofAnswer:
    """Whether entries, their chain, balances, grants, holds and captures of the workspace agree with each other."""
    checks = await prove_ledger(identity.workspace_id, uow=uow, now=utc_now())
    last = await proofs.last_proof(uow.conn, identity.workspace_id)
    return ProofAnswer(
        holds=all(check.holds for check in checks),
        checks=[CheckAnswer.model_validate(check) for check in checks],
        last_run=None if last is None else LastProofAnswer.model_validate(last),
    )


@router.get("/proofs")
async def list_proofs(_: OperatorIdentity, uow: Uow) -> RunsAnswer:
    """The last runs over all accounts, and the accounts that differ (operators)."""
    return RunsAnswer(
        runs=[RunAnswer.model_validate(run) for run in await proofs.last_runs(uow.conn, limit=_SHOWN)],
        differing=[DifferingAnswer.model_validate(one) for one in await proofs.differing(uow.conn)],
    )


@router.post("/proofs", status_code=202)
async def start_proof(identity: OperatorIdentity, uow: Uow, once: Once) -> RunAnswer:
    """Prove all accounts now (operators). While a run is at work, it answers with that one. 409 `idempotency_key_reused`."""
    await once.begin(uow)
    run = RunAnswer.model_validate(await start_proof_run(uow, now=utc_now(), actor=f"user:{identity.user_id}"))
    await once.keep(uow, run, status=202)
    return run
