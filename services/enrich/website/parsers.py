"""The confined processes that parse strangers' pages, as the reader sees them: lazily started, reused, ended when too slow."""

import asyncio
import contextlib
from typing import Any

import orjson

from libs.common.confined_child import ConfinedChild, confined_child
from services.enrich.domain.sites.site_links import Link
from services.enrich.domain.sites.website import FoundPage, SiteUnread
from services.enrich.website.fetch import ROBOT, Fetched

MODULE = "services.enrich.website.parser"
PARSE_S = 3.0
_START_S = 20.0
_WORKERS = 2
_MEMORY_BYTES = 384 * 1024 * 1024
_CPU_SECONDS = 60
_MOST_JOBS = 500
"""After so many pages a process makes room for another: what a parser may lose in memory stays small."""
_ANSWER_BYTES = 1024 * 1024


class Parsers:
    """At most `workers` processes at a time; a page that takes longer than `parse_s` costs its process."""

    def __init__(self, *, workers: int = _WORKERS, parse_s: float = PARSE_S, module: str = MODULE) -> None:
        self._parse_s = parse_s
        self._module = module
        self._free = asyncio.Semaphore(workers)
        self._idle: list[_Worker] = []

    async def read(self, fetched: Fetched) -> FoundPage:
        """The readable text of a page, its title and its links. Raises SiteUnread when it cannot be read in time."""
        url = str(fetched.url)
        asked = {"url": url, "charset": fetched.charset, "kind": fetched.kind}
        told = await self._ask(asked, fetched.body, said=f"{url} takes more to read than a page may.")
        return FoundPage(url, told["title"], told["text"], tuple(Link(*link) for link in told["links"]))

    async def allows(self, robots: bytes, url: str) -> bool:
        """Whether a robots.txt lets us read an address. Raises SiteUnread when it cannot be understood in time."""
        said = "The site's robots.txt takes more to read than it may."
        return (await self._ask({"robot": ROBOT, "url": url}, robots, said=said))["allowed"]

    async def close(self) -> None:
        """End the processes that wait for work."""
        while self._idle:
            await self._idle.pop().end()

    async def _ask(self, asked: dict[str, Any], body: bytes, *, said: str) -> dict[str, Any]:
        async with self._free:
            worker = self._idle.pop() if self._idle else await _started(self._module)
            try:
                async with asyncio.timeout(self._parse_s):
                    answer = await worker.ask(asked, body)
            except (TimeoutError, EOFError, OSError) as error:
                await worker.end()
                raise SiteUnread("refused", said) from error
            except BaseException:
                await worker.end()
                raise
            if worker.jobs < _MOST_JOBS:
                self._idle.append(worker)
            else:
                await worker.end()
        return answer


class _Worker:
    def __init__(self, child: ConfinedChild, held: contextlib.AsyncExitStack) -> None:
        self._child = child
        self._held = held
        self.jobs = 0

    async def ask(self, asked: dict[str, Any], body: bytes) -> dict[str, Any]:
        """One job. Raises EOFError or OSError when the process has ended."""
        process = self._child.process
        assert process.stdin is not None
        assert process.stdout is not None
        self.jobs += 1
        process.stdin.write(orjson.dumps({**asked, "bytes": len(body)}) + b"\n" + body)
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return orjson.loads(line)

    async def end(self) -> None:
        await self._held.aclose()


async def _started(module: str) -> _Worker:
    """A process that has said that it is ready: its start is not on the page's account. Raises OSError."""
    held = contextlib.AsyncExitStack()
    running = confined_child(module, memory_bytes=_MEMORY_BYTES, cpu_seconds=_CPU_SECONDS, line_bytes=_ANSWER_BYTES)
    child = await held.enter_async_context(running)
    assert child.process.stdout is not None
    try:
        async with asyncio.timeout(_START_S):
            ready = await child.process.stdout.readline()
    except BaseException:
        await held.aclose()
        raise
    if not ready:
        await held.aclose()
        msg = f"the parser of pages did not start: {(await child.ended()).last_word}"
        raise ChildProcessError(msg)
    return _Worker(child, held)
