"""The child process that writes a sheet, as its parent sees it."""

import contextlib
import errno
import os
from collections.abc import AsyncGenerator
from pathlib import Path

from libs.common.confined_child import ChildEnded, ConfinedChild, confined_child
from libs.common.errors import Transient

MODULE = "services.ingest.export.child"
_CPU_SECONDS = 3600


class WriterDied(Transient):
    """The child that writes ended before it was done."""

    code = "export_writer_died"


@contextlib.asynccontextmanager
async def writing(folder: Path, *, memory_bytes: int) -> AsyncGenerator[ConfinedChild]:
    """Start the child; it is gone when the block ends. Raises WriterDied, or OSError when there is no room for what it writes."""
    try:
        async with confined_child(MODULE, str(folder), memory_bytes=memory_bytes, cpu_seconds=_CPU_SECONDS) as child:
            yield child
    except ChildEnded as end:
        for full in (errno.ENOSPC, errno.EDQUOT):
            if os.strerror(full) in end.last_word:
                raise OSError(full, os.strerror(full)) from end
        msg = f"the process that writes the sheet ended with {end.code}: {end.last_word}"
        raise WriterDied(msg) from end
