"""Periodic work: one runner per cluster by lease, missed runs caught up once, the last success as a metric."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Float, Text, Uuid

from libs.common import metrics
from libs.common.clock import utc_now
from libs.common.ids import new_id
from libs.common.leases import keep_lease
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWorkFactory

log = get_logger()


@dataclass(frozen=True)
class Schedule:
    """Run `work` every `every_s` seconds, on one replica. `timeout_s` bounds a run."""

    name: str
    every_s: float
    work: Callable[[], Awaitable[object]]
    timeout_s: float = 120


LEASE_S = 30.0
"""Renewed while a run lasts: a schedule whose runner was killed waits no longer, however long its runs may be."""
_LOOK_S = 5.0
"""How long a schedule goes unlooked at, at most: somebody may have made it due."""
_MARGIN_S = 5.0
"""By so much the database counts longer than the runner, which has ended its run before another may begin."""
_SOON_S = 0.05
"""The database's clock and ours do not tick alike: what is due in a moment is not looked at again and again."""
_CLAIM = """
    WITH claimed AS (
        UPDATE {table} AS schedule
        SET lease_token = :token, lease_until = now() + make_interval(secs => :lease_s), last_started_at = now()
        WHERE name = ANY(:names) AND due_at <= now() AND (lease_until IS NULL OR lease_until < now())
        RETURNING schedule.name
    )
    SELECT schedule.name, claimed.name IS NOT NULL AS mine,
           CAST(extract(epoch FROM due_at - now()) AS double precision) AS due_in_s
    FROM {table} AS schedule LEFT JOIN claimed USING (name) WHERE schedule.name = ANY(:names)
    """
_FINISH = """
    UPDATE {table}
    SET lease_token = NULL, lease_until = NULL, due_at = now() + make_interval(secs => :every_s), last_error = :error,
        last_success_at = CASE WHEN :error IS NULL THEN now() ELSE last_success_at END
    WHERE name = :name AND lease_token = :token
    """
_FINISHED = (
    bindparam("name", type_=Text()),
    bindparam("token", type_=Uuid()),
    bindparam("every_s", type_=Float()),
    bindparam("error", type_=Text()),
)
_CLAIMED = (
    bindparam("token", type_=Uuid()),
    bindparam("names", type_=ARRAY(Text())),
    bindparam("lease_s", type_=Float()),
)


class ScheduleRunner:
    """Runs the schedules of one service. One statement looks at all of them: most are due once in a long while."""

    def __init__(self, *, service: str, schedules: Sequence[Schedule], open_uow: UnitOfWorkFactory) -> None:
        self._service = service
        self._schedules = schedules
        self._open_uow = open_uow
        self._table = open_uow.tables.schedules
        self._claims = text(_CLAIM.format(table=self._table.fullname)).bindparams(*_CLAIMED)
        self._finished_run = text(_FINISH.format(table=self._table.fullname)).bindparams(*_FINISHED)
        self._look_at = {schedule.name: 0.0 for schedule in schedules}
        self._finished = asyncio.Event()

    async def run(self) -> None:
        """Run every schedule, each in a task of its own, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    due, token = await self._look()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("schedules.stumbled", error=str(error))
                    await asyncio.sleep(_LOOK_S)
                    continue
                for schedule in due:
                    del self._look_at[schedule.name]
                    group.create_task(self._keep(schedule, token), name=f"schedule {schedule.name}")
                await self._rest()

    async def run_due(self, schedule: Schedule) -> bool:
        """Run the schedule once if it is due and nobody else is at it. Answers whether it ran to its end."""
        token = new_id()
        return await self._work(schedule, token) if schedule.name in await self._claim([schedule], token) else False

    async def _work(self, schedule: Schedule, token: UUID) -> bool:
        error: str | None = None
        try:
            async with asyncio.timeout(schedule.timeout_s) as limit, self._kept(schedule, token, limit):
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

    def _kept(self, schedule: Schedule, token: UUID, limit: asyncio.Timeout) -> AbstractAsyncContextManager[None]:
        """The lease, renewed. A run that lost it has reached its limit."""

        async def renew(conn: AsyncConnection) -> bool:
            until = func.now() + timedelta(seconds=LEASE_S + _MARGIN_S)
            mine = self._mine(schedule, token)
            return (await conn.execute(update(self._table).where(*mine).values(lease_until=until))).rowcount == 1

        return keep_lease(renew, open_uow=self._open_uow, lease_s=LEASE_S, lost=lambda: limit.reschedule(0))

    async def _keep(self, schedule: Schedule, token: UUID) -> None:
        try:
            await self._work(schedule, token)
        except (SQLAlchemyError, OSError) as error:
            log.warning("schedule.stumbled", schedule=schedule.name, error=str(error))
        self._look_at[schedule.name] = time.monotonic() + min(schedule.every_s, _LOOK_S)
        self._finished.set()

    async def _look(self) -> tuple[list[Schedule], UUID]:
        """Claim whatever is due and not in hand here, and note when to look at the rest."""
        token, resting = new_id(), [schedule for schedule in self._schedules if schedule.name in self._look_at]
        claimed = await self._claim(resting, token) if resting else set[str]()
        return [schedule for schedule in resting if schedule.name in claimed], token

    async def _rest(self) -> None:
        """Until one that is at rest may be due. The end of a run is another's beginning of a rest."""
        while (left_s := min(self._look_at.values(), default=time.monotonic() + _LOOK_S) - time.monotonic()) > 0:
            self._finished.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._finished.wait()

    async def _claim(self, schedules: Sequence[Schedule], token: UUID) -> set[str]:
        """Claim those that are due, in one statement. Answers which became mine."""
        values = {
            "token": token,
            "names": [schedule.name for schedule in schedules],
            "lease_s": LEASE_S + _MARGIN_S,
        }
        async with self._open_uow.alone() as conn:
            found = (await conn.execute(self._claims, values)).all()
            if len(found) < len(schedules):
                names = [{"name": schedule.name} for schedule in schedules]
                await conn.execute(insert(self._table).values(names).on_conflict_do_nothing())
                more = (await conn.execute(self._claims, values)).all()
                mine = {row.name for row in found if row.mine}
                found = [row for row in found if row.mine] + [row for row in more if row.name not in mine]
        self._note_rest(schedules, {row.name: row.due_in_s for row in found})
        return {row.name for row in found if row.mine}

    def _note_rest(self, schedules: Sequence[Schedule], due_in_s: Mapping[str, float]) -> None:
        now = time.monotonic()
        for schedule in schedules:
            # What is due and did not become mine is in another's hands.
            rest_s = due_in_s[schedule.name] if due_in_s[schedule.name] > 0 else schedule.every_s
            self._look_at[schedule.name] = now + min(max(rest_s, _SOON_S), _LOOK_S)

    async def _hand_back(self, schedule: Schedule, token: UUID) -> None:
        with contextlib.suppress(SQLAlchemyError, OSError):
            async with self._open_uow.alone() as conn:
                mine = self._mine(schedule, token)
                await conn.execute(update(self._table).where(*mine).values(lease_token=None, lease_until=None))

    def _mine(self, schedule: Schedule, token: UUID) -> tuple[ColumnElement[bool], ...]:
        return (self._table.c.name == schedule.name, self._table.c.lease_token == token)

    async def _finish(self, schedule: Schedule, token: UUID, error: str | None) -> None:
        values = {"name": schedule.name, "token": token, "every_s": schedule.every_s, "error": error}
        async with self._open_uow.alone() as conn:
            await conn.execute(self._finished_run, values)


async def last_runs(open_uow: UnitOfWorkFactory) -> list[dict[str, object]]:
    """What each schedule did last, for `/internal/status`."""
    table = open_uow.tables.schedules
    async with open_uow() as uow:
        rows = await uow.conn.execute(
            select(table.c.name, table.c.due_at, table.c.last_success_at, table.c.last_error).order_by(table.c.name)
        )
    return [dict(row) for row in rows.mappings()]
