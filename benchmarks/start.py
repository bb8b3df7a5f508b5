"""Seconds from `./corofy up` to everything running: the first time, and again, beside the broker's own start."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure
from deploy.local.rabbitmq import start_rabbitmq
from deploy.local.state import CHECKOUT, State
from libs.cli.console import say

NAME = "start"
_GOAL_S = 15
_RUNNING = "Running."
_PATIENCE_S = 300


async def run() -> list[Figure]:
    """Start everything twice in a folder of its own as the real command, then the broker alone on what is there."""
    # Not below a folder that the servers' unprivileged user may not enter.
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        state = Path(folder) / "state"
        say("Starting everything in an empty folder, and again on what is there")
        first = await _seconds_to_run(state)
        second = await _seconds_to_run(state)
        say("Starting the broker alone")
        broker = await _seconds_of_broker(state)
    return [
        Figure(NAME, "broker alone", broker, "s"),
        Figure(NAME, "first start (packages there)", first, "s", "broker alone", round(first / broker, 2)),
        Figure(
            NAME,
            "second start",
            second,
            "s",
            "broker alone",
            round(second / broker, 2),
            goal=f"<= {_GOAL_S} s",
            holds=second <= _GOAL_S,
        ),
    ]


async def _seconds_to_run(state: Path) -> float:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        CHECKOUT / "corofy",
        "up",
        env={**os.environ, "COROFY_STATE_DIR": str(state)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async for line in process.stdout:
                if _RUNNING in line.decode():
                    return round(time.perf_counter() - began, 1)
        raise RuntimeError("corofy up ended before everything ran; what it said stands above")
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.communicate()


async def _seconds_of_broker(folder: Path) -> float:
    state = State.open(folder)
    began = time.perf_counter()
    broker = await start_rabbitmq(
        state,
        ports=state.ports(),
        password=state.secrets()["RABBITMQ_PASSWORD"],
        say=say,
    )
    seconds = round(time.perf_counter() - began, 1)
    await broker.stop()
    return seconds
