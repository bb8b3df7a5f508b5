"""Finding a job among others: by its states and a part of its file's name, page by page."""

from uuid import UUID

import pytest

from services.ingest.repositories import jobs
from services.ingest.repositories.jobs import JobFilter
from tests.integration.ingest.jobs.steps import Ingest
from tests.support.ingest import RunningIngest, headers

NAMED = "UPDATE ingest.jobs SET filename = :name, state = :state WHERE id = :id"
CROWD = """
    INSERT INTO ingest.jobs (id, workspace_id, upload_id, user_id, request_fingerprint, filename, state, version, epoch,
        rows_total, rows_enriched, rows_degraded, rows_failed, rows_skipped, chunks_total, chunks_answered, credits_needed,
        credits_held, credits_total, price_version, credits_per_row, mapping, spec, sandboxed, rows_per_second, pace_rows,
        created_at, state_changed_at)
    SELECT gen_random_uuid(), gen_random_uuid(), upload_id, user_id, request_fingerprint, filename, state, version, epoch,
        rows_total, rows_enriched, rows_degraded, rows_failed, rows_skipped, chunks_total, chunks_answered, credits_needed,
        credits_held, credits_total, price_version, credits_per_row, mapping, spec, sandboxed, rows_per_second, pace_rows,
        created_at, state_changed_at
    FROM ingest.jobs, generate_series(1, 3000) WHERE id = :id
"""
READ = """
    SELECT pg_stat_get_xact_tuples_fetched('ingest.jobs'::regclass) + pg_stat_get_xact_tuples_returned('ingest.jobs'::regclass)
"""


async def made(us: Ingest, name: str, state: str) -> UUID:
    job_id = await us.processing((1,))
    await us.execute(NAMED, id=job_id, name=name, state=state)
    return job_id


async def found(service: RunningIngest, us: Ingest, query: str) -> list[str]:
    """Every job that the query finds, in pages of one."""
    names, cursor = list[str](), ""
    while True:
        page = await service.client.get(f"/v1/jobs?limit=1&{query}{cursor}", headers=headers(us.workspace_id))
        assert page.status_code == 200, page.text
        names += [job["filename"] for job in page.json()["items"]]
        if page.json()["next_cursor"] is None:
            return names
        cursor = f"&cursor={page.json()['next_cursor']}"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["100%_May.csv", "june.xlsx", "May fair.csv", "march.csv"]),
        ("state=paused", ["june.xlsx"]),
        ("state=failed&state=completed", ["100%_May.csv", "march.csv"]),
        ("containing=mAy", ["100%_May.csv", "May fair.csv"]),
        ("containing=%25_", ["100%_May.csv"]),
        ("containing=may&state=processing", ["May fair.csv"]),
        ("containing=april", []),
    ],
)
async def test_jobs_are_found_by_state_and_name(
    service: RunningIngest, us: Ingest, query: str, expected: list[str]
) -> None:
    """Newest first. Red when a page loses one or repeats one, case matters, or `%` stands for anything."""
    await made(us, "march.csv", "failed")
    await made(us, "May fair.csv", "processing")
    await made(us, "june.xlsx", "paused")
    await made(us, "100%_May.csv", "completed")
    assert await found(service, us, query) == expected


@pytest.mark.parametrize("query", ["state=asleep", "containing=%00"])
async def test_what_no_job_can_be_is_refused(service: RunningIngest, us: Ingest, query: str) -> None:
    """Red when it is a 500, or an empty page."""
    refused = await service.client.get(f"/v1/jobs?{query}", headers=headers(us.workspace_id))
    assert refused.status_code == 422


async def test_a_search_reads_no_jobs_of_others(ingest: Ingest) -> None:
    """Red when the whole table is scanned for a name."""
    mine = await made(ingest, "march.csv", "failed")
    await ingest.execute(CROWD, id=mine)
    await ingest.execute("ANALYZE ingest.jobs")
    async with ingest.open_uow() as uow:
        before = (await uow.conn.exec_driver_sql(READ)).scalar_one()
        wanted = JobFilter(containing="march")
        page = await jobs.page(uow.conn, workspace_id=ingest.workspace_id, before=None, limit=50, wanted=wanted)
        assert [job.id for job in page] == [mine]
        assert (await uow.conn.exec_driver_sql(READ)).scalar_one() - before < 100
