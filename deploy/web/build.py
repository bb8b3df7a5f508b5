"""Makes the web app: its packages when the lock file has changed, the export when anything has. A second time costs a look."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import shutil
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.processes import Process
from deploy.local.state import default_path
from deploy.web.node import Node, node_of
from deploy.web.served import first_loads, write_table
from deploy.web.source import Source

Say = Callable[[str], None]
BUDGET_BYTES = 200_000
"""Of scripts, packed, before any page can be used."""
_PACK = Path(__file__).with_name("pack.mjs")
_INSTALL = (
    *("ci", "--no-progress", "--ignore-scripts"),
    # Without a network this is known within seconds.
    *("--fetch-retries", "2", "--fetch-retry-mintimeout", "500", "--fetch-retry-maxtimeout", "2000"),
)


class WebError(StackError):
    """One clear sentence on what of the web app could not be made and what to do, with the last lines that were said."""


class Workshop:
    """Where the web app is made. `folder` keeps what only the making needs: npm's cache, the log, the starters of Node."""

    def __init__(self, source: Source | None = None, *, folder: Path | None = None, say: Say) -> None:
        self.source = source or Source()
        self.folder = folder or default_path() / "web"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.node: Node = node_of(self.folder)
        self._say = say

    async def build(self) -> bool:
        """Makes what is not there or out of date; whether there was anything to do. Raises WebError."""
        if self.source.is_built():
            return False
        async with self._alone():
            # Somebody else may have built it while we waited.
            if self.source.is_built():
                return False
            await self._install()
            await self._export()
        self._say(told_of_weight(self.source.out))
        return True

    async def prepare(self) -> None:
        """Packages and types, as whoever looks at the sources needs them. Raises WebError."""
        async with self._alone():
            await self._install()
            await self._npm("run", "types", what="The types of the API could not be made")

    async def _install(self) -> None:
        if self.source.has_packages():
            return
        self._say("Installing the web app's packages (once, about 20 s)")
        await self._npm(
            *_INSTALL,
            what="The web app's packages could not be installed",
            advice="check that the npm registry can be reached (npm's own settings hold), then ./corofy web build",
        )
        self.source.packages_stamp.write_text(self.source.packages_digest())

    async def _export(self) -> None:
        self._say("Building the web app (about 30 s)")
        stamp, out = self.source.digest(), self.source.out
        shutil.rmtree(out, ignore_errors=True)
        await self._npm("run", "types", what="The types of the API could not be made")
        await self._npm("run", "build", what="The web app could not be built")
        if not (out / "index.html").exists():
            raise WebError(f"The web app was built and {out} holds no index.html: its builder must export to there.")
        await self._run([*self.node.node, str(_PACK), str(out)], what="The web app could not be packed")
        write_table(out, stamp=stamp)

    async def _npm(self, *words: str, what: str, advice: str = "mend that, then ./corofy web build") -> None:
        await self._run([*self.node.npm, *words], what=what, advice=advice)

    async def _run(self, argv: Sequence[str], *, what: str, advice: str = "try ./corofy web build") -> None:
        log = self.folder / "build.log"
        child = Process("web-build", argv, env=self.node.env, log=log, run=self.folder, cwd=self.source.root)
        child.start()
        try:
            while not await child.ended_within(60):
                continue
        finally:
            await child.stop(seconds=2)
        if child.returncode:
            raise WebError(f"{what}: {advice}. The log is {log}; its last lines:\n{child.last_lines(25)}")

    @asynccontextmanager
    async def _alone(self) -> AsyncGenerator[None]:
        """One at a time in a checkout: two would write over each other."""
        began, told = time.monotonic(), False
        with (self.source.root / ".build.lock").open("a") as lock:
            while True:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                if not told and time.monotonic() > began + 1:
                    self._say("Waiting for another build of the web app")
                    told = True
                await asyncio.sleep(0.1)
            yield


def told_of_weight(out: Path) -> str:
    """What the pages ask for before they can be used, in a line."""
    loads = first_loads(out)
    heaviest = loads[0]
    return (
        f"The web app is built: {len(loads)} pages; {heaviest.path} loads the most scripts at first, "
        f"{heaviest.bytes / 1000:.0f} kB packed, of {BUDGET_BYTES / 1000:.0f} kB allowed"
    )


def check_weight(out: Path) -> None:
    """Raises WebError that names each page above the budget."""
    heavy = [load for load in first_loads(out) if load.bytes > BUDGET_BYTES]
    if heavy:
        told = ", ".join(f"{load.path} {load.bytes / 1000:.0f} kB" for load in heavy)
        raise WebError(
            f"These pages load more than {BUDGET_BYTES / 1000:.0f} kB of scripts at first: {told}. "
            f"Import what they need later by next/dynamic."
        )
