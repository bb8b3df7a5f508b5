"""Reading stored rows: chunk by chunk out of segments, by ranged reads."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable

from libs.common.errors import Outage
from libs.common.storage import Storage
from services.ingest.segments import ChunkRef, SegmentDamaged, StoredRow, decode_lines, decode_row

_NEAR_BYTES = 64 * 1024
"""To read on over so much is sooner done than to ask once more."""
_READS_AT_ONCE = 8


async def read_chunk(storage: Storage, ref: ChunkRef) -> list[StoredRow]:
    """The rows of one chunk, by one ranged read; unpacked beside the event loop. Raises ObjectMissing, SegmentDamaged."""
    member = await _range(storage, ref.segment_key, start=ref.byte_offset, length=ref.byte_length)
    return await asyncio.to_thread(_decode_chunk, member, ref)


def _decode_chunk(member: bytes, ref: ChunkRef) -> list[StoredRow]:
    return _rows(decode_lines(member, ref), ref)


async def _range(storage: Storage, key: str, *, start: int, length: int) -> bytes:
    """Part of a segment. What lies behind its end is refused by a store as if the store were away: it will not come back."""
    try:
        return await storage.get_range(key, start=start, length=length)
    except Outage as error:
        size = await storage.size(key)
        if size < start + length:
            msg = f"{key} has {size} bytes and should have {start + length} at least"
            raise SegmentDamaged(msg) from error
        raise


async def stream_lines(storage: Storage, refs: Iterable[ChunkRef]) -> AsyncIterator[tuple[ChunkRef, list[bytes]]]:
    """The undecoded lines chunk by chunk. Neighbours in a segment are fetched in one read; memory stays at one segment."""
    for run in _runs(refs):
        start, end = run[0].byte_offset, run[-1].byte_offset + run[-1].byte_length
        block = await _range(storage, run[0].segment_key, start=start, length=end - start)
        for ref in run:
            member = block[ref.byte_offset - start : ref.byte_offset - start + ref.byte_length]
            yield ref, await asyncio.to_thread(decode_lines, member, ref)


async def stream_rows(storage: Storage, refs: Iterable[ChunkRef]) -> AsyncIterator[StoredRow]:
    """Every row of these chunks, in their order."""
    async for ref, lines in stream_lines(storage, refs):
        for row in _rows(lines, ref):
            yield row


async def read_rows(storage: Storage, refs: Iterable[ChunkRef], *, row_nos: Collection[int]) -> dict[int, StoredRow]:
    """Single rows of these chunks by their number. Chunks that lie near each other are fetched in one read."""
    free = asyncio.Semaphore(_READS_AT_ONCE)

    async def read(run: list[ChunkRef]) -> list[StoredRow]:
        start, end = run[0].byte_offset, max(ref.byte_offset + ref.byte_length for ref in run)
        async with free:
            block = await _range(storage, run[0].segment_key, start=start, length=end - start)
        members = [block[ref.byte_offset - start : ref.byte_offset - start + ref.byte_length] for ref in run]
        return [row for ref, member in zip(run, members, strict=True) for row in _rows(decode_lines(member, ref), ref)]

    ordered = sorted(refs, key=lambda ref: (ref.segment_key, ref.byte_offset))
    read_runs = await asyncio.gather(*(read(run) for run in _runs(ordered, gap=_NEAR_BYTES)))
    return {row.row_no: row for rows in read_runs for row in rows if row.row_no in row_nos}


def _rows(lines: list[bytes], ref: ChunkRef) -> list[StoredRow]:
    try:
        return [StoredRow(ref.first_row_no + index, decode_row(line)) for index, line in enumerate(lines)]
    except (ValueError, TypeError, AttributeError) as error:
        msg = f"chunk {ref.chunk_no} of {ref.segment_key} holds what is no row: {error}"
        raise SegmentDamaged(msg) from error


def _runs(refs: Iterable[ChunkRef], *, gap: int = 0) -> Iterable[list[ChunkRef]]:
    """Chunks that follow each other in a segment, with at most so many bytes in between."""
    run: list[ChunkRef] = []
    for ref in refs:
        if run and not _follows(ref, run[-1], gap=gap):
            yield run
            run = []
        run.append(ref)
    if run:
        yield run


def _follows(ref: ChunkRef, last: ChunkRef, *, gap: int) -> bool:
    between = ref.byte_offset - (last.byte_offset + last.byte_length)
    return ref.segment_key == last.segment_key and 0 <= between <= gap
