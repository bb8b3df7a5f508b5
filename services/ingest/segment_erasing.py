"""Emptying rows in a stored segment, in place: every chunk keeps its offset and its length, so that whoever reads by a reference
that is older reads the segment as it was or as it is, and nothing else.

A gzip member that became shorter is filled up with zeros, which every reader passes over (RFC 1952 leaves them to the file
format; `gzip` and Python's skip them).
"""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.ingest.segments import ChunkRef, SegmentDamaged, decode_lines, encode_chunk

Replace = Callable[[bytes], bytes | None]
"""What stands in place of a row's line; None: the same."""
_BEST = 9


@dataclass
class Emptied:
    """A segment with some lines replaced; `rows` are those, by number, with what stands there."""

    data: bytes
    rows: dict[int, bytes] = field(default_factory=dict[int, bytes])


def empty_rows(data: bytes, refs: Sequence[ChunkRef], *, replace: Replace) -> Emptied:
    """Replace lines by shorter ones. Raises SegmentDamaged for a chunk that is not what its reference says, or would not fit
    into its place any more."""
    emptied, written = Emptied(data), bytearray(data)
    for ref in refs:
        end = ref.byte_offset + ref.byte_length
        lines = decode_lines(data[ref.byte_offset : end], ref)
        fresh = {index: line for index, old in enumerate(lines) if (line := replace(old)) is not None}
        if fresh:
            written[ref.byte_offset : end] = _packed([fresh.get(i, line) for i, line in enumerate(lines)], ref)
            emptied.rows |= {ref.first_row_no + index: line for index, line in fresh.items()}
    emptied.data = bytes(written)
    return emptied


def _packed(lines: Sequence[bytes], ref: ChunkRef) -> bytes:
    member = encode_chunk(lines)
    if len(member) > ref.byte_length:
        member = gzip.compress(b"\n".join(lines), compresslevel=_BEST, mtime=0)
    if len(member) > ref.byte_length:
        msg = f"chunk {ref.chunk_no} of {ref.segment_key} takes {len(member)} bytes without a row, and had {ref.byte_length}"
        raise SegmentDamaged(msg)
    return member.ljust(ref.byte_length, b"\0")
