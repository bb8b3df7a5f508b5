"""The sender's clock: days are planned, lost claims and lost sends are resolved, and the sending loops run."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from libs.common.db import DatabaseUnavailable
from libs.common.listener import Listener
from libs.common.schedules import Schedule
from services.sender import metrics
from services.sender.clients.mailbox import Mailbox
from services.sender.repositories import claims, planning
from services.sender.use_cases.plan_day import plan_day
from services.sender.use_cases.resolve_unknown import resolve_unknown
from services.sender.use_cases.send_emails import SendContext, send_emails
from services.sender.use_cases.start_campaign import SENDER_WORK

POLL_S = 2
PLAN_S = 5
PLANNED_AT_ONCE = 1000
_TRY_AGAIN = timedelta(seconds=30)


async def plan_workspace(context: SendContext, workspace_id: UUID) -> bool:
    """Plan a workspace's day in a transaction of its own. False: another is at it, or a person pauses a campaign."""
    async with context.open_uow() as uow:
        planned = await plan_day(
            uow,
            workspace_id=workspace_id,
            mailbox_id=context.mailbox_id,
            now=await context.clock(uow.conn),
            default_quota=context.default_quota,
            call_s=context.timing.call_s,
            wait=False,
        )
    metrics.SLOTS_ASSIGNED.inc(planned.assigned)
    return not planned.busy


async def _put_off(context: SendContext, workspace_id: UUID) -> None:
    """One that cannot be planned does not keep the others from their turn."""
    async with context.open_uow() as uow:
        await planning.put_off(uow.conn, workspace_id, until=await context.clock(uow.conn) + _TRY_AGAIN)


def schedules(context: SendContext) -> Sequence[Schedule]:
    """What runs by itself, on one replica at a time."""

    async def plan_days() -> None:
        async with context.open_uow() as uow:
            found = await planning.due(uow.conn, now=await context.clock(uow.conn), limit=PLANNED_AT_ONCE)
        failed: dict[UUID, Exception] = {}
        for workspace_id in found:
            try:
                await plan_workspace(context, workspace_id)
            except DatabaseUnavailable:
                raise
            except Exception as error:
                failed[workspace_id] = error
                await _put_off(context, workspace_id)
        if failed:
            first, error = next(iter(failed.items()))
            msg = f"{len(failed)} of {len(found)} workspaces could not be planned, the first, {first}, as {error}"
            raise ExceptionGroup(msg, list(failed.values()))

    async def resolve_leases() -> None:
        async with context.open_uow() as uow:
            now = await context.clock(uow.conn)
            await claims.release_expired_claims(uow.conn, now=now)
            unknown = await resolve_unknown(uow, now=now)
        metrics.EMAILS_UNKNOWN.inc(unknown)

    return [Schedule("plan_days", PLAN_S, plan_days), Schedule("resolve_leases", 5, resolve_leases)]


class SendLoop:
    """Sends while there is work, over one connection; sleeps until woken otherwise."""

    def __init__(self, context: SendContext, mailbox: Mailbox, *, listener: Listener, stopping: asyncio.Event) -> None:
        self._context = context
        self._mailbox = mailbox
        self._listener = listener
        self._stopping = stopping
        self._touched: set[UUID] = set()

    async def run(self) -> None:
        """Until cancelled. A mail that has been begun is finished first."""
        try:
            async with self._listener.wait_for(SENDER_WORK) as woken:
                while not self._stopping.is_set():
                    woken.clear()
                    if await self._turn():
                        continue
                    await self._mailbox.close()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(woken.wait(), timeout=POLL_S)
        finally:
            await self._mailbox.close()

    async def _turn(self) -> bool:
        turn = await send_emails(self._context, self._mailbox, stopping=self._stopping.is_set)
        self._touched |= turn.workspace_ids
        if turn.slots_back or turn.claimed < self._context.batch_size:
            touched, self._touched = self._touched, set()
            for workspace_id in touched:
                if not await plan_workspace(self._context, workspace_id):
                    self._touched.add(workspace_id)
        return turn.claimed > 0
