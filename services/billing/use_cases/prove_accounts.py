"""Every night, prove the ledger of every account; what differs is told, and blocks nothing."""

from datetime import datetime
from time import monotonic
from uuid import UUID

from libs.common.contracts.billing import LedgerDiffers
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.billing.domain.credits.proof import Check, is_run_due
from services.billing.repositories.credits import proofs
from services.billing.repositories.credits.proofs import ProofRun
from services.billing.use_cases.prove_ledger import prove_ledger

log = get_logger()

BUDGET_S = 60.0
"""How long one turn goes on beginning with accounts. The next turn goes on where it ended, on whichever replica."""


async def start_proof_run(uow: UnitOfWork, *, now: datetime, actor: str) -> ProofRun:
    """Begin a run now. Answers with the one that is at work, if there is one."""
    return await proofs.start_run(uow.conn, now=now, actor=actor)


async def prove_accounts(*, open_uow: OpenUow, now: datetime, budget_s: float = BUDGET_S) -> int:
    """Begin the night's run when it is due, and go on with the one that is at work. Answers how many accounts it proved.

    One account is one snapshot and one short transaction that keeps what was found, so that a crash repeats one account.
    """
    run = await _run(open_uow, now=now)
    proved, until = 0, monotonic() + budget_s
    while run is not None and monotonic() < until:
        async with open_uow() as uow:
            workspace_id = await proofs.next_account(uow.conn, run)
            if workspace_id is None:
                await proofs.finish_run(uow.conn, run, now=now)
                return proved
        run = await _prove_one(workspace_id, run, open_uow=open_uow, now=now)
        proved += 1
    return proved


async def _run(open_uow: OpenUow, *, now: datetime) -> ProofRun | None:
    async with open_uow() as uow:
        at_work = await proofs.open_run(uow.conn)
        if at_work is not None:
            return at_work
        last = await proofs.last_runs(uow.conn, limit=1)
        if not is_run_due(last[0].started_at if last else None, now=now):
            return None
        return await proofs.start_run(uow.conn, now=now, actor="billing")


async def _prove_one(workspace_id: UUID, run: ProofRun, *, open_uow: OpenUow, now: datetime) -> ProofRun | None:
    async with open_uow() as uow:
        checks = await prove_ledger(workspace_id, uow=uow, now=now)
    off = [check for check in checks if not check.holds]
    async with open_uow() as uow:
        moved = await proofs.record_proof(uow.conn, run, workspace_id, checks, now=now)
        if moved is not None and off:
            event = LedgerDiffers(checks=[check.name for check in off])
            uow.publish(event, tenant_id=workspace_id)
    if moved is not None and off:
        _log(workspace_id, off)
    return moved


def _log(workspace_id: UUID, off: list[Check]) -> None:
    log.error(
        "ledger.differs",
        workspace_id=str(workspace_id),
        checks={check.name: check.found for check in off},
        note="nothing is blocked; docs/how-to/read-the-ledger.md says what each check means",
    )
