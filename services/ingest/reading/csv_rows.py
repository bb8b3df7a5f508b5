"""Delimited text as rows: every field is text, exactly as it stands there."""

import csv
from collections.abc import Iterator
from pathlib import Path

from services.ingest.reading.refusals import Refused
from services.ingest.reading.table import Table
from services.ingest.reading.text import Dialect, detect_dialect, detect_encoding, read_sample
from services.ingest.segments import Cell

MAX_FIELD_CHARS = 1_000_000


def read_csv(path: Path) -> Table:
    """Open a delimited text file. Raises Refused for what is no table."""
    encoding = detect_encoding(path)
    dialect = detect_dialect(read_sample(path, encoding))
    shown = "utf-8" if encoding == "utf-8-sig" else encoding
    return Table("csv", _rows(path, encoding, dialect), encoding=shown, delimiter=dialect.delimiter)


def _rows(path: Path, encoding: str, dialect: Dialect) -> Iterator[list[Cell]]:
    csv.field_size_limit(MAX_FIELD_CHARS)
    with path.open(encoding=encoding, newline="") as file:
        # A NUL means nothing in a table, and neither Postgres nor a workbook can hold one.
        lines = (line.replace("\0", "") for line in file)
        reader = csv.reader(
            lines, delimiter=dialect.delimiter, quotechar=dialect.quotechar, escapechar=dialect.escapechar
        )
        try:
            for record in reader:
                yield [field or None for field in record]
        except csv.Error as error:
            raise Refused(
                "unreadable",
                f"Near line {reader.line_num:,} the text cannot be split into fields ({error}):"
                " often a quotation mark that is opened and never closed.",
            ) from error
