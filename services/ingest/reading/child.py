"""The child that reads one file: `python -m services.ingest.reading.child FILE MEMORY CPU TEXT PARENT`.

On its stdout: JSON lines `{"segment": …, "bytes": n}`, each followed by the segment's n bytes, and at the end one line
`{"found": …}` or `{"refused": {"code", "detail"}}`. It knows no secret and opens no connection.
"""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import orjson

from services.ingest.confinement import confine
from services.ingest.reading.refusals import Refused
from services.ingest.reading.segmenter import Segment
from services.ingest.reading.sniff import sniff
from services.ingest.reading.survey import Survey
from services.ingest.reading.table import Table


def main(arguments: list[str], out: BinaryIO) -> None:
    """Read the file under limits and say what it is."""
    path, memory, cpu, max_text, parent = arguments
    confine(memory_bytes=int(memory), cpu_seconds=int(cpu), parent_pid=int(parent))
    try:
        survey = Survey(_open(Path(path)), max_text_chars=int(max_text))
        for segment in survey.segments():
            _say_segment(out, segment)
        _say(out, {"found": survey.found()})
    except Refused as refusal:
        _say(out, {"refused": {"code": refusal.code, "detail": refusal.detail}})
    except MemoryError:
        detail = f"Reading it takes more than {int(memory) // 1024**2:,} MB of memory, which is the limit."
        _say(out, {"refused": {"code": "too_large", "detail": detail}})


def _open(path: Path) -> Table:
    if sniff(path) == "xlsx":
        from services.ingest.reading.xlsx_rows import read_xlsx

        return read_xlsx(path)
    from services.ingest.reading.csv_rows import read_csv

    return read_csv(path)


def _say_segment(out: BinaryIO, segment: Segment) -> None:
    chunks = [list(asdict(chunk).values()) for chunk in segment.chunks]
    _say(out, {"segment": {"chunks": chunks, "rows_read": segment.rows_read}, "bytes": len(segment.data)})
    out.write(segment.data)
    out.flush()


def _say(out: BinaryIO, message: dict[str, object]) -> None:
    out.write(orjson.dumps(message) + b"\n")
    out.flush()


def read_in_process(path: Path, *, max_text_chars: int) -> Iterator[Segment | dict[str, object]]:
    """The same reading without a child, for tests of the readers: segments, then what was found."""
    survey = Survey(_open(path), max_text_chars=max_text_chars)
    yield from survey.segments()
    yield survey.found()


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdout.buffer)
