"""Show a workspace the balances below which it is told."""

from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.watching.alerts import default_thresholds
from services.billing.repositories.selling import entitlements
from services.billing.repositories.watching import alerts


async def show_thresholds(workspace_id: UUID, *, uow: UnitOfWork) -> tuple[list[int], bool]:
    """What it has set, or its plan's default; and whether it is that."""
    chosen = await alerts.find_thresholds(uow.conn, workspace_id)
    if chosen is not None:
        return chosen, False
    entitled = (await entitlements.entitled(uow.conn, [workspace_id])).get(workspace_id)
    default = None if entitled is None else default_thresholds().get(entitled.plan)
    return ([] if default is None else [default]), True
