"""What the database has of an upload's words beside its rows: first rows, headers, findings, names of files. An address may stand
there and in no row, as where a file without a header begins with the person."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.tables import jobs, lead_keys, upload_problems, uploads

_IS_NAMED = text(
    """
    SELECT EXISTS (
        SELECT FROM ingest.uploads
        WHERE id = :upload_id AND concat_ws(E'\\n', sample, columns, sheets, reading, problem) ~* :named
    ) OR EXISTS (
        SELECT FROM ingest.upload_problems
        WHERE upload_id = :upload_id AND (value ~* :named OR detail ~* :named)
    )
    """
)
_REPLACED = text(
    """
    UPDATE ingest.uploads
    SET sample = regexp_replace(sample::text, :named, '', 'gi')::jsonb,
        columns = regexp_replace(columns::text, :named, :erased, 'gi')::jsonb,
        sheets = regexp_replace(sheets::text, :named, :erased, 'gi')::jsonb,
        reading = regexp_replace(reading::text, :named, :erased, 'gi')::jsonb,
        problem = regexp_replace(problem::text, :named, :erased, 'gi')::jsonb,
        original_erased_at = now()
    WHERE id = :upload_id
    """
)
_FORGET_HEADERS = text("DELETE FROM ingest.mapping_memories WHERE workspace_id = :workspace_id AND header ~* :named")


async def is_named(conn: AsyncConnection, upload_id: UUID, *, named: str) -> bool:
    """Whether anything that the database has of the upload names the person, whatever its rows do."""
    return bool((await conn.execute(_IS_NAMED, {"upload_id": upload_id, "named": named})).scalar_one())


async def let_go_of_unread(conn: AsyncConnection, upload_id: UUID) -> bool:
    """Say that the file as it was sent is gone, where words may stand in it that no stored row has: it was refused, its workbook
    has other sheets, or something stood above the header. False where it may stay."""
    other_sheets = func.jsonb_path_exists(uploads.c.sheets, text("'$[1]'"))
    above = func.jsonb_path_exists(uploads.c.reading, text("'$ ? (@.skipped_rows > 0)'"))
    unread = or_(uploads.c.state == "refused", other_sheets, above)
    gone = update(uploads).where(uploads.c.id == upload_id, unread).values(original_erased_at=func.now())
    return (await conn.execute(gone)).rowcount == 1


async def forget(conn: AsyncConnection, upload_id: UUID, *, rows: Mapping[int, bool], named: str, erased: str) -> None:
    """Empty what stands in the database of these rows, each with whether it is empty as a whole, and take the address from
    everything else. The file as it was sent counts as gone."""
    whole = [row_no for row_no, is_whole in rows.items() if is_whole]
    found = await conn.execute(
        select(uploads.c.sample).where(uploads.c.id == upload_id).with_for_update(key_share=True)
    )
    sample: list[Any] | None = found.scalar_one_or_none()
    if sample is not None:
        shown = [[] if index in whole else cells for index, cells in enumerate(sample, 1)]
        emptied = update(uploads).where(uploads.c.id == upload_id).values(sample=bindparam("shown", type_=JSONB))
        await conn.execute(emptied, {"shown": shown})
    of_it = upload_problems.c.upload_id == upload_id
    said = or_(*(words.regexp_match(named, flags="i") for words in (upload_problems.c.value, upload_problems.c.detail)))
    await conn.execute(delete(upload_problems).where(of_it, or_(upload_problems.c.row_no.in_(list(rows)), said)))
    await conn.execute(delete(lead_keys).where(lead_keys.c.upload_id == upload_id, lead_keys.c.row_no.in_(whole)))
    await conn.execute(_REPLACED, {"upload_id": upload_id, "named": named, "erased": erased})


async def names_of_files(conn: AsyncConnection, upload_id: UUID) -> set[str]:
    """What the file is called, by the upload and by the jobs that were made from it."""
    called = select(uploads.c.filename).where(uploads.c.id == upload_id)
    by_jobs = select(jobs.c.filename).where(jobs.c.upload_id == upload_id)
    return {*(await conn.execute(called)).scalars(), *(await conn.execute(by_jobs)).scalars()}


async def rename(conn: AsyncConnection, upload_id: UUID, *, before: str, after: str) -> None:
    """Call the file otherwise, wherever it is called so."""
    for table, whose in ((uploads, uploads.c.id), (jobs, jobs.c.upload_id)):
        called = update(table).where(whose == upload_id, table.c.filename == before)
        await conn.execute(called.values(filename=after))


async def forget_headers(conn: AsyncConnection, workspace_id: UUID, *, named: str) -> None:
    """What is remembered of columns whose header names the person."""
    await conn.execute(_FORGET_HEADERS, {"workspace_id": workspace_id, "named": named})
