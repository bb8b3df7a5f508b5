"""A child process that touches strangers' files, as its parent sees it: started, fed, and gone when the block ends."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

CHECKOUT = Path(__file__).resolve().parents[2]
_LINE_BYTES = 64 * 1024


class ChildEnded(Exception):
    """The child ended before it was done: its exit code, and what it said on stderr."""

    def __init__(self, code: int, errors: str) -> None:
        super().__init__(f"exit code {code}")
        self.code = code
        self.errors = errors

    @property
    def last_word(self) -> str:
        """The last line it said."""
        return (self.errors.strip().splitlines() or ["no word"])[-1]


@dataclass(frozen=True)
class ConfinedChild:
    """The running child. It confines itself (`confinement`) before it touches anything."""

    process: asyncio.subprocess.Process
    errors: asyncio.Task[bytes]

    async def send(self, data: bytes) -> None:
        """Hand over bytes; waits while it is slower than we are. Raises ChildEnded."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(data)
            await self.process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise await self.ended() from None

    async def finish(self) -> dict[str, Any]:
        """Say that this was all, and wait for what it answers. Raises ChildEnded."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        said = await self.process.stdout.read()
        if await self.process.wait() or not said:
            raise await self.ended()
        return orjson.loads(said)

    async def ended(self) -> ChildEnded:
        """How it ended, once it has."""
        code = await self.process.wait()
        return ChildEnded(code, (await self.errors).decode(errors="replace"))


@contextlib.asynccontextmanager
async def confined_child(
    module: str,
    *arguments: str,
    memory_bytes: int,
    cpu_seconds: int,
    more: tuple[int, ...] = (),
    fed: bool = True,
    line_bytes: int = _LINE_BYTES,
) -> AsyncGenerator[ConfinedChild]:
    """`python -m module ARGUMENTS MEMORY CPU MORE PARENT` without our environment, killed when the block ends.

    `fed` opens its stdin; `line_bytes` bounds a line of its stdout.
    """
    numbers = (memory_bytes, cpu_seconds, *more, os.getpid())
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        *map(str, numbers),
        stdin=asyncio.subprocess.PIPE if fed else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        limit=line_bytes,
    )
    assert process.stderr is not None
    errors = asyncio.create_task(process.stderr.read())
    try:
        yield ConfinedChild(process, errors)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await errors
