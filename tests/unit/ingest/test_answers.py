"""Which answers count, and how they move a job's counts."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.chunks import (
    Chunk,
    ChunkState,
    added_by,
    credits_of,
    is_present_dispatch,
    missing_when_failed,
    takes_results,
)
from services.ingest.domain.jobs import Job, JobState, Tally

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOBODY = UUID(int=0)
JOB = Job(
    id=NOBODY,
    workspace_id=NOBODY,
    upload_id=NOBODY,
    filename="leads.csv",
    state=JobState.PROCESSING,
    rows_total=3,
    price_version=1,
    credits_per_row=1,
    credits_needed=3,
    created_at=NOW,
    state_changed_at=NOW,
)
CHUNK = Chunk(NOBODY, 0, ChunkState.QUEUED, dispatch_no=3, epoch=0, first_row_no=1, row_count=3)
STATUSES = ("enriched", "degraded", "failed", "skipped")
OPEN = {JobState.PROCESSING, JobState.PAUSED, JobState.PARKED}


@given(
    job_state=st.sampled_from(JobState),
    job_epoch=st.integers(0, 2),
    chunk_state=st.sampled_from(ChunkState),
    chunk_epoch=st.integers(0, 2),
    epoch=st.integers(0, 2),
)
def test_the_first_valid_answer_wins(
    job_state: JobState, job_epoch: int, chunk_state: ChunkState, chunk_epoch: int, epoch: int
) -> None:
    """Red when [epoch], [first] or [accept_open] is removed; the dispatch plays no part."""
    job = replace(JOB, state=job_state, epoch=job_epoch)
    chunk = replace(CHUNK, state=chunk_state, epoch=chunk_epoch)
    wanted = chunk_state != ChunkState.COMPLETED and chunk_epoch == job_epoch == epoch and job_state in OPEN
    assert takes_results(job, chunk, epoch=epoch) == wanted


@given(
    job_state=st.sampled_from(JobState),
    job_epoch=st.integers(0, 1),
    chunk_state=st.sampled_from(ChunkState),
    epoch=st.integers(0, 1),
    dispatch_no=st.integers(1, 5),
)
def test_returned_and_failed_count_only_for_the_present_dispatch(
    job_state: JobState, job_epoch: int, chunk_state: ChunkState, epoch: int, dispatch_no: int
) -> None:
    """Red when [dispatch_no] is removed, or a pending, completed or failed chunk is moved."""
    job = replace(JOB, state=job_state, epoch=job_epoch)
    chunk = replace(CHUNK, state=chunk_state, epoch=job_epoch)
    under_way = chunk_state in {ChunkState.QUEUED, ChunkState.PUBLISHING}
    wanted = under_way and dispatch_no == 3 and epoch == job_epoch and job_state in OPEN
    assert is_present_dispatch(job, chunk, epoch=epoch, dispatch_no=dispatch_no) == wanted


@given(statuses=st.lists(st.sampled_from(STATUSES), max_size=50), price=st.integers(0, 9))
def test_only_enriched_rows_cost_credits(statuses: list[str], price: int) -> None:
    """Red when a degraded, failed or skipped row is charged."""
    assert credits_of(statuses, credits_per_row=price) == price * statuses.count("enriched")


@given(st.data())
def test_every_row_counts_once_however_answers_and_a_failure_interleave(data: st.DataObject) -> None:
    """Red when rows of a failed chunk stay counted as failed after a late answer, or a chunk counts twice."""
    rows = data.draw(st.integers(1, 6))
    outcome = data.draw(st.lists(st.sampled_from(STATUSES), min_size=rows, max_size=rows))
    chunk, total, stored = replace(CHUNK, row_count=rows), Tally(), list[str]()
    for _ in range(data.draw(st.integers(0, 8))):
        if data.draw(st.booleans()) and chunk.state is ChunkState.QUEUED:
            total = total + missing_when_failed(chunk, stored=len(stored))
            chunk = replace(chunk, state=ChunkState.FAILED)
            continue
        fresh = outcome[len(stored) : len(stored) + data.draw(st.integers(0, rows))]
        if not fresh or chunk.state is ChunkState.COMPLETED:
            continue
        stored += fresh
        completes = len(stored) == rows
        total = total + added_by(chunk, fresh, completes=completes)
        chunk = replace(chunk, state=ChunkState.COMPLETED) if completes else chunk
    answered = chunk.state in {ChunkState.COMPLETED, ChunkState.FAILED}
    assert total.chunks == answered
    assert total.rows == (rows if answered else len(stored))
    assert total.enriched == stored.count("enriched")
    assert total.failed == stored.count("failed") + (total.rows - len(stored))
