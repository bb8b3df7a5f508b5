"""Which running Corofy a command talks to: the one of this checkout, else one started for the duration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
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
    web: asyncio.Task[bool] | None = None
    """The building of the web app, where this command has begun it."""

    async def has_web_app(self) -> bool:
        """Once it is known: False when it could not be built, which has been said."""
        return self.web is None or await self.web

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
async def running_or_started(*, web_app: bool = False) -> AsyncGenerator[Target]:
    """The running one, left as it is at the end; else a new one, stopped at the end."""
    found = running_target()
    if found is not None:
        say(f"Using the Corofy that already runs here ({found.api})")
        yield found
        return
    async with started(EVERYTHING, web_app=web_app) as target:
        yield target


@asynccontextmanager
async def started(services: tuple[str, ...], *, web_app: bool = False) -> AsyncGenerator[Target]:
    """Everything started for as long as this is open, and supervised. With `web_app`, that is built beside it where it is
    out of date."""
    # Imported here: commands that only look need not wait for the clients of the servers.
    from deploy.local.stack import LocalStack
    from libs.cli.web import build_beside

    base = base_from_environment()
    stack = LocalStack(services=services, env=user_environment(), supervise=True, port_base=base, say=say)
    with adopting_orphans():
        web = asyncio.create_task(build_beside()) if web_app else None
        try:
            async with stack:
                try:
                    yield replace(_target_of(stack.state.path, stack.told, owned=True), web=web)
                finally:
                    say("Stopping everything")
        finally:
            if web is not None:
                web.cancel()
                with suppress(asyncio.CancelledError):
                    await web


def _target_of(folder: Path, told: RunFile, *, owned: bool) -> Target:
    return Target(
        urls=told.urls,
        internal_secret=told.internal_secret,
        demo_password=State(folder).secrets()["DEMO_PASSWORD"],
        sandboxed="sandbox" in told.urls,
        owned=owned,
    )
