"""The child that writes one job's files: `python -m services.ingest.export.child FOLDER MEMORY CPU PARENT`.

On its stdin: a line `{"header", "sheet_name"}`, then per row a line `[cells, [research, line, status, reason]]`.
When stdin ends it finishes `result.xlsx` and `result.csv` in the folder and says on stdout, in one JSON line, what it
wrote.
"""

import sys
from pathlib import Path
from typing import BinaryIO

import orjson

from services.ingest.confinement import confine
from services.ingest.export.sheets import ExportFiles
from services.ingest.segments import cell_from_json

XLSX_NAME = "result.xlsx"
CSV_NAME = "result.csv"


def main(arguments: list[str], lines: BinaryIO, out: BinaryIO) -> None:
    """Write the files under limits."""
    folder, memory, cpu, parent = arguments
    confine(memory_bytes=int(memory), cpu_seconds=int(cpu), parent_pid=int(parent))
    about = orjson.loads(next(lines))
    files = ExportFiles(
        header=[cell_from_json(value) for value in about["header"]],
        sheet_name=about["sheet_name"],
        xlsx=Path(folder) / XLSX_NAME,
        csv_file=Path(folder) / CSV_NAME,
    )
    for line in lines:
        row, (research, text, status, reason) = orjson.loads(line)
        cells = [cell_from_json(value) if type(value) is dict else value for value in row]
        files.add(cells, research=research, line=text, status=status, reason=reason)
    out.write(orjson.dumps(files.close()) + b"\n")
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer)
