"""The parent's side of checking: feeds the child with rows as they are stored, and hears what it found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from libs.common.confined_child import ChildEnded, confined_child
from libs.common.errors import Transient
from libs.common.storage import Storage
from services.ingest.segment_reading import stream_lines
from services.ingest.segments import ChunkRef

MODULE = "services.ingest.checking.child"
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
    running = confined_child(MODULE, str(folder), memory_bytes=_MEMORY_BYTES, cpu_seconds=_CPU_SECONDS)
    try:
        async with running as child:
            await child.send(orjson.dumps(about) + b"\n")
            async for _, lines in stream_lines(storage, refs):
                await child.send(b"\n".join(lines) + b"\n")
            said = await child.finish()
    except ChildEnded as end:
        msg = f"the process that checks rows ended with {end.code}: {end.last_word}"
        raise CheckerDied(msg) from end
    return Checked(**said)
