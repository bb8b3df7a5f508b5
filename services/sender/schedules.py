"""The sender's clock: days are planned, lost claims and lost sends are resolved."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from libs.common.db import DatabaseUnavailable
from libs.common.schedules import Schedule
from services.sender import metrics
from services.sender.repositories import planning
from services.sender.repositories.expired_claims import release_expired_claims
from services.sender.use_cases.plan_day import plan_day
from services.sender.use_cases.resolve_unknown import resolve_unknown
from services.sender.use_cases.send_context import HouseContext

PLAN_S = 5
PLANNING_S = 60
"""So long a run goes on where very many workspaces are due, at midnight most of all."""
_LOOKED_AT = 100
_TRY_AGAIN = timedelta(seconds=30)


async def plan_workspace(context: HouseContext, workspace_id: UUID) -> bool:
    """Plan a workspace's day in a transaction of its own. False: another is at it, or a person pauses a campaign."""
    async with context.open_uow() as uow:
        planned = await plan_day(
            uow,
            workspace_id=workspace_id,
            mailbox_id=context.house_id,
            now=await context.clock(uow.conn),
            default_quota=context.default_quota,
            call_s=context.timing.call_s,
            wait=False,
        )
    metrics.SLOTS_ASSIGNED.inc(planned.assigned)
    return not planned.busy


async def _due(context: HouseContext) -> list[UUID]:
    async with context.open_uow() as uow:
        return await planning.due(uow.conn, now=await context.clock(uow.conn), limit=_LOOKED_AT)


async def _put_off(context: HouseContext, workspace_id: UUID) -> None:
    """One that cannot be planned, or is being planned by another, does not keep the others from their turn."""
    async with context.open_uow() as uow:
        await planning.put_off(uow.conn, workspace_id, until=await context.clock(uow.conn) + _TRY_AGAIN)


def schedules(context: HouseContext) -> Sequence[Schedule]:
    """What runs by itself, on one replica at a time."""

    async def plan_days() -> None:
        failed: dict[UUID, Exception] = {}
        stops_at = context.monotonic() + PLANNING_S
        while context.monotonic() < stops_at and (found := await _due(context)):
            for workspace_id in found:
                try:
                    planned = await plan_workspace(context, workspace_id)
                except DatabaseUnavailable:
                    raise
                except Exception as error:
                    planned, failed[workspace_id] = False, error
                if not planned:
                    await _put_off(context, workspace_id)
        if failed:
            first, error = next(iter(failed.items()))
            msg = f"{len(failed)} workspaces could not be planned, the first, {first}, as {error}"
            raise ExceptionGroup(msg, list(failed.values()))

    async def resolve_leases() -> None:
        released = 1
        while released:
            async with context.open_uow() as uow:
                released = await release_expired_claims(uow.conn, now=await context.clock(uow.conn))
        async with context.open_uow() as uow:
            unknown = await resolve_unknown(uow, now=await context.clock(uow.conn))
        metrics.EMAILS_UNKNOWN.inc(unknown)

    return [Schedule("plan_days", PLAN_S, plan_days), Schedule("resolve_leases", 5, resolve_leases)]
