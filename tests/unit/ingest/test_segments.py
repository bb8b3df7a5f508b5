"""Rows to bytes and back: every type, every character."""

import contextlib
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.storage import Storage
from services.ingest.segment_reading import read_chunk, stream_rows
from services.ingest.segments import (
    Cell,
    ChunkRef,
    SegmentDamaged,
    StoredRow,
    decode_lines,
    decode_row,
    encode_chunk,
    encode_row,
    text_of,
    wire_cells,
)

CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.integers(),
    st.floats(allow_nan=False),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


def typed(cells: list[Cell]) -> list[tuple[type, Cell]]:
    return [(type(cell), cell) for cell in cells]


@given(cells=st.lists(CELLS, max_size=12))
def test_a_row_comes_back_with_its_values_and_types(cells: list[Cell]) -> None:
    """P1. Red when a type or a character does not survive storage."""
    line = encode_row(cells)
    assert b"\n" not in line
    assert typed(decode_row(line)) == typed(cells)


async def written(storage: Storage, rows: list[list[Cell]], *, per_chunk: int) -> list[ChunkRef]:
    """Store rows the way the reader does: chunks side by side in two segments."""
    refs: list[ChunkRef] = []
    segments: dict[str, bytes] = {"s/0": b"", "s/1": b""}
    for chunk_no, start in enumerate(range(0, len(rows), per_chunk)):
        part = rows[start : start + per_chunk]
        key = f"s/{min(chunk_no // 3, 1)}"
        member = encode_chunk([encode_row(cells) for cells in part])
        refs.append(ChunkRef(chunk_no, start + 1, len(part), key, len(segments[key]), len(member)))
        segments[key] += member
    for key, data in segments.items():
        await storage.put(key, data)
    return refs


async def test_any_chunk_is_read_alone_and_all_of_them_in_order(tmp_path: Path) -> None:
    """Red when the offsets of a segment's members drift."""
    storage = Storage.from_url(f"file://{tmp_path}")
    rows: list[list[Cell]] = [[f"row {number}", number, None] for number in range(1, 24)]
    refs = await written(storage, rows, per_chunk=4)
    assert await read_chunk(storage, refs[4]) == [StoredRow(number, rows[number - 1]) for number in range(17, 21)]
    assert [row async for row in stream_rows(storage, refs)] == [StoredRow(n, c) for n, c in enumerate(rows, 1)]
    some = [refs[1], refs[2], refs[5]]
    assert [row.row_no async for row in stream_rows(storage, some)] == [*range(5, 13), *range(21, 24)]


async def test_a_chunk_that_is_not_what_its_reference_says_is_named(tmp_path: Path) -> None:
    """P1. Red when fewer rows than were counted are handed on."""
    storage = Storage.from_url(f"file://{tmp_path}")
    (ref,) = await written(storage, [["a"], ["b"]], per_chunk=4)
    with pytest.raises(SegmentDamaged, match="has 2 rows, not 3"):
        await read_chunk(storage, ChunkRef(0, 1, 3, ref.segment_key, ref.byte_offset, ref.byte_length))
    with pytest.raises(SegmentDamaged, match="cannot be unpacked"):
        await read_chunk(storage, ChunkRef(0, 1, 2, ref.segment_key, ref.byte_offset, ref.byte_length - 3))


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_never_gives_other_rows(place: int, bit: int) -> None:
    """Red when an error of zlib or of JSON gets through under its own name: nobody would take it for damage."""
    lines = [encode_row([f"row {number}", number]) for number in range(20)]
    member = bytearray(encode_chunk(lines))
    member[place % len(member)] ^= 1 << bit
    with contextlib.suppress(SegmentDamaged):
        assert decode_lines(bytes(member), ChunkRef(0, 1, 20, "s/0", 0, len(member))) == lines


@pytest.mark.parametrize("line", [b'["cut', b"7", b"{}x", b'[{"date": "tomorrow"}]', b'[{"int": 1, "float": 2}]'])
async def test_a_line_that_is_no_row_is_damage(tmp_path: Path, line: bytes) -> None:
    """Red when a reader of JSON may fail under its own name."""
    storage = Storage.from_url(f"file://{tmp_path}")
    member = encode_chunk([line])
    await storage.put("s/0", member)
    with pytest.raises(SegmentDamaged, match="holds what is no row"):
        await read_chunk(storage, ChunkRef(0, 1, 1, "s/0", 0, len(member)))


async def test_a_segment_cut_short_is_damage(tmp_path: Path) -> None:
    """Red when what lies behind an object's end counts as an outage, which is waited for without an end."""
    storage = Storage.from_url(f"file://{tmp_path}")
    (ref,) = await written(storage, [["a"], ["b"]], per_chunk=4)
    await storage.put(ref.segment_key, b"")
    with pytest.raises(SegmentDamaged, match="has 0 bytes"):
        await read_chunk(storage, ref)
    with pytest.raises(SegmentDamaged, match="has 0 bytes"):
        [row async for row in stream_rows(storage, [ref])]


def test_equal_rows_give_equal_bytes() -> None:
    """Red when a clock gets into the gzip header: a second reading would no longer overwrite with the same."""
    assert encode_chunk([b"[1]", b"[2]"]) == encode_chunk([b"[1]", b"[2]"])
    assert encode_chunk([b"[1]"])[4:8] == b"\0\0\0\0"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("00123", "00123"),
        (3.0, "3"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (True, "TRUE"),
        (date(2024, 2, 3), "2024-02-03"),
        (datetime(2024, 2, 3, 4, 5, 6), "2024-02-03 04:05:06"),  # noqa: DTZ001 - sheets know no zones
        (time(4, 5), "04:05:00"),
        (timedelta(hours=30, minutes=1), "30:01:00"),
        (timedelta(seconds=-90, microseconds=500000), "-0:01:29.500000"),
    ],
)
def test_a_cell_as_text(cell: Cell, text: str) -> None:
    assert text_of(cell) == text


def test_the_wire_leaves_blanks_out_and_cuts_long_cells() -> None:
    """Red when one long cell may burst the event of its chunk."""
    assert wire_cells(["a", "b", "c"], ["x" * 3000, None]) == {"a": "x" * 2000}
