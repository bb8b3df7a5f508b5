"""What workspaces may do follows from their plan; each change has a version and is announced."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import EntitlementsChanged
from libs.common.uow import OpenUow, UnitOfWork
from services.billing.clients.stripe.account import Account
from services.billing.domain.selling.plans import UNLIMITED, Entitlements, entitlements_of
from services.billing.domain.selling.subscriptions import plan_of
from services.billing.repositories.selling import entitlements, subscriptions
from services.billing.repositories.selling.entitlements import Entitled

_SLICE = 500


async def renew_entitlements(workspace_id: UUID, *, account: Account, uow: UnitOfWork, now: datetime) -> Entitled:
    """Write and announce what the workspace may do, if that has changed. Key: the workspace and the version.

    Where nothing has, nobody's turn is waited for.
    """
    before, plan, allowed = await _compared(workspace_id, account=account, uow=uow, now=now)
    if before is not None and (before.plan, before.entitlements) == (plan, allowed):
        return before
    await subscriptions.lock_workspace(uow.conn, workspace_id)
    before, plan, allowed = await _compared(workspace_id, account=account, uow=uow, now=now)
    if before is not None and (before.plan, before.entitlements) == (plan, allowed):
        return before
    after = Entitled(before.version + 1 if before else 1, plan, allowed)
    await entitlements.save_entitled(uow.conn, workspace_id, after, now=now)
    event = EntitlementsChanged(entitlements_version=after.version, plan=plan, **asdict(after.entitlements))
    uow.publish(event, tenant_id=workspace_id)
    return after


async def renew_all_entitlements(*, account: Account, open_uow: OpenUow, now: datetime) -> int:
    """Renew those of every workspace that differ from what its plan allows now: after a change of the catalogue or of the
    mode, and when a dunning has lasted too long. In slices; answers how many changed."""
    after: UUID | None = None
    changed = 0
    while True:
        async with open_uow() as uow:
            ids = await entitlements.next_workspaces(uow.conn, after=after, limit=_SLICE)
            found = await entitlements.entitled(uow.conn, ids)
            plans = await _plans(uow, ids, account=account, now=now)
        for workspace_id in ids:
            kept = found.get(workspace_id)
            plan = plans[workspace_id]
            if kept is None or (kept.plan, kept.entitlements) != (plan, _allowed(plan, account)):
                async with open_uow() as uow:
                    await renew_entitlements(workspace_id, account=account, uow=uow, now=now)
                changed += 1
        if len(ids) < _SLICE:
            return changed
        after = ids[-1]


async def _compared(
    workspace_id: UUID, *, account: Account, uow: UnitOfWork, now: datetime
) -> tuple[Entitled | None, str, Entitlements]:
    """What is on record, and what should be: the plan, and what it allows."""
    before = (await entitlements.entitled(uow.conn, [workspace_id])).get(workspace_id)
    plan = (await _plans(uow, [workspace_id], account=account, now=now))[workspace_id]
    return before, plan, _allowed(plan, account)


async def _plans(
    uow: UnitOfWork, workspace_ids: Collection[UUID], *, account: Account, now: datetime
) -> Mapping[UUID, str]:
    owned = await subscriptions.subscriptions_of_all(uow.conn, workspace_ids, realm=account.realm)
    return {one: plan_of(owned.get(one, []), sells=account.sells, now=now) for one in workspace_ids}


def _allowed(plan: str, account: Account) -> Entitlements:
    return entitlements_of(plan) if account.limits else UNLIMITED
