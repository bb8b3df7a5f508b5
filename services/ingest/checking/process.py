"""The parent's side of checking: feeds the child with rows as they are stored, and hears what it found."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from libs.common.errors import Transient
from libs.common.storage import Storage
from services.ingest.segments import ChunkRef, stream_lines

MODULE = "services.ingest.checking.child"
CHECKOUT = Path(__file__).resolve().parents[3]
_MEMORY_BYTES = 512 * 1024 * 1024
_CPU_SECONDS = 900


class CheckerDied(Transient):
    """The child ended before it was done; its rows may be checked again."""

    code = "checker_died"


@dataclass(frozen=True)
class Checked:
    """How many rows were checked, and how many findings of each code there are in each column (as text; -1 is the row)."""

    rows: int
    counts: Mapping[str, Mapping[str, int]]


async def check_rows(
    folder: Path, *, about: Mapping[str, object], refs: Iterable[ChunkRef], storage: Storage
) -> Checked:
    """Have the child write its files into the folder; memory stays at one segment. Raises CheckerDied."""
    async with _child(folder) as (child, errors):
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(orjson.dumps(about) + b"\n")
            async for _, lines in stream_lines(storage, refs):
                child.stdin.write(b"\n".join(lines) + b"\n")
                await child.stdin.drain()
            child.stdin.close()
        except (BrokenPipeError, ConnectionResetError):
            raise await _death(child, errors) from None
        said = await child.stdout.read()
        if await child.wait() or not said:
            raise await _death(child, errors)
    return Checked(**orjson.loads(said))


async def _death(child: asyncio.subprocess.Process, errors: "asyncio.Task[bytes]") -> CheckerDied:
    code = await child.wait()
    last = (await errors).decode(errors="replace").strip().splitlines()[-1:] or ["no word"]
    return CheckerDied(f"the process that checks rows ended with {code}: {last[0]}")


@contextlib.asynccontextmanager
async def _child(folder: Path) -> AsyncGenerator[tuple[asyncio.subprocess.Process, "asyncio.Task[bytes]"]]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        *(str(folder), str(_MEMORY_BYTES), str(_CPU_SECONDS), str(os.getpid())),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
    )
    assert child.stderr is not None
    errors = asyncio.create_task(child.stderr.read())
    try:
        yield child, errors
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        await errors
