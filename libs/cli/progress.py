"""A job's live progress in the terminal, fed by the event stream, and by asking when the stream drops."""

from __future__ import annotations

import asyncio
import contextlib
import time

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from libs.cli.api import Api, Json
from libs.cli.console import err, say
from libs.cli.errors import ApiError, CliError

ENDED = {"completed", "failed", "cancelled", "declined"}
ASK_EVERY_S = 1.0
SAY_EVERY_S = 5.0
STANDSTILL_S = 60.0


async def follow_job(api: Api, job: Json) -> Json:
    """Shows the job until it has ended, and returns it as the API then gives it."""
    with _Bar(job) as bar:
        stream = asyncio.create_task(_feed(api, job["id"], bar))
        try:
            while job["state"] not in ENDED:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(bar.ended.wait(), timeout=ASK_EVERY_S)
                job = await _ask(api, job)
                bar.show(job)
                if (job["state"], job.get("reason")) == ("parked", "ceiling"):
                    say(f"The ceiling of {job['ceiling_credits']:,} credits is reached: taking what there is")
                    job = await api.finish_job(job["id"])
                if bar.ended.is_set() and job["state"] not in ENDED:
                    bar.ended.clear()
        finally:
            stream.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await stream
    return job


async def _ask(api: Api, job: Json) -> Json:
    """The job's present state; the last known one while the gateway or ingest is being restarted."""
    try:
        return await api.job(job["id"])
    except ApiError as refusal:
        if refusal.status < 500:
            raise
    except CliError:
        await asyncio.sleep(ASK_EVERY_S)
    return job


async def _feed(api: Api, job_id: str, bar: _Bar) -> None:
    """Moves the bar by the events of the job; opens the stream again when it drops. Asking goes on beside it."""
    while True:
        with contextlib.suppress(httpx.HTTPError, CliError):
            async for envelope in api.events(job_id):
                bar.hear(envelope)
        await asyncio.sleep(ASK_EVERY_S)


def _why(job: Json) -> str | None:
    """What the job waits for, as it or its event puts it."""
    waiting = job.get("waiting")
    return waiting["message"] if isinstance(waiting, dict) else waiting or job.get("reason")


class _Bar:
    """A bar in a terminal; elsewhere a line every few seconds."""

    def __init__(self, job: Json) -> None:
        self.ended = asyncio.Event()
        self._total = int(job["rows_total"])
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

    def hear(self, envelope: Json) -> None:
        """An event of this job: counts, or that it has ended."""
        kind = str(envelope.get("type", ""))
        if kind == "ingest.job.progressed":
            self.show(envelope["data"])
        elif kind.removeprefix("ingest.job.") in ENDED:
            self.ended.set()

    def show(self, job: Json) -> None:
        done = int(job.get("rows_done") or 0)
        self._mind_standstill(job["state"], done, _why(job))
        rate = float(job.get("rows_per_second") or 0)
        eta = job.get("eta_seconds")
        speed = f"{rate:,.1f} rows/s" if rate else ""
        left = f", {float(eta):.0f} s left" if eta else ""
        if err.is_terminal:
            self._progress.update(self._task, completed=done, description=str(job["state"]), rate=speed + left)
            return
        line = f"{job['state']}: {done:,} of {self._total:,} rows {speed}{left}".rstrip()
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
