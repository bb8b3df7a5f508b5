"""Delimited text as rows: every field is text, exactly as it stands there."""

import csv
from collections.abc import Generator
from pathlib import Path
from typing import TextIO

from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.reading.dialect import Dialect, choose_dialect, separator_line
from services.ingest.reading.refusals import Refused
from services.ingest.reading.table import Table
from services.ingest.reading.text import choose_encoding, codec_of, read_sample
from services.ingest.segments import Cell

MAX_FIELD_CHARS = 1_000_000
MAX_LINE_CHARS = 8 * 1024 * 1024
"""No row may be nearly so long, whatever the line quotes; without an end in sight it is not read further."""


def read_csv(path: Path, options: ReadingOptions) -> Table:
    """Open a delimited text file. Raises Refused for what is no table, and for options that it does not bear."""
    if options.sheet is not None:
        raise Refused("option_invalid", f"This is a text file: it has no sheet {options.sheet!r}. Choose none.")
    encoding = choose_encoding(path, options.encoding)
    sample = read_sample(path, encoding, chosen=options.encoding is not None)
    dialect = choose_dialect(sample, options)
    rows = _rows(path, encoding, dialect)
    return Table(
        kind="csv",
        reader="csv",
        rows=_without_first(rows) if separator_line(sample) else rows,
        encoding=encoding,
        delimiter=dialect.delimiter,
        quotechar=dialect.quotechar,
    )


def _without_first(rows: Generator[list[Cell]]) -> Generator[list[Cell]]:
    """The line that names the separator stays as a blank row, so that rows keep their numbers."""
    next(rows, None)
    yield []
    yield from rows


def _rows(path: Path, encoding: str, dialect: Dialect) -> Generator[list[Cell]]:
    csv.field_size_limit(MAX_FIELD_CHARS)
    with path.open(encoding=codec_of(encoding), newline="") as file:
        reader = csv.reader(
            _lines(file),
            delimiter=dialect.delimiter,
            quotechar=dialect.quotechar,
            quoting=csv.QUOTE_NONE if dialect.quotechar is None else csv.QUOTE_MINIMAL,
            escapechar=dialect.escapechar,
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


def _lines(file: TextIO) -> Generator[str]:
    line = file.readline(MAX_LINE_CHARS).removeprefix("\ufeff")
    while line:
        if len(line) >= MAX_LINE_CHARS:
            raise Refused(
                "too_large",
                f"A line has more than {MAX_LINE_CHARS:,} characters, which is the limit: this is not one row of a table.",
            )
        # A NUL means nothing in a table, and neither Postgres nor a workbook can hold one.
        yield line.replace("\0", "")
        line = file.readline(MAX_LINE_CHARS)
