"""The rows of a job, readable while it runs: pages by status over a list and its retries, with evidence and cells."""

from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.research import Research, Source, Statement
from libs.common.errors import Conflict, NotFound
from libs.common.ids import new_id
from services.ingest.repositories import sheet_pages
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.show_rows import MOST_WITH_CELLS, RowPage, show_row, show_rows
from tests.integration.ingest.jobs.steps import Ingest, answer, failed, result
from tests.support.ingest import RunningIngest, headers


async def shown(ingest: Ingest, job_id: UUID, *, status: str | None = None, **more: Any) -> RowPage:
    asked: dict[str, Any] = {"after": 0, "limit": 200, "with_cells": False, **more}
    return await show_rows(
        job_id,
        workspace_id=ingest.workspace_id,
        status=status,
        open_uow=ingest.open_uow,
        storage=ingest.storage,
        **asked,
    )


async def numbers(ingest: Ingest, job_id: UUID, *, status: str | None = None, limit: int = 2) -> list[int]:
    """Every row of a status, page by page."""
    found, after = list[int](), 0
    while True:
        page = await shown(ingest, job_id, status=status, after=after, limit=limit)
        found += [row.row_no for row in page.rows]
        if page.is_last:
            return found
        after = found[-1]


async def under_way(ingest: Ingest) -> UUID:
    """Row 2 degraded, 3 failed; 4 and 5 given up, of 6 and 7 only 7 is there; 8 and 9 have not gone out."""
    job_id = await ingest.queued((3, 2, 2, 2))
    await ingest.deliver(answer(job_id, 0, [result(1), result(2, "degraded"), result(3, "failed")]))
    await ingest.deliver(failed(job_id, 1))
    await ingest.deliver(answer(job_id, 2, [result(7)]))
    await ingest.execute("UPDATE ingest.chunks SET state = 'pending' WHERE chunk_no = 3")
    return job_id


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, [1, 2, 3, 4, 5, 7]),
        ("enriched", [1, 7]),
        ("degraded", [2]),
        ("failed", [3, 4, 5]),
        ("skipped", []),
        ("pending", [6, 8, 9]),
    ],
)
async def test_rows_are_paged_by_status_while_the_job_runs(
    ingest: Ingest, status: str | None, expected: list[int]
) -> None:
    """Pages of two lose none and repeat none. Red when given-up rows are forgotten, or a row of a page ends twice."""
    assert await numbers(ingest, await under_way(ingest), status=status) == expected


async def test_what_a_retry_delivered_is_laid_over_the_list(ingest: Ingest) -> None:
    """In every filter, with the job it is from. Red when the list shows its own outcome, or both."""
    root = await under_way(ingest)
    async with ingest.open_uow() as uow:
        await cancel_job(uow, root, workspace_id=ingest.workspace_id, now=utc_now())
    child = await ingest.retry(root)
    await ingest.deliver(HoldPlaced(job_id=child.id, credits=child.credits_needed))
    await ingest.dispatch()
    await ingest.deliver(answer(child.id, 0, [result(2), result(3, "degraded")]))
    await ingest.deliver(answer(child.id, 1, [result(5)]))
    assert await numbers(ingest, root) == [1, 2, 3, 4, 5, 7]
    assert await numbers(ingest, root, status="enriched") == [1, 2, 5, 7]
    assert await numbers(ingest, root, status="degraded") == [3]
    assert await numbers(ingest, root, status="failed") == [4]
    attempts = {row.row_no: row.attempt and row.attempt.job_id for row in (await shown(ingest, root)).rows}
    assert attempts == {1: root, 2: child.id, 3: child.id, 4: root, 5: child.id, 7: root}
    assert await numbers(ingest, child.id) == [2, 3, 5]
    assert await numbers(ingest, child.id, status="pending") == [4]
    assert await numbers(ingest, root, status="pending") == [], "a cancelled list waits for nothing"


async def test_chunks_that_owe_nothing_do_not_end_the_page(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given-up chunks whose rows came out later. Red when so many of them are taken for the end of the sheet."""
    monkeypatch.setattr(sheet_pages, "_CHUNKS_AT_ONCE", 2)
    root = await ingest.queued((1,) * 7)
    for number in range(7):
        await ingest.deliver(failed(root, number))
    await ingest.merge(root)
    child = await ingest.retry(root)
    await ingest.deliver(HoldPlaced(job_id=child.id, credits=7))
    await ingest.dispatch()
    for number in range(6):
        await ingest.deliver(answer(child.id, number, [number + 1]))
    assert await numbers(ingest, root, status="failed") == [7]
    assert await numbers(ingest, child.id, status="pending") == [7]


async def test_cells_come_with_few_reads(ingest: Ingest) -> None:
    """Names and texts of just these rows; near chunks in one read. Red when each row costs a read of its own."""
    job_id = await ingest.queued((1,) * 30)
    for number in range(0, 30, 2):
        await ingest.deliver(answer(job_id, number, [number + 1]))
    reads = list[str]()
    real = ingest.storage.get_range

    async def counted(key: str, *, start: int, length: int) -> bytes:
        reads.append(key)
        return await real(key, start=start, length=length)

    ingest.storage.get_range = counted  # pyright: ignore[reportAttributeAccessIssue] - counts and passes on
    page = await shown(ingest, job_id, with_cells=True)
    assert [row.cells for row in page.rows] == [
        {"Email": f"lead{n}@acme.example", "First name": f"Lead{n}", "Company": f"Acme {n}"} for n in range(1, 31, 2)
    ]
    assert len(reads) == 1
    assert all(row.cells is None for row in (await shown(ingest, job_id)).rows)


async def test_a_page_with_cells_is_short(ingest: Ingest) -> None:
    """Red when a page of 200 rows may cost 200 reads."""
    job_id = await ingest.queued((MOST_WITH_CELLS, 10))
    await ingest.deliver(answer(job_id, 0, list(range(1, MOST_WITH_CELLS + 1))))
    await ingest.deliver(answer(job_id, 1, list(range(MOST_WITH_CELLS + 1, MOST_WITH_CELLS + 11))))
    page = await shown(ingest, job_id, with_cells=True)
    assert (len(page.rows), page.is_last) == (MOST_WITH_CELLS, False)


async def test_cells_that_are_damaged_are_refused_by_name(ingest: Ingest) -> None:
    """Red when it is a 500."""
    job_id = await ingest.queued((1,))
    await ingest.deliver(answer(job_id, 0, [1]))
    (chunk,) = await ingest.chunk_rows(job_id)
    await ingest.storage.put(chunk.segment_key, b"x" * (chunk.byte_offset + chunk.byte_length))
    with pytest.raises(Conflict) as found:
        await shown(ingest, job_id, with_cells=True)
    assert found.value.code == "rows_unreadable"


async def test_one_row(ingest: Ingest) -> None:
    """Pending while its job may still deliver it, unknown when none is to come. Red when these are mixed up."""
    job_id = await under_way(ingest)

    async def one(row_no: int) -> str:
        row = await show_row(
            job_id,
            row_no,
            workspace_id=ingest.workspace_id,
            with_cells=True,
            open_uow=ingest.open_uow,
            storage=ingest.storage,
        )
        assert row.cells is not None
        assert row.cells["Email"] == f"lead{row_no}@acme.example"
        return row.attempt.status if row.attempt else "pending"

    assert [await one(row_no) for row_no in (1, 4, 6, 9)] == ["enriched", "failed", "pending", "pending"]
    for unknown in (10, 2**31 - 1):
        with pytest.raises(NotFound) as found:
            await one(unknown)
        assert found.value.code == "unknown_row"
    async with ingest.open_uow() as uow:
        await cancel_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    with pytest.raises(NotFound):
        await one(9)


async def test_a_page_deep_in_a_long_sheet_reads_no_more_than_the_first(ingest: Ingest) -> None:
    """Red when a page scans what lies before it: with a hundred thousand rows the plan must walk an index from the cursor."""
    job_id = await ingest.processing((1,))
    await ingest.execute(
        "INSERT INTO ingest.results (job_id, row_no, status, receipt) SELECT :job, n,"
        " CASE WHEN n % 1000 = 0 THEN 'failed' ELSE 'enriched' END, '{}' FROM generate_series(1, 100000) AS n",
        job=job_id,
    )
    await ingest.execute("ANALYZE ingest.results")
    for status, after, expected in ((None, 99_990, 10), ("failed", 90_000, 10), ("enriched", 99_000, 50)):
        async with ingest.open_uow() as uow:
            await uow.conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
            before = await _rows_read(uow)
            found = await sheet_pages.row_nos(uow.conn, [job_id], status=status, after=after, limit=50)
            assert len(found) == expected
            assert await _rows_read(uow) - before < 500, status


async def _rows_read(uow: Any) -> int:
    query = (
        "SELECT pg_stat_get_xact_tuples_fetched('ingest.results'::regclass)"
        " + pg_stat_get_xact_tuples_returned('ingest.results'::regclass)"
    )
    return (await uow.conn.exec_driver_sql(query)).scalar_one()


async def test_a_brief_page_leaves_what_only_one_row_shows(service: RunningIngest, us: Ingest) -> None:
    """Red when a table is sent research, or loses a line, an outcome or a cell; or when the row's own page lacks them."""
    job_id = await us.processing((2,))
    await us.execute("UPDATE ingest.chunks SET state = 'queued', dispatch_no = 1 WHERE job_id = :id", id=job_id)
    await us.deliver(answer(job_id, 0, [result(1), result(2, "degraded")]))
    path, ours = f"/v1/jobs/{job_id}/rows", headers(us.workspace_id)
    whole = (await service.client.get(path, headers=ours, params={"include": "cells"})).json()
    brief = (await service.client.get(path, headers=ours, params={"include": "cells", "view": "brief"})).json()
    nothing = {"research": None, "evidence": [], "extra": None, "receipt": None, "product": None}
    assert brief == {**whole, "items": [{**row, **nothing} for row in whole["items"]]}
    assert all(row["receipt"] is not None for row in whole["items"])
    one = (await service.client.get(f"{path}/1", headers=ours, params={"include": "cells"})).json()
    assert one == whole["items"][0]


async def test_nobody_else_sees_them(ingest: Ingest) -> None:
    """P7."""
    job_id = await under_way(ingest)
    ingest.workspace_id = new_id()
    with pytest.raises(NotFound):
        await shown(ingest, job_id)


async def test_the_route_resolves_the_sources_of_every_statement(service: RunningIngest, us: Ingest) -> None:
    """Evidence with its words and where they stand. Red when a statement names sources that nobody can look up."""
    job_id = await us.processing((2,))
    await us.execute("UPDATE ingest.chunks SET state = 'queued', dispatch_no = 1 WHERE job_id = :id", id=job_id)
    source = Source(id="s1", url="https://acme.example/news", title="Acme opens", kind="news")
    fact = Statement(id="p1", text="She opened a plant.", source_ids=["s1"], snippet="opened a new plant")
    research = Research(person=[fact], sources=[source], as_of=utc_now())
    await us.deliver(answer(job_id, 0, [result(1).model_copy(update={"research": research}), result(2, "degraded")]))
    path = f"/v1/jobs/{job_id}/rows"
    page = await service.client.get(path, headers=headers(us.workspace_id), params={"include": "cells", "limit": 1})
    assert page.status_code == 200
    (row,) = page.json()["items"]
    assert page.json()["next_cursor"] == "1"
    assert row["evidence"] == [
        {
            "id": "p1",
            "about": "person",
            "text": "She opened a plant.",
            "snippet": "opened a new plant",
            "strength": None,
            "date": None,
            "sources": [{"id": "s1", "url": "https://acme.example/news", "title": "Acme opens", "kind": "news"}],
        }
    ]
    assert (row["attempt"], row["status"], row["cells"]["Company"]) == (str(job_id), "enriched", "Acme 1")
    one = await service.client.get(f"{path}/2", headers=headers(us.workspace_id))
    assert (one.json()["status"], one.json()["cells"], one.json()["reason"]) == ("degraded", None, "no_evidence")
    unknown = await service.client.get(f"{path}/3", headers=headers(us.workspace_id))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_row")
