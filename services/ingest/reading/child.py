"""The child that reads one file: `python -m services.ingest.reading.child FILE OPTIONS MEMORY CPU TEXT PARENT`.

On its stdout: JSON lines `{"segment": …, "bytes": n}`, each followed by the segment's n bytes; before them `{"sheets": […]}`
for a workbook, and again after the rows of a large sheet that is not of the size it states; among them one `{"preview": …}`;
at the end `{"found": …}` or `{"refused": {"code", "detail"}}`. It knows no secret and opens no connection.
"""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import orjson

from libs.common.confinement import confine
from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.reading.opening import open_table
from services.ingest.reading.refusals import Refused
from services.ingest.reading.segmenter import Segment
from services.ingest.reading.survey import Preview, Survey
from services.ingest.reading.table import SheetFacts


def main(arguments: list[str], out: BinaryIO) -> None:
    """Read the file under limits and say what it is. After a refusal the process ends here: to take apart what a hostile
    file made of its memory could take longer than to read it did."""
    path, decided, memory, cpu, max_text, parent = arguments
    confine(memory_bytes=int(memory), cpu_seconds=int(cpu), parent_pid=int(parent))
    try:
        _read(Path(path), ReadingOptions(**orjson.loads(decided)), out, max_text_chars=int(max_text))
    except Refused as refusal:
        _say(out, {"refused": {"code": refusal.code, "detail": refusal.detail}})
        os._exit(0)
    except MemoryError:
        detail = f"Reading it takes more than {int(memory) // 1024**2:,} MB of memory, which is the limit."
        _say(out, {"refused": {"code": "too_large", "detail": detail}})
        os._exit(0)


def _read(path: Path, options: ReadingOptions, out: BinaryIO, *, max_text_chars: int) -> None:
    def say_sheets(sheets: Sequence[SheetFacts]) -> None:
        _say(out, {"sheets": [asdict(sheet) for sheet in sheets]})

    table = open_table(path, options, sheets_seen=say_sheets)
    survey = Survey(table, max_text_chars=max_text_chars, header_row=options.header_row)
    with contextlib.closing(table.rows):
        for finding in survey.findings():
            if isinstance(finding, Preview):
                _say(out, {"preview": finding.found})
            else:
                _say_segment(out, finding)
    _say(out, {"found": survey.found()})


def _say_segment(out: BinaryIO, segment: Segment) -> None:
    chunks = [list(asdict(chunk).values()) for chunk in segment.chunks]
    _say(out, {"segment": {"chunks": chunks, "rows_read": segment.rows_read}, "bytes": len(segment.data)})
    out.write(segment.data)
    out.flush()


def _say(out: BinaryIO, message: dict[str, object]) -> None:
    out.write(orjson.dumps(message) + b"\n")
    out.flush()


def read_in_process(
    path: Path, *, max_text_chars: int, options: ReadingOptions | None = None
) -> Iterator[Segment | dict[str, object]]:
    """The same reading without a child, for tests of the readers: segments, then what was found."""
    options = options or ReadingOptions()
    table = open_table(path, options)
    survey = Survey(table, max_text_chars=max_text_chars, header_row=options.header_row)
    with contextlib.closing(table.rows):
        yield from (finding for finding in survey.findings() if isinstance(finding, Segment))
    yield survey.found()


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdout.buffer)
