"""A job's live progress in the terminal, fed by the event stream, and by asking when the stream drops."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import aclosing
from dataclasses import dataclass

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from libs.cli.api import Api
from libs.cli.console import err, say
from libs.client.errors import ApiError, ClientError, Unreachable
from libs.client.generated.models import JobOut
from libs.client.sse import Event

ENDED = {"completed", "failed", "cancelled", "declined"}
ASK_EVERY_S = 1.0
SAY_EVERY_S = 5.0
STANDSTILL_S = 60.0


@dataclass(frozen=True)
class Standing:
    """How far a job is, as it or one of its events tells."""

    state: str
    rows_done: int
    rows_per_second: float
    eta_seconds: float | None
    why: str | None

    @classmethod
    def of(cls, job: JobOut) -> Standing:
        why = job.waiting.message if job.waiting else job.reason
        return cls(job.state, job.rows_done, job.rows_per_second, job.eta_seconds, why)

    @classmethod
    def told_by(cls, event: Event) -> Standing | None:
        """None for an event that tells of no progress."""
        told = (event.data or {}).get("data", {})
        if event.type != "ingest.job.progressed":
            return None
        rate, eta = float(told.get("rows_per_second") or 0), told.get("eta_seconds")
        why = told.get("waiting") or told.get("reason")
        return cls(str(told["state"]), int(told["rows_done"]), rate, None if eta is None else float(eta), why)


async def follow_job(api: Api, job: JobOut) -> JobOut:
    """Shows the job until it has ended, and returns it as the API then gives it."""
    with _Bar(job) as bar:
        stream = asyncio.create_task(_feed(api, job, bar))
        try:
            while job.state not in ENDED:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(bar.ended.wait(), timeout=ASK_EVERY_S)
                job = await _ask(api, job)
                bar.show(Standing.of(job))
                if (job.state, job.reason) == ("parked", "ceiling"):
                    say(f"The ceiling of {job.ceiling_credits:,} credits is reached: taking what there is")
                    job = await api.finish_job(job.id)
                if bar.ended.is_set() and job.state not in ENDED:
                    bar.ended.clear()
        finally:
            stream.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await stream
    return job


async def _ask(api: Api, job: JobOut) -> JobOut:
    """The job's present state; the last known one while the gateway or ingest is being restarted."""
    try:
        return await api.show_job(job.id)
    except ApiError as refusal:
        if refusal.status < 500:
            raise
    except Unreachable:
        await asyncio.sleep(ASK_EVERY_S)
    return job


async def _feed(api: Api, job: JobOut, bar: _Bar) -> None:
    """Moves the bar by the events of the job. Asking goes on beside it, and alone where there may be no listening."""
    with contextlib.suppress(ClientError):
        async with aclosing(api.follow(subject=job.id)) as events:
            async for event in events:
                bar.hear(event)


class _Bar:
    """A bar in a terminal; elsewhere a line every few seconds."""

    def __init__(self, job: JobOut) -> None:
        self.ended = asyncio.Event()
        self._total = job.rows_total
        self._said_at = time.monotonic()
        self._said = ""
        self._seen: tuple[object, ...] = ()
        self._told: object = None
        self._told_at = float("-inf")
        self._moved_at = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            console=err,
        )
        self._task = TaskID(0)

    def __enter__(self) -> _Bar:
        if err.is_terminal:
            self._progress.start()
            self._task = self._progress.add_task("reserving", total=self._total, rate="")
        return self

    def __exit__(self, *_: object) -> None:
        if err.is_terminal:
            self._progress.stop()

    def hear(self, event: Event) -> None:
        """An event of this job: counts, or that it has ended."""
        if standing := Standing.told_by(event):
            self.show(standing)
        elif event.type.removeprefix("ingest.job.") in ENDED:
            self.ended.set()

    def show(self, now: Standing) -> None:
        self._mind_standstill(now.state, now.rows_done, now.why)
        speed = f"{now.rows_per_second:,.1f} rows/s" if now.rows_per_second else ""
        left = f", {now.eta_seconds:.0f} s left" if now.eta_seconds else ""
        if err.is_terminal:
            self._progress.update(self._task, completed=now.rows_done, description=now.state, rate=speed + left)
            return
        line = f"{now.state}: {now.rows_done:,} of {self._total:,} rows {speed}{left}".rstrip()
        new_state = line.split(":")[0] != self._said.split(":")[0]
        if new_state or (line != self._said and time.monotonic() - self._said_at > SAY_EVERY_S):
            say(line)
            self._said, self._said_at = line, time.monotonic()

    def _mind_standstill(self, *seen: object) -> None:
        """Says why it waits when the job has a reason, and where to look when nothing moves for a minute."""
        now = time.monotonic()
        if seen != self._seen:
            self._seen, self._moved_at = seen, now
            # A wait that counts its seconds down is another sentence every time.
            if seen[2] and seen[2] != self._told and now - self._told_at > SAY_EVERY_S:
                say(f"The job is {seen[0]}: {seen[2]}")
                self._told, self._told_at = seen[2], now
        elif now - self._moved_at > STANDSTILL_S:
            self._moved_at = now
            say(f"Nothing has moved for {STANDSTILL_S:.0f} s: ./corofy status and ./corofy dead list say more")
