"""From a file to a table: unpack it if it is packed, find out what it is, and give it to the reader for that."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.reading.archives import kind_of_zip, open_zip, unpack_gzip, unpack_zip
from services.ingest.reading.refusals import Refused
from services.ingest.reading.sniff import sniff
from services.ingest.reading.table import SheetFacts, Table

SheetsSeen = Callable[[list[SheetFacts]], None]


def open_table(path: Path, options: ReadingOptions, *, sheets_seen: SheetsSeen = lambda _: None) -> Table:
    """The table in a file; `sheets_seen` is told of a workbook's sheets before one is chosen. Raises Refused.

    What is unpacked lies beside the file and is its owner's to delete.
    """
    content = sniff(path)
    if content == "gzip":
        inner = path.with_name("unpacked")
        unpack_gzip(path, inner)
        return _open_inner(inner, options, archive="gzip", sheets_seen=sheets_seen)
    if content == "zip":
        with open_zip(path) as archive:
            if kind_of_zip(archive) == "archive":
                inner = path.with_name("unpacked")
                name = unpack_zip(archive, inner)
                return _open_inner(inner, options, archive=f"zip: {name}", sheets_seen=sheets_seen)
    return _open_plain(path, options, sheets_seen=sheets_seen)


def _open_inner(path: Path, options: ReadingOptions, *, archive: str, sheets_seen: SheetsSeen) -> Table:
    content = sniff(path)
    if content == "gzip":
        raise _nested()
    if content == "zip":
        with open_zip(path) as inner:
            if kind_of_zip(inner) == "archive":
                raise _nested()
    return replace(_open_plain(path, options, sheets_seen=sheets_seen), archive=archive)


def _nested() -> Refused:
    return Refused("nested_archive", "There is an archive in the archive: unpack it, and send the table that is in it.")


def _open_plain(path: Path, options: ReadingOptions, *, sheets_seen: SheetsSeen) -> Table:
    # Each reader's libraries take time to import: only those that are needed are.
    if sniff(path) == "csv":
        from services.ingest.reading.csv_rows import read_csv

        return read_csv(path, options)
    from services.ingest.reading.workbook import read_workbook

    return read_workbook(path, options, sheets_seen=sheets_seen)
