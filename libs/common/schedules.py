"""Periodic work: one runner per cluster by lease, missed runs caught up once, the last success as a metric."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from libs.common import metrics
from libs.common.clock import utc_now
from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWorkFactory

log = get_logger()


@dataclass(frozen=True)
class Schedule:
    """Run `work` every `every_s` seconds, on one replica. `timeout_s` bounds a run and is its lease."""

    name: str
    every_s: float
    work: Callable[[], Awaitable[object]]
    timeout_s: float = 120


class ScheduleRunner:
    """Runs the schedules of one service."""

    def __init__(self, *, service: str, schedules: Sequence[Schedule], open_uow: UnitOfWorkFactory) -> None:
        self._service = service
        self._schedules = schedules
        self._open_uow = open_uow
        self._table = open_uow.tables.schedules

    async def run(self) -> None:
        """Run every schedule, each in its own task, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for schedule in self._schedules:
                group.create_task(self._keep(schedule), name=f"schedule {schedule.name}")

    async def run_due(self, schedule: Schedule) -> bool:
        """Run the schedule once if it is due and nobody else is at it. Answers whether it ran to its end."""
        token = await self._claim(schedule)
        if token is None:
            return False
        error: str | None = None
        try:
            async with asyncio.timeout(schedule.timeout_s):
                await schedule.work()
        except asyncio.CancelledError:
            # We are told to stop: the next runner need not wait for the end of the lease.
            await asyncio.shield(self._hand_back(schedule, token))
            raise
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            log.warning("schedule.failed", schedule=schedule.name, error=error)
            metrics.SCHEDULE_FAILURES.labels(self._service, schedule.name).inc()
        else:
            metrics.SCHEDULE_LAST_SUCCESS.labels(self._service, schedule.name).set(utc_now().timestamp())
        await self._finish(schedule, token, error)
        return error is None

    async def _keep(self, schedule: Schedule) -> None:
        while True:
            try:
                await self.run_due(schedule)
            except (SQLAlchemyError, OSError) as error:
                log.warning("schedule.stumbled", schedule=schedule.name, error=str(error))
            await asyncio.sleep(min(schedule.every_s, 5))

    async def _claim(self, schedule: Schedule) -> UUID | None:
        token = new_id()
        async with self._open_uow() as uow:
            await uow.conn.execute(insert(self._table).values(name=schedule.name).on_conflict_do_nothing())
            free = or_(self._table.c.lease_until.is_(None), self._table.c.lease_until < func.now())
            claimed = await uow.conn.execute(
                update(self._table)
                .where(self._table.c.name == schedule.name, self._table.c.due_at <= func.now(), free)
                .values(
                    lease_token=token,
                    lease_until=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, schedule.timeout_s + 5),
                    last_started_at=func.now(),
                )
            )
        return token if claimed.rowcount == 1 else None

    async def _hand_back(self, schedule: Schedule, token: UUID) -> None:
        with contextlib.suppress(SQLAlchemyError, OSError):
            async with self._open_uow() as uow:
                await uow.conn.execute(
                    update(self._table)
                    .where(self._table.c.name == schedule.name, self._table.c.lease_token == token)
                    .values(lease_token=None, lease_until=None)
                )

    async def _finish(self, schedule: Schedule, token: UUID, error: str | None) -> None:
        async with self._open_uow() as uow:
            await uow.conn.execute(
                update(self._table)
                .where(self._table.c.name == schedule.name, self._table.c.lease_token == token)
                .values(
                    lease_token=None,
                    lease_until=None,
                    due_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, schedule.every_s),
                    last_success_at=self._table.c.last_success_at if error else func.now(),
                    last_error=error,
                )
            )


async def last_runs(open_uow: UnitOfWorkFactory) -> list[dict[str, object]]:
    """What each schedule did last, for `/internal/status`."""
    table = open_uow.tables.schedules
    async with open_uow() as uow:
        rows = await uow.conn.execute(
            select(table.c.name, table.c.due_at, table.c.last_success_at, table.c.last_error).order_by(table.c.name)
        )
    return [dict(row) for row in rows.mappings()]
