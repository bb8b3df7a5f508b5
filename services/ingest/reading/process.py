"""The parent's side of reading: runs the child, hands on what it says, and names how it died when it does."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from libs.common.confined_child import confined_child
from libs.common.errors import Transient
from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.domain.uploads import Problem, Reading
from services.ingest.reading.segmenter import ChunkPlace, Segment

MODULE = "services.ingest.reading.child"
LINE_LIMIT = 64 * 1024 * 1024
"""Above the longest line: what was found in 1,000 columns with headers of 2,000 characters, ten rows of the sample with
cells of 500, and names of 120, where every character is one that JSON writes with six bytes."""
SMALL_FILE_BYTES = 20 * 1000**2
SMALL_FILE_MEMORY_BYTES = 512 * 1024**2
_ERROR_CHARS = 2000
_CRASHES = frozenset({-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL})


@dataclass(frozen=True)
class ReadingLimits:
    """What one reading may use: `memory_bytes` of address space, for files under SMALL_FILE_BYTES never more than
    SMALL_FILE_MEMORY_BYTES."""

    memory_bytes: int
    cpu_seconds: int
    max_text_chars: int

    def for_file(self, size_bytes: int) -> "ReadingLimits":
        """These limits, lowered for a small file."""
        if size_bytes >= SMALL_FILE_BYTES:
            return self
        return replace(self, memory_bytes=min(self.memory_bytes, SMALL_FILE_MEMORY_BYTES))


class ReaderKilled(Transient):
    """The child was killed from outside; the file is not to blame, and it may be read again."""

    code = "reader_killed"


@dataclass(frozen=True)
class Sheets:
    """A workbook's sheets, as `{name, rows, columns, visible}`."""

    sheets: list[dict[str, Any]]


@dataclass(frozen=True)
class Preview:
    """What its first rows say a file is; the count is that of the rows so far."""

    reading: Reading


End = Reading | Problem
Finding = Sheets | Preview | Segment | End


async def read_file(
    path: Path, limits: ReadingLimits, *, options: ReadingOptions | None = None
) -> AsyncGenerator[Finding]:
    """A workbook's sheets, a preview, segments as they are read, and last what was found, or why the file is refused.

    Raises ReaderKilled.
    """
    limits = limits.for_file((await asyncio.to_thread(path.stat)).st_size)
    decided = orjson.dumps((options or ReadingOptions()).as_json()).decode()
    async with confined_child(
        MODULE,
        str(path),
        decided,
        memory_bytes=limits.memory_bytes,
        cpu_seconds=limits.cpu_seconds,
        more=(limits.max_text_chars,),
        fed=False,
        line_bytes=LINE_LIMIT,
    ) as child:
        stdout = child.process.stdout
        assert stdout is not None
        while line := await stdout.readline():
            finding = await _finding(orjson.loads(line), stdout)
            yield finding
            if isinstance(finding, End):
                return
        end = await child.ended()
        yield cause_of_death(end.code, end.errors, limits)


async def _finding(message: dict[str, Any], stdout: asyncio.StreamReader) -> Finding:
    if "segment" in message:
        data = await stdout.readexactly(message["bytes"])
        chunks = [ChunkPlace(*place) for place in message["segment"]["chunks"]]
        return Segment(data, chunks, message["segment"]["rows_read"])
    if "sheets" in message:
        return Sheets(message["sheets"])
    if "preview" in message:
        return Preview(Reading(**message["preview"]))
    return Reading(**message["found"]) if "found" in message else Problem(**message["refused"])


def cause_of_death(code: int, errors: str, limits: ReadingLimits) -> Problem:
    """The child fell silent: SIGKILL is somebody else's doing (raises ReaderKilled), everything else is the file's."""
    if code == -signal.SIGKILL:
        msg = "the process that read the file was killed"
        raise ReaderKilled(msg)
    if code == -signal.SIGXCPU:
        return Problem("too_large", f"Reading it takes more than {limits.cpu_seconds} seconds, which is the limit.")
    if code == -signal.SIGVTALRM:
        return Problem("too_large", "Opening it takes more time than a workbook of its size may: save it as CSV.")
    if code == -signal.SIGABRT or "memory allocation" in errors or "MemoryError" in errors:
        megabytes = limits.memory_bytes // 1024**2
        msg = (
            f"Reading it takes more than {megabytes:,} MB of memory, which is the limit: delete what stands alone far from"
            " the table, or save it as CSV, which takes little."
        )
        return Problem("too_large", msg)
    if code in _CRASHES:
        msg = (
            f"The program that reads it crashed on it ({signal.Signals(-code).name}), as it does on a damaged file, or when its"
            f" {limits.memory_bytes // 1024**2:,} MB of memory are used up: open it and save it again, or split it."
        )
        return Problem("unreadable", msg)
    reason = errors.strip().splitlines()[-1][:_ERROR_CHARS] if errors.strip() else f"exit status {code}"
    return Problem("unreadable", f"The file cannot be read ({reason}): open it and save it again.")
