"""The child that checks an upload's rows: `python -m services.ingest.checking.child FOLDER MEMORY CPU PARENT`.

On its stdin: a line `{"upload_id", "workspace_id", "mapping", "named"}`, then every row as it is stored, one a line, in
order. It writes `problems.csv` and `keys.csv` into the folder, as COPY takes them, and when stdin ends says on stdout, in
one JSON line, how many rows there were and how many findings of each code in each column.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import BinaryIO, TextIO

import orjson

from libs.common.confinement import confine
from services.ingest.domain.validation import Columns, Finding, check_row
from services.ingest.segments import cell_from_json, text_of

PROBLEMS, KEYS = "problems.csv", "keys.csv"
MAX_VALUE_CHARS = 300


def main(arguments: list[str], lines: BinaryIO, out: BinaryIO) -> None:
    """Check the rows under limits."""
    folder, memory, cpu, parent = arguments
    confine(memory_bytes=int(memory), cpu_seconds=int(cpu), parent_pid=int(parent))
    with (
        (Path(folder) / PROBLEMS).open("w", encoding="utf-8", newline="") as problems,
        (Path(folder) / KEYS).open("w", encoding="utf-8", newline="") as keys,
    ):
        found = check_lines(lines, problems=problems, keys=keys)
    out.write(orjson.dumps(found) + b"\n")
    out.flush()


def check_lines(lines: BinaryIO, *, problems: TextIO, keys: TextIO) -> dict[str, object]:
    """Check all rows of a stream; answers `{"rows", "counts": {code: {column: n}}}`."""
    about = orjson.loads(next(lines))
    columns = Columns(about["mapping"], about["named"])
    upload_id, workspace_id = about["upload_id"], about["workspace_id"]
    counts: dict[str, Counter[str]] = {}
    row_no = 0
    for row_no, line in enumerate(lines, 1):
        cells = [_text(value) for value in orjson.loads(line)]
        findings, key = check_row(cells, columns)
        for finding in findings:
            counts.setdefault(finding.code, Counter())[str(finding.column)] += 1
            problems.write(_problem(upload_id, row_no, finding))
        if key is not None:
            keys.write(f"{upload_id},{row_no},{workspace_id},{key}\n")
    return {"rows": row_no, "counts": counts}


def _text(value: object) -> str:
    if type(value) is str:
        return value
    return "" if value is None else text_of(cell_from_json(value))  # pyright: ignore[reportArgumentType] - JSON of ours


def _problem(upload_id: str, row_no: int, finding: Finding) -> str:
    # Postgres stores no NUL in a text.
    value = finding.value[:MAX_VALUE_CHARS].replace("\0", "\ufffd").replace('"', '""')
    return f'{upload_id},{row_no},{finding.code},{finding.column},"{value}",""\n'


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer)
