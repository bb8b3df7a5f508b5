"""Rows that somebody was erased from: noted before anything else is done, so that what a crash leaves is found again, and what is
answered late is stored without its words."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.ingest import ErasedRow
from libs.common.forgetting import forget_letters_of
from services.ingest.domain.erasing import ERASED
from services.ingest.tables import (
    COMMON,
    erased_rows,
    exports,
    jobs,
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
_UNNAME = (
    text(
        """
        UPDATE ingest.results
        SET research = regexp_replace(research::text, :named, :erased, 'gi')::jsonb,
            extra = regexp_replace(extra::text, :named, :erased, 'gi')::jsonb,
            product = regexp_replace(product::text, :named, :erased, 'gi')::jsonb,
            line = regexp_replace(line, :named, :erased, 'gi')
        WHERE job_id = :job_id AND row_no = ANY (:row_nos)
          AND concat_ws(E'\\n', research, extra, product, line) ~* :named
        """
    ),
    text(
        """
        UPDATE ingest.line_reviews SET line = regexp_replace(line, :named, :erased, 'gi')
        WHERE job_id = :job_id AND row_no = ANY (:row_nos) AND line ~* :named
        """
    ),
    text(
        """
        UPDATE ingest.line_review_log SET line = regexp_replace(line, :named, :erased, 'gi')
        WHERE job_id = :job_id AND row_no = ANY (:row_nos) AND line ~* :named
        """
    ),
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


async def unname_results(conn: AsyncConnection, job_id: UUID, row_nos: Sequence[int], *, named: str) -> None:
    """Take the address from what was found out for rows that mention the person, and from what people made of it."""
    given = {"job_id": job_id, "row_nos": list(row_nos), "named": named, "erased": ERASED}
    for statement in _UNNAME:
        await conn.execute(statement, given)


async def outdate_sheets(conn: AsyncConnection, job_id: UUID) -> None:
    """Sheets that were written are not of what there is now: as after a line was edited, they are written again when asked."""
    await conn.execute(delete(exports).where(exports.c.job_id == job_id))
    await conn.execute(update(jobs).where(jobs.c.id == job_id).values(line_edits=jobs.c.line_edits + 1))


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


async def forget_letters(conn: AsyncConnection, erasure_id: UUID) -> int:
    """Empty answers that could not be recorded and hold a row that an erasure has emptied; answers how many there were."""
    return await _forget_letters(conn, erased_rows.c.erasure_id == erasure_id)


async def forget_letters_of_job(conn: AsyncConnection, job_id: UUID) -> int:
    """The same, of one job and whoever has been erased from it."""
    return await _forget_letters(conn, jobs.c.id == job_id)


async def _forget_letters(conn: AsyncConnection, which: ColumnElement[bool]) -> int:
    of_it = erased_rows.c.upload_id == jobs.c.upload_id
    rows = select(jobs.c.id, erased_rows.c.row_no).join(erased_rows, of_it).where(erased_rows.c.whole, which)
    return await forget_letters_of(conn, COMMON.dead_letters, queue="ingest.record_results", rows=rows)
