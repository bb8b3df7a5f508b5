"""The merge with its real child process: every row exactly once, or no file at all."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import openpyxl
import orjson
import pytest

from libs.common.storage import Storage
from services.ingest.domain.sheet_summary import SheetFacts
from services.ingest.domain.storage_keys import ExportFormat
from services.ingest.export.merge import ExportSummary, RowsDiffer, SheetPlan, write_exports
from services.ingest.export.writer import WriterDied
from services.ingest.repositories.results import StoredResult
from services.ingest.segments import Cell, ChunkRef, encode_chunk, encode_row

RESEARCH = {
    "as_of": "2026-01-01T00:00:00Z",
    "person": [],
    "sources": [],
    "company": [{"id": "c1", "text": "sells pumps"}],
}

FACTS = SheetFacts(
    filename="leads.csv",
    job_id=UUID(int=7),
    made_at=datetime(2026, 11, 27, 12, tzinfo=UTC),
    is_partial=False,
    credits_held=10,
    credits_charged=8,
    credits_per_row=1,
    price_version=3,
    sandboxed=False,
)
PLAN = SheetPlan(["Name", "Size"], FACTS)
KEYS: dict[ExportFormat, str] = {"xlsx": "result.xlsx", "csv": "result.csv"}


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.from_url(f"file://{tmp_path}/storage")


async def lay_down(storage: Storage, rows: Sequence[Sequence[Cell]], *, per_chunk: int = 3) -> list[ChunkRef]:
    refs: list[ChunkRef] = []
    members = b""
    for number, start in enumerate(range(0, len(rows), per_chunk)):
        part = rows[start : start + per_chunk]
        member = encode_chunk(encode_row(row) for row in part)
        refs.append(ChunkRef(number, start + 1, len(part), "segment", len(members), len(member)))
        members += member
    await storage.put("segment", members)
    return refs


async def results_for(row_nos: Sequence[int]) -> AsyncIterator[StoredResult]:
    for row_no in row_nos:
        if row_no % 4 == 0:
            yield StoredResult(row_no, "failed", None, None, "gave up")
        else:
            yield StoredResult(row_no, "enriched", RESEARCH, f"Hello {row_no}")


async def export(
    storage: Storage, refs: Sequence[ChunkRef], row_nos: Sequence[int], *, rows_total: int, memory_bytes: int = 1024**3
) -> ExportSummary:
    return await write_exports(
        storage=storage,
        plan=PLAN,
        refs=refs,
        outcomes=results_for(row_nos),
        rows_total=rows_total,
        keys=KEYS,
        memory_bytes=memory_bytes,
    )


ROWS: list[list[Cell]] = [[f"Acme {n}", n] for n in range(1, 11)]


async def test_every_row_comes_out_once_in_order_in_both_files(storage: Storage) -> None:
    """P1. Red when a row is lost, doubled, out of order or without its outcome."""
    summary = await export(storage, await lay_down(storage, ROWS), range(1, 11), rows_total=10)
    assert (summary.rows, summary.rows_failed, summary.sheets) == (10, 2, ["Rows", "Failed rows", "Summary"])
    xlsx, text = await storage.get("result.xlsx"), await storage.get("result.csv")
    assert summary.sizes == {"xlsx": len(xlsx), "csv": len(text)}
    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    rows = [list(row) for row in book["Rows"].iter_rows(values_only=True)]
    assert rows[0] == ["Name", "Size", "sif_research", "sif_personalized"]
    assert [row[:2] for row in rows[1:]] == ROWS
    assert [row[3] for row in rows[1:]] == [None if n % 4 == 0 else f"Hello {n}" for n in range(1, 11)]
    research = rows[1][2]
    assert isinstance(research, str)
    assert orjson.loads(research) == RESEARCH
    assert list(orjson.loads(research)) == ["person", "company", "sources", "as_of"]
    records = list(csv.reader(io.StringIO(text.decode(), newline="")))
    assert records == [["" if cell is None else str(cell) for cell in row] for row in rows]


@pytest.mark.parametrize(
    ("row_nos", "rows_total"),
    [
        (range(1, 10), 10),
        (range(1, 12), 10),
        ([1, 2, 2, 4, 5, 6, 7, 8, 9, 10], 10),
        ([1, 2, 3, 4, 5, 7, 6, 8, 9, 10], 10),
        (range(2, 12), 10),
        (range(1, 11), 11),
        (range(1, 11), 9),
        ([], 10),
    ],
)
async def test_rows_and_results_that_do_not_match_make_no_file(
    storage: Storage, row_nos: Sequence[int], rows_total: int
) -> None:
    """P1. Red when the merge pads, skips or reorders instead of refusing."""
    refs = await lay_down(storage, ROWS)
    with pytest.raises(RowsDiffer):
        await export(storage, refs, row_nos, rows_total=rows_total)
    assert not await storage.exists("result.xlsx")
    assert not await storage.exists("result.csv")


async def test_a_missing_chunk_makes_no_file(storage: Storage) -> None:
    """P1. Red when a sheet with a hole in it is stored."""
    refs = await lay_down(storage, ROWS)
    with pytest.raises(RowsDiffer):
        await export(storage, [refs[0], *refs[2:]], range(1, 11), rows_total=10)


async def test_written_twice_it_is_the_same_sheet(storage: Storage) -> None:
    """Red when the sheet depends on the attempt: a download that goes on after a second merge would mix two files."""
    refs = await lay_down(storage, ROWS)
    await export(storage, refs, range(1, 11), rows_total=10)
    first = [await storage.get(key) for key in KEYS.values()]
    await export(storage, refs, range(1, 11), rows_total=10)
    assert [await storage.get(key) for key in KEYS.values()] == first


async def test_a_writer_that_dies_is_named_and_leaves_no_file(storage: Storage) -> None:
    """Red when a half-written sheet is taken for a whole one."""
    rows: list[list[Cell]] = [["x" * 500, n] for n in range(1, 3001)]
    refs = await lay_down(storage, rows, per_chunk=50)

    async def killing() -> AsyncIterator[StoredResult]:
        for row_no in range(1, 3001):
            if row_no == 1000:
                for pid in writers():
                    os.kill(pid, signal.SIGKILL)
            yield StoredResult(row_no, "enriched", RESEARCH, "Hello")

    with pytest.raises(WriterDied, match="-9"):
        await write_exports(
            storage=storage,
            plan=PLAN,
            refs=refs,
            outcomes=killing(),
            rows_total=3000,
            keys=KEYS,
            memory_bytes=1024**3,
        )
    assert not await storage.exists("result.xlsx")


async def test_a_disk_without_room_is_not_the_writers_fault(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when it counts as the child's death: after five tries the job would have failed for want of room on our side."""
    (full := tmp_path / "full").mkdir()
    (full / "result.csv").symlink_to("/dev/full")
    refs = await lay_down(storage, ROWS)

    def full_folder(*, prefix: str) -> contextlib.nullcontext[str]:
        del prefix
        return contextlib.nullcontext(str(full))

    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "TemporaryDirectory", full_folder)
        with pytest.raises(OSError, match="No space left") as refused:
            await export(storage, refs, range(1, 11), rows_total=10)
    assert refused.value.errno == errno.ENOSPC


def writers() -> list[int]:
    """The writing children of this process."""
    tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
    pids = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    return [pid for pid in pids if b"services.ingest.export.child" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def test_the_writer_has_a_limit_of_its_own(storage: Storage) -> None:
    """P8. Red when one sheet may take the machine's memory."""
    # Cells too large for what the interpreter holds in reserve: each needs memory that the limit refuses.
    rows: list[list[Cell]] = [["x" * 4_000_000, n] for n in range(4)]
    refs = await lay_down(storage, rows, per_chunk=1)
    with pytest.raises(WriterDied):
        await export(storage, refs, range(1, 5), rows_total=4, memory_bytes=20 * 1024**2)
