"""The process that keeps the tests' Postgres and RabbitMQ: `python -m deploy.local.keeper`.

It ends them, and itself, when nobody has used them for a while.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.pair import IDLE_MINUTES, Pair
from deploy.local.postgres import start_postgres
from deploy.local.processes import end_leftovers, start_time
from deploy.local.rabbitmq import start_rabbitmq
from deploy.local.state import State


async def keep(state: State, *, idle_minutes: float, port_base: int | None) -> None:
    """Starts the pair on empty data folders, and returns when it is idle for too long or told to stop."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    end_leftovers(state.run)
    for leftover in ("postgres", "rabbitmq"):
        shutil.rmtree(state.path / leftover, ignore_errors=True)
    ports, secrets = state.ports(base=port_base), state.secrets()
    async with contextlib.AsyncExitStack() as running:
        postgres, rabbitmq = await asyncio.gather(
            start_postgres(state, port=ports["postgres"], password=secrets["POSTGRES_PASSWORD"], fsync=False),
            start_rabbitmq(state, ports=ports, password=secrets["RABBITMQ_PASSWORD"], say=_say, management=True),
        )
        running.push_async_callback(postgres.stop)
        running.push_async_callback(rabbitmq.stop)
        # Nobody will read its data again: no need for the long way down.
        running.push_async_callback(rabbitmq.process.kill)
        pair = Pair(postgres.url, rabbitmq.url, rabbitmq.management_url)
        _announce(state, pair)
        running.callback((state.path / "pair.json").unlink, missing_ok=True)
        await _until_idle(state, told, seconds=idle_minutes * 60)


def _announce(state: State, pair: Pair) -> None:
    fresh = state.path / "pair.json.new"
    fresh.write_text(json.dumps(asdict(pair)))
    fresh.chmod(0o600)
    fresh.replace(state.path / "pair.json")
    (state.path / "keeper.pid").write_text(f"{os.getpid()} {start_time(os.getpid())}\n")


async def _until_idle(state: State, told: asyncio.Event, *, seconds: float) -> None:
    last_used = time.monotonic()
    while not told.is_set() and time.monotonic() - last_used < seconds:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), timeout=min(10.0, seconds))
        if _is_used(state):
            last_used = time.monotonic()


def _is_used(state: State) -> bool:
    with (state.path / "users.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep a Postgres and a RabbitMQ for tests.")
    parser.add_argument("state", type=Path)
    parser.add_argument("--idle-minutes", type=float, default=IDLE_MINUTES)
    parser.add_argument("--port-base", type=int, default=None)
    arguments = parser.parse_args()
    try:
        state = State.open(arguments.state)
        with state.lock("keeper", held_message="Another keeper runs in this folder."):
            asyncio.run(keep(state, idle_minutes=arguments.idle_minutes, port_base=arguments.port_base))
    except StackError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
