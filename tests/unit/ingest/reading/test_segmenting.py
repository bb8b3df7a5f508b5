"""Rows into chunks and segments."""

from __future__ import annotations

import gzip

import orjson

from services.ingest.reading.process import LINE_LIMIT
from services.ingest.reading.segmenter import Segment, Segmenter
from services.ingest.reading.survey import MAX_HEADER_CHARS
from services.ingest.segments import MAX_CHUNK_BYTES, MAX_ROW_BYTES, Cell
from tests.unit.ingest.reading.steps import Reader


def segments_of(rows: list[list[Cell]], names: list[str]) -> list[Segment]:
    segmenter = Segmenter()
    found = [segmenter.add(row, names=names, names_bytes=sum(map(len, names)) + 2 * len(names)) for row in rows]
    return [segment for segment in [*found, segmenter.finish()] if segment]


def test_a_chunk_has_at_most_fifty_rows_and_a_segment_two_thousand() -> None:
    """P8. Red when what is held in memory grows with the rows."""
    segments = segments_of([[f"row {n}"] for n in range(1, 4322)], ["Name"])
    assert [segment.rows_read for segment in segments] == [2000, 4000, 4321]
    chunks = [chunk for segment in segments for chunk in segment.chunks]
    assert [chunk.chunk_no for chunk in chunks] == list(range(87))
    assert {chunk.row_count for chunk in chunks[:-1]} == {50}
    assert [chunk.first_row_no for chunk in chunks] == list(range(1, 4322, 50))


def test_a_chunk_stays_under_its_bytes_whatever_the_rows_hold() -> None:
    """Red when chunks are closed by rows alone: an event of 50 long rows would burst its limit."""
    wide: list[list[Cell]] = [["ö" * 1990 for _ in range(20)] for _ in range(40)]
    (segment,) = segments_of(wide, [f"a rather long column name {n}" for n in range(20)])
    assert all(chunk.row_count <= MAX_CHUNK_BYTES // (20 * 1990 * 2) for chunk in segment.chunks)
    long: list[Cell] = ["x" * 300_000]
    (segment,) = segments_of([long, ["a"], long], ["Name"])
    assert [chunk.row_count for chunk in segment.chunks] == [3], "cells are cut for the wire, so these fit"


def test_a_chunk_unpacks_to_a_megabyte_or_to_one_row(read: Reader) -> None:
    """P8. Red when chunks are closed by what they have on the wire or packed: 20 rows of 500,000 equal characters would be
    44 KB that unpack to 10 MB, and the dispatcher unpacks 16 chunks at once."""
    lengths = [*[500_000] * 20, 1_500_000, 1, MAX_ROW_BYTES - len('[""]')]
    rows: list[list[Cell]] = [["x" * length] for length in lengths]
    stored = [
        gzip.decompress(segment.data[place.byte_offset : place.byte_offset + place.byte_length])
        for segment in segments_of(rows, ["Name"])
        for place in segment.chunks
    ]
    assert [len(lines.split(b"\n")) for lines in stored] == [*[2] * 10, 1, 1, 1]
    assert max(map(len, stored)) <= MAX_ROW_BYTES
    assert read(b"Name\n" + b"x" * 1_000_000 + b"\n", max_text_chars=10**7).found["row_count"] == 1


def test_the_longest_word_of_the_reading_child_fits_its_line(read: Reader) -> None:
    """Red when a header or a sample may be longer than the parent reads at once: it would break off and tell nobody why."""
    # What the file begins with is text, so that it is taken for a table.
    header = ",".join(
        f"{number:03}" + ("a" if number < 10 else "\x01") * (MAX_HEADER_CHARS - 3) for number in range(1000)
    )
    row = ",".join(["\x01" * 349] * 1000)
    found = read("\n".join([header, *[row] * 10]).encode(), max_text_chars=10**8).found
    assert len(orjson.dumps({"found": found})) < LINE_LIMIT
