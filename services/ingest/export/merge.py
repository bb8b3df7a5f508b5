"""Merge: stored rows and their results, side by side in row order, into one XLSX and one CSV in storage."""

import asyncio
import contextlib
import errno
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from libs.common.contracts.research import Research
from libs.common.errors import Permanent, Transient
from libs.common.storage import Storage
from services.ingest.export.child import CSV_NAME, XLSX_NAME
from services.ingest.repositories.results import StoredResult
from services.ingest.segments import Cell, ChunkRef, cell_to_json, stream_lines

MODULE = "services.ingest.export.child"
CHECKOUT = Path(__file__).resolve().parents[3]
DEFAULT_SHEET = "Rows"
_MIB = 1024 * 1024
_DEFAULT_MEMORY_BYTES = 1024 * _MIB
_CPU_SECONDS = 3600


@dataclass(frozen=True)
class ExportSummary:
    """What was written. `cells_cut` counts cells longer than a workbook's cell can hold; the CSV has them whole."""

    rows: int
    rows_failed: int
    sheets: Sequence[str]
    cells_cut: int
    xlsx_bytes: int
    csv_bytes: int


class RowsDiffer(Permanent):
    """Rows and results do not match one to one: a sheet written from them would lose or invent rows."""

    code = "rows_differ"


class WriterDied(Transient):
    """The child that writes ended before it was done."""

    code = "export_writer_died"


async def write_exports(
    *,
    storage: Storage,
    header: Sequence[Cell],
    refs: Iterable[ChunkRef],
    results: AsyncIterator[StoredResult],
    rows_total: int,
    xlsx_key: str,
    csv_key: str,
    sheet_name: str | None = None,
    memory_bytes: int = _DEFAULT_MEMORY_BYTES,
) -> ExportSummary:
    """Write both files under their keys; again, it overwrites them with the same rows.

    `refs` and `results` come in row order. Raises RowsDiffer unless every row has exactly one result and there are
    `rows_total` of them (nothing is stored then), WriterDied when the child fails, OSError when there is no room for it.
    """
    with tempfile.TemporaryDirectory(prefix="corofy-export-") as name:
        folder = Path(name)
        about = {"header": [cell_to_json(cell) for cell in header], "sheet_name": sheet_name or DEFAULT_SHEET}
        async with _writer(folder, memory_bytes=memory_bytes) as writer:
            await writer.send(orjson.dumps(about) + b"\n")
            sent = await _send_rows(writer, storage=storage, refs=refs, results=results)
            if sent != rows_total:
                msg = f"the job has {rows_total} rows, its sheet would have {sent}"
                raise RowsDiffer(msg)
            written = await writer.finish()
        if written["rows"] != rows_total:
            msg = f"the job has {rows_total} rows, {written['rows']} were written"
            raise RowsDiffer(msg)
        xlsx, csv_file = folder / XLSX_NAME, folder / CSV_NAME
        await storage.put_file(xlsx_key, xlsx)
        await storage.put_file(csv_key, csv_file)
        return ExportSummary(**written, xlsx_bytes=xlsx.stat().st_size, csv_bytes=csv_file.stat().st_size)


async def _send_rows(
    writer: "_Writer", *, storage: Storage, refs: Iterable[ChunkRef], results: AsyncIterator[StoredResult]
) -> int:
    sent = 0
    async for ref, lines in stream_lines(storage, refs):
        messages: list[bytes] = []
        for row_no, line in enumerate(lines, ref.first_row_no):
            result = await anext(results, None)
            if result is None or result.row_no != row_no or row_no != sent + 1:
                found = f"row {result.row_no}" if result else "nothing"
                msg = f"row {sent + 1} is next; the sheet has row {row_no} and the results have {found}"
                raise RowsDiffer(msg)
            messages.append(_row_message(line, result))
            sent += 1
        await writer.send(b"".join(messages))
    if (left := await anext(results, None)) is not None:
        msg = f"there is a result for row {left.row_no}, and the sheet ends at row {sent}"
        raise RowsDiffer(msg)
    return sent


def _row_message(line: bytes, result: StoredResult) -> bytes:
    """One row on its way to the child: the stored line untouched, and what was found for it."""
    found = [_research_text(result.research), result.line, result.status, result.reason]
    return b"[%b,%b]\n" % (line, orjson.dumps(found))


def _research_text(research: dict[str, Any] | None) -> str | None:
    """The research as compact JSON, in the contract's order of keys (jsonb keeps an order of its own)."""
    if research is None:
        return None
    known = {name: research[name] for name in Research.model_fields if name in research}
    return orjson.dumps(known | research).decode()


class _Writer:
    """The child process; sending waits while it is slower than we are."""

    def __init__(self, child: asyncio.subprocess.Process, errors: asyncio.Task[bytes]) -> None:
        self._child = child
        self._errors = errors

    async def send(self, data: bytes) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(data)
            await self._child.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise await self._death() from None

    async def finish(self) -> dict[str, Any]:
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
async def _writer(folder: Path, *, memory_bytes: int) -> AsyncGenerator[_Writer]:
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
        yield _Writer(child, errors)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        await errors
