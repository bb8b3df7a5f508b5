"""A person goes from one upload and from all that was made of it: rows, results, sheets, and the file as it was sent.

Rows keep their numbers, so that results, receipts and charges stay true. The order is what makes a crash harmless: rows are
noted, then emptied, then all that was made of them; what is noted is done again by the next run.
"""

import asyncio
import functools
import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from libs.common.storage import Storage
from libs.common.uow import OpenUow
from services.ingest.domain.erasing import ERASED, Person, erase_from, erase_from_name, may_name
from services.ingest.domain.storage_keys import job_prefix, parts_prefix, upload_key
from services.ingest.repositories import erased_rows, erased_uploads, upload_problems
from services.ingest.repositories.erasures import Erasing
from services.ingest.segment_erasing import Emptied, Replace, empty_rows
from services.ingest.segments import ChunkRef, decode_row, encode_row

_EMPTY = encode_row([])


async def erase_from_upload(
    wish: Erasing, upload_id: UUID, *, open_uow: OpenUow, storage: Storage
) -> Counter[str] | None:
    """How much there was of the person, by kind; None while a sheet of the rows is being written: come again.

    One process at a time does this. Raises Outage while storage is away.
    """
    named = Person(wish.email).pattern()
    await _empty(wish, upload_id, open_uow=open_uow, storage=storage)
    await _rename(upload_id, named=named, open_uow=open_uow)
    async with open_uow() as uow:
        rows = await erased_rows.of_upload(uow.conn, upload_id, erasure_id=wish.id)
        job_ids = await erased_rows.jobs_of(uow.conn, upload_id)
    if not rows:
        return await _without_rows(upload_id, named=named, open_uow=open_uow, storage=storage)
    whole = [row_no for row_no, is_whole in rows.items() if is_whole]
    mentions = [row_no for row_no, is_whole in rows.items() if not is_whole]
    found = Counter[str](uploads=1, rows=len(whole), mentions=len(mentions))
    for job_id in job_ids:
        async with open_uow() as uow:
            found["results"] += await erased_rows.blank_results(uow.conn, job_id, whole)
            await erased_rows.unname_results(uow.conn, job_id, mentions, named=named.pattern)
    async with open_uow() as uow:
        if await erased_rows.being_written(uow.conn, upload_id):
            return None
    for job_id in job_ids:
        async with open_uow() as uow:
            await erased_rows.outdate_sheets(uow.conn, job_id)
        found["sheets"] += await storage.delete_prefix(job_prefix(job_id))
    async with open_uow() as uow:
        await erased_uploads.forget(uow.conn, upload_id, rows=rows, named=named.pattern, erased=ERASED)
    await _delete_original(upload_id, storage=storage)
    return found


async def _without_rows(
    upload_id: UUID, *, named: re.Pattern[str], open_uow: OpenUow, storage: Storage
) -> Counter[str]:
    """No stored row names the person; what is kept beside the rows may, and so may what nobody has read of the file."""
    async with open_uow() as uow:
        told = await erased_uploads.is_named(uow.conn, upload_id, named=named.pattern)
        if told:
            await erased_uploads.forget(uow.conn, upload_id, rows={}, named=named.pattern, erased=ERASED)
        goes = told or await erased_uploads.let_go_of_unread(uow.conn, upload_id)
    if goes:
        await _delete_original(upload_id, storage=storage)
    return Counter(originals=int(goes))


async def _rename(upload_id: UUID, *, named: re.Pattern[str], open_uow: OpenUow) -> None:
    async with open_uow() as uow:
        for before in sorted(await erased_uploads.names_of_files(uow.conn, upload_id)):
            after = erase_from_name(before, named=named)
            if after != before:
                await erased_uploads.rename(uow.conn, upload_id, before=before, after=after)


async def _delete_original(upload_id: UUID, *, storage: Storage) -> None:
    await storage.delete(upload_key(upload_id))
    await storage.delete_prefix(parts_prefix(upload_id))


async def _empty(wish: Erasing, upload_id: UUID, *, open_uow: OpenUow, storage: Storage) -> None:
    async with open_uow() as uow:
        refs = await upload_problems.load_refs(uow.conn, upload_id)
        email_columns = await erased_rows.email_columns(uow.conn, upload_id)
    replace = functools.partial(_replace, Person(wish.email), email_columns)
    for key, some in groupby(refs, key=lambda ref: ref.segment_key):
        data = await storage.get(key)
        emptied = await asyncio.to_thread(_empty_rows, data, list(some), replace)
        if emptied.rows:
            rows = {row_no: line == _EMPTY for row_no, line in emptied.rows.items()}
            async with open_uow() as uow:
                await erased_rows.note(uow.conn, upload_id, erasure_id=wish.id, rows=rows)
            await storage.put(key, emptied.data)


def _empty_rows(data: bytes, refs: Sequence[ChunkRef], replace: Replace) -> Emptied:
    return empty_rows(data, refs, replace=replace)


def _replace(person: Person, email_columns: frozenset[int], line: bytes) -> bytes | None:
    if not may_name(person, line):
        return None
    left = erase_from(decode_row(line), named=person.pattern(), email_columns=email_columns)
    return None if left is None else encode_row(left)
