"""Rows that somebody was erased from: noted before anything else is done, so that what a crash leaves is found again, and what is
answered late is stored without its words."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.ingest import ErasedRow
from services.ingest.domain.erasing import ERASED
from services.ingest.tables import (
    erased_rows,
    exports,
    jobs,
    lead_keys,
    upload_problems,
    uploads,
)

_BLANK = (
    text(
        """
        UPDATE ingest.results SET research = NULL, line = NULL, reason = :erased, extra = NULL, product = NULL
        WHERE job_id = :job_id AND row_no = ANY (:row_nos)
        """
    ),
    text("UPDATE ingest.line_reviews SET line = NULL WHERE job_id = :job_id AND row_no = ANY (:row_nos)"),
    text("UPDATE ingest.line_review_log SET line = '' WHERE job_id = :job_id AND row_no = ANY (:row_nos)"),
)
_FORGET_SOURCED = text(
    """
    UPDATE ingest.sourcing_batches b SET leads = (
        SELECT jsonb_agg(CASE WHEN lower(lead::text) ~ :named THEN '[]'::jsonb ELSE lead END ORDER BY position)
        FROM jsonb_array_elements(b.leads) WITH ORDINALITY AS one (lead, position))
    FROM ingest.sourcings s
    WHERE s.id = b.sourcing_id AND s.workspace_id = :workspace_id AND lower(b.leads::text) ~ :named
    """
)


async def note(conn: AsyncConnection, upload_id: UUID, *, erasure_id: UUID, rows: Mapping[int, bool]) -> None:
    """Note rows, each with whether it is empty as a whole. A row that two people stood in is the later erasure's."""
    if not rows:
        return
    values = [
        {"upload_id": upload_id, "row_no": row_no, "erasure_id": erasure_id, "whole": whole}
        for row_no, whole in sorted(rows.items())
    ]
    offered = insert(erased_rows)
    kept = {"erasure_id": offered.excluded.erasure_id, "whole": or_(erased_rows.c.whole, offered.excluded.whole)}
    await conn.execute(offered.on_conflict_do_update(index_elements=["upload_id", "row_no"], set_=kept), values)


async def of_upload(conn: AsyncConnection, upload_id: UUID, *, erasure_id: UUID) -> dict[int, bool]:
    """The rows of an upload that an erasure has found, each with whether it is empty as a whole."""
    query = select(erased_rows.c.row_no, erased_rows.c.whole)
    query = query.where(erased_rows.c.upload_id == upload_id, erased_rows.c.erasure_id == erasure_id)
    return {row.row_no: row.whole for row in await conn.execute(query)}


async def email_columns(conn: AsyncConnection, upload_id: UUID) -> frozenset[int]:
    """The columns of addresses, as the upload or any job made from it is mapped."""
    mapped = select(uploads.c.mapping).where(uploads.c.id == upload_id)
    ordered = select(jobs.c.mapping).where(jobs.c.upload_id == upload_id).distinct()
    found = [*(await conn.execute(mapped)).scalars(), *(await conn.execute(ordered)).scalars()]
    return frozenset(int(mapping["email"]) for mapping in found if mapping and mapping.get("email") is not None)


async def being_written(conn: AsyncConnection, upload_id: UUID) -> bool:
    """Whether somebody writes a sheet of the upload's rows, which may have read them before they were emptied."""
    of_it = select(jobs.c.id).where(jobs.c.upload_id == upload_id)
    merging = exists().where(jobs.c.upload_id == upload_id, jobs.c.state == "merging")
    writing = exists().where(exports.c.job_id.in_(of_it), exports.c.state == "writing")
    return bool((await conn.execute(select(or_(merging, writing)))).scalar())


async def let_go_of_unread(conn: AsyncConnection, upload_id: UUID) -> bool:
    """Say that the file as it was sent is gone, where words may stand in it that no stored row has: it was refused, its workbook
    has other sheets, or something stood above the header. False where it may stay."""
    other_sheets = func.jsonb_path_exists(uploads.c.sheets, text("'$[1]'"))
    above = func.jsonb_path_exists(uploads.c.reading, text("'$ ? (@.skipped_rows > 0)'"))
    unread = or_(uploads.c.state == "refused", other_sheets, above)
    gone = update(uploads).where(uploads.c.id == upload_id, unread).values(original_erased_at=func.now())
    return (await conn.execute(gone)).rowcount == 1


async def jobs_of(conn: AsyncConnection, upload_id: UUID) -> list[UUID]:
    """All jobs that were made from the upload, in one order for all who lock them."""
    return list(
        (await conn.execute(select(jobs.c.id).where(jobs.c.upload_id == upload_id).order_by(jobs.c.id))).scalars()
    )


async def blank_results(conn: AsyncConnection, job_id: UUID, row_nos: Sequence[int]) -> int:
    """Take the words from a job's results and from what people made of them; states and counts stay. Answers how many results.

    It waits for whoever stores answers of the job; who comes after finds the rows noted.
    """
    await conn.execute(select(jobs.c.id).where(jobs.c.id == job_id).with_for_update(key_share=True))
    given = {"job_id": job_id, "row_nos": list(row_nos), "erased": ERASED}
    counts = [(await conn.execute(statement, given)).rowcount for statement in _BLANK]
    return counts[0]


async def outdate_sheets(conn: AsyncConnection, job_id: UUID) -> None:
    """Sheets that were written are not of what there is now: as after a line was edited, they are written again when asked."""
    await conn.execute(delete(exports).where(exports.c.job_id == job_id))
    await conn.execute(update(jobs).where(jobs.c.id == job_id).values(line_edits=jobs.c.line_edits + 1))


async def forget_upload(conn: AsyncConnection, upload_id: UUID, *, rows: Mapping[int, bool], named: str) -> None:
    """What stands in the database of an upload's rows: first rows, headers, findings, keys."""
    whole = [row_no for row_no, is_whole in rows.items() if is_whole]
    found = await conn.execute(
        select(uploads.c.sample).where(uploads.c.id == upload_id).with_for_update(key_share=True)
    )
    sample: list[Any] | None = found.scalar_one_or_none()
    shown = None if sample is None else [[] if index in whole else cells for index, cells in enumerate(sample, 1)]
    await conn.execute(
        update(uploads).where(uploads.c.id == upload_id).values(sample=shown, original_erased_at=func.now())
    )
    for table in (upload_problems, lead_keys):
        nos = whole if table is lead_keys else list(rows)
        await conn.execute(delete(table).where(table.c.upload_id == upload_id, table.c.row_no.in_(nos)))
    replaced = text(
        """
        UPDATE ingest.uploads
        SET sample = regexp_replace(sample::text, :named, '', 'gi')::jsonb,
            columns = regexp_replace(columns::text, :named, '', 'gi')::jsonb
        WHERE id = :upload_id
        """
    )
    await conn.execute(replaced, {"upload_id": upload_id, "named": named})


async def forget_sourced(conn: AsyncConnection, workspace_id: UUID, *, named: str) -> int:
    """Whom a sourcing has revealed and not delivered yet; answers how many batches had them."""
    return (await conn.execute(_FORGET_SOURCED, {"workspace_id": workspace_id, "named": named})).rowcount


async def rows_of_jobs(conn: AsyncConnection, erasure_id: UUID) -> list[ErasedRow]:
    """The rows of jobs that an erasure has emptied."""
    query = (
        select(jobs.c.id, erased_rows.c.row_no)
        .join(erased_rows, erased_rows.c.upload_id == jobs.c.upload_id)
        .where(erased_rows.c.erasure_id == erasure_id, erased_rows.c.whole)
        .order_by(jobs.c.id, erased_rows.c.row_no)
    )
    return [ErasedRow(job_id=row.id, row_no=row.row_no) for row in await conn.execute(query)]
