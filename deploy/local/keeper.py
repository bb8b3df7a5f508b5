"""Keeps a Postgres and a RabbitMQ for tests running between calls, and ends them when nobody has used them for a while.

The pair belongs to a process of its own, `python -m deploy.local.keeper`, so that the second `./corofy test PATH` finds
it warm. Users hold a shared lock on a file; the kernel lets it go however they end.
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
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.ports import base_from_environment
from deploy.local.postgres import start_postgres
from deploy.local.processes import end_leftovers, read_record, start_time
from deploy.local.rabbitmq import start_rabbitmq
from deploy.local.state import CHECKOUT, State

IDLE_MINUTES = 15.0


@dataclass(frozen=True)
class Pair:
    """Where the tests' servers are; `postgres_url` is a superuser's, `management_url` makes vhosts."""

    postgres_url: str
    rabbitmq_url: str
    management_url: str

    def as_env(self) -> dict[str, str]:
        return {
            "TEST_DATABASE_URL": self.postgres_url,
            "TEST_RABBITMQ_URL": self.rabbitmq_url,
            "TEST_RABBITMQ_MANAGEMENT_URL": self.management_url,
        }


@contextmanager
def in_use(state: State) -> Generator[None]:
    """While this is held the pair does not count as idle."""
    with (state.path / "users.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def running_pair(state: State) -> Pair | None:
    """The pair, if its keeper lives and has said that it is ready."""
    if read_record(state.path / "keeper.pid") is None:
        return None
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Pair(**json.loads((state.path / "pair.json").read_text()))
    return None


def ensure_pair(state: State, *, say: Callable[[str], None], idle_minutes: float = IDLE_MINUTES) -> Pair:
    """The running pair, or a new one kept by a process that outlives this one. Callers hold `in_use`."""
    found = running_pair(state)
    if found:
        return found
    log = state.logs / "keeper.log"
    base = base_from_environment(blocks_after=1)
    ports = [] if base is None else ["--port-base", str(base)]
    say("Starting Postgres and RabbitMQ for the tests (about 5 s)")
    # Only a first start has to fetch anything; what it says lands in its log.
    with log.open("wb") as out:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.keeper", str(state.path), "--idle-minutes", str(idle_minutes), *ports],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    deadline = time.monotonic() + 240
    while keeper.poll() is None and time.monotonic() < deadline:
        found = running_pair(state)
        if found:
            return found
        time.sleep(0.05)
    # Another process may have been quicker with the same idea.
    found = running_pair(state)
    if found:
        return found
    keeper.terminate()
    lines = log.read_text(errors="replace").strip().splitlines()
    raise StackError(lines[-1] if lines else f"The tests' Postgres and RabbitMQ did not start; {log} is empty.")


def stop_pair(state: State, *, seconds: float = 20.0) -> None:
    """Ends the keeper, and with it the pair."""
    pid = read_record(state.path / "keeper.pid")
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while read_record(state.path / "keeper.pid") and time.monotonic() < deadline:
        time.sleep(0.05)


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
