"""Which running Corofy a command talks to: the one of this checkout, else one started for the duration."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import run_file
from deploy.local.ports import base_from_environment
from deploy.local.processes import adopting_orphans
from deploy.local.run_file import RunFile
from deploy.local.services import EVERYTHING, user_environment
from deploy.local.state import State, default_path
from libs.cli.console import say
from libs.cli.errors import CliError

NOT_RUNNING = "Corofy is not running here: start it with ./corofy up (or see it work with ./corofy demo)."


@dataclass(frozen=True)
class Target:
    """Where everything is. `owned` says that this command started it, and stops it at its end."""

    urls: dict[str, str]
    internal_secret: str
    demo_password: str
    sandboxed: bool
    owned: bool

    @property
    def api(self) -> str:
        if "gateway" not in self.urls:
            raise CliError("The running Corofy was started with --only and without the gateway: start all of it.")
        return self.urls["gateway"]


def running_target() -> Target | None:
    """What runs from this checkout, if anything does."""
    folder = default_path()
    told = run_file.running(folder)
    return None if told is None else _target_of(folder, told, owned=False)


def require_target() -> Target:
    target = running_target()
    if target is None:
        raise CliError(NOT_RUNNING)
    return target


@asynccontextmanager
async def running_or_started() -> AsyncGenerator[Target]:
    """The running one, left as it is at the end; else a new one, stopped at the end."""
    found = running_target()
    if found is not None:
        say(f"Using the Corofy that already runs here ({found.api})")
        yield found
        return
    async with started(EVERYTHING) as target:
        yield target


@asynccontextmanager
async def started(services: tuple[str, ...]) -> AsyncGenerator[Target]:
    """Everything started for as long as this is open, and supervised."""
    # Imported here: commands that only look need not wait for the clients of the servers.
    from deploy.local.stack import LocalStack

    base = base_from_environment()
    stack = LocalStack(services=services, env=user_environment(), supervise=True, port_base=base, say=say)
    with adopting_orphans():
        async with stack:
            try:
                yield _target_of(stack.state.path, stack.told, owned=True)
            finally:
                say("Stopping everything")


def _target_of(folder: Path, told: RunFile, *, owned: bool) -> Target:
    return Target(
        urls=told.urls,
        internal_secret=told.internal_secret,
        demo_password=State(folder).secrets()["DEMO_PASSWORD"],
        sandboxed="sandbox" in told.urls,
        owned=owned,
    )
