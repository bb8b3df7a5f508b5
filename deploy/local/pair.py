"""A Postgres and a RabbitMQ for tests that stay up between runs: how to find, start and end them.

The pair belongs to a process of its own (keeper.py), so that the second `./corofy test PATH` finds it warm. Users hold
a shared lock on a file; the kernel lets it go however they end.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.local.errors import StackError
from deploy.local.ports import base_from_environment
from deploy.local.processes import read_record
from deploy.local.state import CHECKOUT, State

IDLE_MINUTES = 15.0
_KEEPERS: list[subprocess.Popen[bytes]] = []
"""Started by this process and meant to outlive it: held, since Python warns of a child that is forgotten while it runs."""


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
    """The running pair, or a new one kept by a process that outlives this one. Callers hold `in_use`.

    One caller starts it; others with the same idea wait, and find it.
    """
    with (state.path / "starting.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return running_pair(state) or _start_pair(state, say=say, idle_minutes=idle_minutes)


def _start_pair(state: State, *, say: Callable[[str], None], idle_minutes: float) -> Pair:
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
    _KEEPERS.append(keeper)
    deadline = time.monotonic() + 240
    while keeper.poll() is None and time.monotonic() < deadline:
        found = running_pair(state)
        if found:
            return found
        time.sleep(0.05)
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
    # One that this process started and that has ended is not to be held any longer.
    _KEEPERS[:] = [keeper for keeper in _KEEPERS if keeper.poll() is None]
