"""What dies is started again, later each time, and not for ever."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from deploy.local.processes import Process
from deploy.local.supervisor import LONGEST_WAIT_SECONDS, MOST_DEATHS, WITHIN_SECONDS, Supervisor, restart_wait
from tests.support.waiting import PATIENCE_S


def test_the_wait_grows_with_each_death_and_then_it_is_over() -> None:
    waits = [restart_wait([100.0 + n for n in range(deaths)], now=110.0) for deaths in range(1, MOST_DEATHS + 2)]
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-2] == LONGEST_WAIT_SECONDS
    assert waits[-1] is None


def test_deaths_of_long_ago_are_forgiven() -> None:
    deaths = [float(n) for n in range(MOST_DEATHS)]
    assert restart_wait([*deaths, 1000.0], now=1000.0) == 1.0
    assert deaths[-1] + WITHIN_SECONDS < 1000.0


async def test_a_death_is_told_with_the_last_words_and_followed_by_a_start(tmp_path: Path) -> None:
    said: list[str] = []
    code = "import time; print('here I am', flush=True); time.sleep(60)"
    process = Process("enrich", [sys.executable, "-c", code], env=dict(os.environ), log=tmp_path / "log", run=tmp_path)
    process.start()
    async with asyncio.timeout(PATIENCE_S), Supervisor([process], say=said.append):
        while "here I am" not in process.last_lines():
            await asyncio.sleep(0.01)
        first = process.pid
        process.send(signal.SIGKILL)
        while process.pid == first:
            await asyncio.sleep(0.01)
    await process.kill()
    assert len(said) == 1
    assert "enrich ended with code -9" in said[0]
    assert "here I am" in said[0]


async def test_what_was_stopped_on_purpose_stays_down(tmp_path: Path) -> None:
    said: list[str] = []
    process = Process("enrich", ["sleep", "60"], env=dict(os.environ), log=tmp_path / "log", run=tmp_path)
    process.start()
    other = Process("other", ["sleep", "60"], env=dict(os.environ), log=tmp_path / "log", run=tmp_path)
    other.start()
    async with asyncio.timeout(PATIENCE_S), Supervisor([process, other], say=said.append):
        await process.stop()
        pid = other.pid
        await other.kill()
        while other.pid == pid:
            await asyncio.sleep(0.01)
    assert not process.running
    assert [line.split()[0] for line in said] == ["other"]
    await other.kill()
