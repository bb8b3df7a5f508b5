"""Merge: stored rows and their results, side by side in row order, into one XLSX, one CSV or both in storage."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from libs.common.confined_child import ConfinedChild
from libs.common.contracts.research import Research
from libs.common.errors import Permanent
from libs.common.storage import Storage
from services.ingest.domain.extra_cells import extra_cell
from services.ingest.domain.product_cells import product_cells, product_columns
from services.ingest.domain.sheet_summary import SheetFacts, SheetTally, summary_rows
from services.ingest.domain.storage_keys import ExportFormat
from services.ingest.export.child import CSV_NAME, XLSX_NAME
from services.ingest.export.writer import writing
from services.ingest.repositories.results import StoredResult
from services.ingest.segment_reading import stream_lines
from services.ingest.segments import Cell, ChunkRef, cell_to_json

DEFAULT_SHEET = "Rows"
_FILE_NAMES: Mapping[ExportFormat, str] = {"xlsx": XLSX_NAME, "csv": CSV_NAME}

NoteRows = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class SheetPlan:
    """What the sheet looks like: its own columns, extra ones (name → kind, in the order asked for), flattened or not, with
    products or not."""

    header: Sequence[Cell]
    facts: SheetFacts
    name: str | None = None
    extras: Mapping[str, str] | None = None
    flat: bool = False
    products: bool = False

    @property
    def added(self) -> list[str]:
        """The headers after the line: products, then what was asked for."""
        return [*(product_columns(flat=self.flat) if self.products else ()), *(self.extras or {})]


@dataclass(frozen=True)
class ExportSummary:
    """What was written. `cells_cut` counts cells longer than a workbook's cell can hold; the CSV has them whole."""

    rows: int
    rows_failed: int
    sheets: Sequence[str]
    cells_cut: int
    sizes: Mapping[ExportFormat, int]


class RowsDiffer(Permanent):
    """Rows and results do not match one to one: a sheet written from them would lose or invent rows."""

    code = "rows_differ"


async def write_exports(
    *,
    storage: Storage,
    plan: SheetPlan,
    refs: Iterable[ChunkRef],
    outcomes: AsyncIterator[StoredResult],
    rows_total: int,
    keys: Mapping[ExportFormat, str],
    memory_bytes: int,
    note_rows: NoteRows | None = None,
) -> ExportSummary:
    """Write each format under its key; again, it overwrites them with the same rows. `note_rows` hears how far it is.

    `refs` and `outcomes` come in row order. Raises RowsDiffer unless every row has exactly one outcome and there are
    `rows_total` of them (nothing is stored then), WriterDied when the child fails, OSError when there is no room for it.
    """
    with tempfile.TemporaryDirectory(prefix="corofy-export-") as name:
        folder = Path(name)
        async with writing(folder, memory_bytes=memory_bytes) as writer:
            await writer.send(_opening(plan, list(keys)))
            feed = _Feed(writer, plan, note_rows)
            await feed.send_rows(storage, refs=refs, outcomes=outcomes)
            if feed.sent != rows_total:
                msg = f"the sheet has {rows_total} rows, what would be written has {feed.sent}"
                raise RowsDiffer(msg)
            await writer.send(_closing(plan, feed.tally))
            written = await writer.finish()
        if written["rows"] != rows_total:
            msg = f"the sheet has {rows_total} rows, {written['rows']} were written"
            raise RowsDiffer(msg)
        sizes: dict[ExportFormat, int] = {}
        for file_format, key in keys.items():
            path = folder / _FILE_NAMES[file_format]
            await storage.put_file(key, path)
            sizes[file_format] = path.stat().st_size
        return ExportSummary(**written, sizes=sizes)


class _Feed:
    """Sends rows to the child and counts what they came out as."""

    def __init__(self, writer: ConfinedChild, plan: SheetPlan, note_rows: NoteRows | None) -> None:
        self._writer = writer
        self._plan = plan
        self._extras = dict(plan.extras or {})
        self._note_rows = note_rows
        self.tally = SheetTally()
        self.sent = 0

    async def send_rows(
        self, storage: Storage, *, refs: Iterable[ChunkRef], outcomes: AsyncIterator[StoredResult]
    ) -> None:
        async for ref, lines in stream_lines(storage, refs):
            messages: list[bytes] = []
            for row_no, line in enumerate(lines, ref.first_row_no):
                outcome = await anext(outcomes, None)
                if outcome is None or outcome.row_no != row_no or row_no != self.sent + 1:
                    found = f"row {outcome.row_no}" if outcome else "nothing"
                    msg = f"row {self.sent + 1} is next; the sheet has row {row_no} and the results have {found}"
                    raise RowsDiffer(msg)
                messages.append(self._message(line, outcome))
                self.sent += 1
            await self._writer.send(b"".join(messages))
            if self._note_rows is not None:
                await self._note_rows(self.sent)
        if (left := await anext(outcomes, None)) is not None:
            msg = f"there is a result for row {left.row_no}, and the sheet ends at row {self.sent}"
            raise RowsDiffer(msg)

    def _message(self, line: bytes, outcome: StoredResult) -> bytes:
        """One row on its way to the child: the stored line untouched, and what was found for it."""
        self.tally.add(status=outcome.status, reason=outcome.reason, sandboxed=outcome.is_sandboxed)
        if outcome.research is not None:
            self.tally.sources.add(outcome.research.get("sources") or ())
        answers = outcome.extra or {}
        extras = [cell_to_json(extra_cell(answers.get(name), kind=kind)) for name, kind in self._extras.items()]
        products = product_cells(outcome.product, flat=self._plan.flat) if self._plan.products else []
        found = [outcome.status, outcome.reason, outcome.line, *products, *extras]
        return b"%b\n%b\n%b\n" % (line, _research_json(outcome.research), orjson.dumps(found))


def _opening(plan: SheetPlan, formats: Sequence[ExportFormat]) -> bytes:
    about = {
        "header": [cell_to_json(cell) for cell in plan.header],
        "sheet_name": plan.name or DEFAULT_SHEET,
        "extras": plan.added,
        "flat": plan.flat,
        "formats": formats,
    }
    return orjson.dumps(about) + b"\n"


def _closing(plan: SheetPlan, tally: SheetTally) -> bytes:
    rows = [[cell_to_json(cell) for cell in row] for row in summary_rows(plan.facts, tally)]
    return orjson.dumps({"summary": rows}) + b"\n"


def _research_json(research: dict[str, Any] | None) -> bytes:
    """The research as compact JSON, in the contract's order of keys (jsonb keeps an order of its own)."""
    if research is None:
        return b""
    known = {name: research[name] for name in Research.model_fields if name in research}
    return orjson.dumps(known | research)
