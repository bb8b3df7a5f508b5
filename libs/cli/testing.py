"""`corofy test`: pytest on a real Postgres and RabbitMQ that are this checkout's own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from deploy.local.pair import ensure_pair, in_use, running_pair, stop_pair
from deploy.local.state import CHECKOUT, State, default_path
from libs.cli.console import say
from libs.cli.web import build_beside

MOST_WORKERS = 4
"""Each of them may run a whole system at times, which takes a gigabyte."""


def test(arguments: list[str], *, long: bool) -> int:
    """pytest's exit code.

    The servers stay for a while after a run of single paths, so that the next one starts at once; a run of everything
    leaves nothing behind that it did not find.
    """
    everything = not any(_is_path(argument) for argument in arguments)
    state = State.open(default_path() / "test")
    found = running_pair(state) is not None
    if everything or any(_is_of_the_web_app(argument) for argument in arguments):
        # Before pytest, whose limit on a single test is shorter than a first build. What fails is said, and fails there again.
        asyncio.run(build_beside())
    with in_use(state):
        pair = ensure_pair(state, say=say)
        code = _pytest([*_selection(everything, long=long), *map(_from_here, arguments)], pair.as_env())
    if everything and not found:
        stop_pair(state)
    return code


def _selection(everything: bool, *, long: bool) -> list[str]:
    by_size = [] if long else ["-m", "not long"]
    if not everything:
        return by_size
    # Tests wait a good part of their time: one more than there are processors keeps all of these busy.
    workers = min((os.cpu_count() or 1) + 1, MOST_WORKERS)
    return [*by_size, "-n", str(workers), "--dist", "loadscope", "--no-loadscope-reorder", "tests"]


def _is_path(argument: str) -> bool:
    path = argument.split("::")[0]
    return not argument.startswith("-") and (Path(path).exists() or (CHECKOUT / path).exists())


def _is_of_the_web_app(argument: str) -> bool:
    return "tests/web" in argument.split("::")[0]


def _from_here(argument: str) -> str:
    """Paths are meant relative to the current folder; pytest runs in the checkout."""
    path, colons, test = argument.partition("::")
    return f"{Path(path).resolve()}{colons}{test}" if not path.startswith("-") and Path(path).exists() else argument


def _pytest(arguments: list[str], servers: dict[str, str]) -> int:
    say("Running the tests")
    child = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], cwd=CHECKOUT, env={**os.environ, **servers})
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            # The terminal has sent it to pytest too, which ends in its own way.
            continue
        except BaseException:
            child.send_signal(signal.SIGTERM)
            raise
