"""Runs a command's coroutine so that Ctrl-C, SIGTERM and a closed terminal all stop it in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

import typer

from libs.cli.console import say
from libs.cli.errors import CliError

SAID_AFTER_S = 2.0
T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    """`work` to its end. Interrupted, it is cancelled, so that its cleaning up runs; then the exit code is 130."""

    async def watched() -> T:
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        if task is not None:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                loop.add_signal_handler(number, task.cancel)
        return await work

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        # Not KeyboardInterrupt: Typer would turn that into a plain failure.
        raise typer.Exit(130) from None


async def for_ever() -> None:
    """Until somebody interrupts."""
    await asyncio.Event().wait()


async def until(question: Callable[[], Awaitable[T | None]], *, what: str, seconds: float, every: float = 0.25) -> T:
    """Asks until there is an answer; says so when it takes a while. Raises CliError naming `what` when there is none."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    deadline, told = began + seconds, False
    while True:
        answer = await question()
        if answer is not None:
            return answer
        if loop.time() > deadline:
            raise CliError(f"{what} did not happen within {seconds:.0f} s: ./corofy status and ./corofy logs say more.")
        if not told and loop.time() > began + SAID_AFTER_S:
            say(f"Waiting: {what[:1].lower()}{what[1:]}")
            told = True
        await asyncio.sleep(every)
