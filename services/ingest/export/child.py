"""The child that writes one sheet: `python -m services.ingest.export.child FOLDER MEMORY CPU PARENT`.

On its stdin: a line `{"header", "sheet_name", "extras", "flat", "formats"}`; then per row three lines: the row as it is
stored, its research (JSON, or nothing), `[status, reason, personalized, *extras]`; at last `{"summary": [[…], …]}`. It
then finishes `result.xlsx` and `result.csv` in the folder, those asked for, and says on stdout, in one JSON line, what it
wrote.
"""

import gc
import sys
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from libs.common.confinement import confine
from services.ingest.export.columns import Columns
from services.ingest.export.sheets import ExportFiles
from services.ingest.segments import cell_from_json

XLSX_NAME = "result.xlsx"
CSV_NAME = "result.csv"


def main(arguments: list[str], lines: BinaryIO, out: BinaryIO) -> None:
    """Write the files under limits. Raises EOFError when its stdin ends before the summary."""
    folder, memory, cpu, parent = arguments
    confine(memory_bytes=int(memory), cpu_seconds=int(cpu), parent_pid=int(parent))
    # Nothing here makes cycles, and looking for them costs a twentieth of the time.
    gc.disable()
    files = _begin(Path(folder), orjson.loads(next(lines)))
    for line in lines:
        if line.startswith(b"{"):
            summary = [[cell_from_json(cell) for cell in row] for row in orjson.loads(line)["summary"]]
            out.write(orjson.dumps(files.close(summary)) + b"\n")
            out.flush()
            return
        files.add(line, lines.readline()[:-1], lines.readline())
    msg = "the rows broke off before their end"
    raise EOFError(msg)


def _begin(folder: Path, about: dict[str, Any]) -> ExportFiles:
    own = [cell_from_json(value) for value in about["header"]]
    return ExportFiles(
        Columns(own, extras=about["extras"], flat=about["flat"]),
        sheet_name=about["sheet_name"],
        xlsx=folder / XLSX_NAME if "xlsx" in about["formats"] else None,
        csv_file=folder / CSV_NAME if "csv" in about["formats"] else None,
    )


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer)
