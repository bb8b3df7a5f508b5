"""The child process that writes a sheet, as its parent sees it."""

import asyncio
import contextlib
import errno
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import orjson

from libs.common.errors import Transient

MODULE = "services.ingest.export.child"
CHECKOUT = Path(__file__).resolve().parents[3]
_CPU_SECONDS = 3600


class WriterDied(Transient):
    """The child that writes ended before it was done."""

    code = "export_writer_died"


class Writer:
    """The child process; sending waits while it is slower than we are."""

    def __init__(self, child: asyncio.subprocess.Process, errors: asyncio.Task[bytes]) -> None:
        self._child = child
        self._errors = errors

    async def send(self, data: bytes) -> None:
        """Hand over lines. Raises WriterDied, or OSError when there is no room for what it writes."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(data)
            await self._child.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise await self._death() from None

    async def finish(self) -> dict[str, Any]:
        """Wait until it is done; answers what it wrote. Raises as `send` does."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        said = await self._child.stdout.read()
        if await self._child.wait() or not said:
            raise await self._death()
        return orjson.loads(said)

    async def _death(self) -> WriterDied | OSError:
        code = await self._child.wait()
        errors = (await self._errors).decode(errors="replace").strip().splitlines()
        last = errors[-1] if errors else "no word"
        for full in (errno.ENOSPC, errno.EDQUOT):
            if os.strerror(full) in last:
                return OSError(full, os.strerror(full))
        return WriterDied(f"the process that writes the sheet ended with {code}: {last}")


@contextlib.asynccontextmanager
async def writing(folder: Path, *, memory_bytes: int) -> AsyncGenerator[Writer]:
    """Start the child; it is gone when the block ends, whatever happened."""
    numbers = (memory_bytes, _CPU_SECONDS, os.getpid())
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        str(folder),
        *map(str, numbers),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
    )
    assert child.stderr is not None
    errors = asyncio.create_task(child.stderr.read())
    try:
        yield Writer(child, errors)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        await errors
