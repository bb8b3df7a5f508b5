"""Which rows a job does: the first N, without what repeats, as many as can be paid; and the columns it is to add."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import JobCreated, JobMerging
from libs.common.errors import Conflict, Invalid
from services.ingest.domain.extra_columns import ExtraColumnAsked
from services.ingest.domain.jobs import JobState
from services.ingest.domain.quotes import Choice
from services.ingest.use_cases.begin_job import WAIT_FOR_CHECK, begin_waiting_jobs
from services.ingest.use_cases.quote_job import Offer, quote_job
from tests.integration.ingest.jobs.steps import MAPPING, Ingest, answer


async def quoted(ingest: Ingest, upload_id: UUID, choice: Choice) -> Offer:
    await ingest.have_known_enrich()
    async with ingest.open_uow() as uow:
        return await quote_job(
            uow, upload_id, workspace_id=ingest.workspace_id, mapping=None, choice=choice, now=utc_now()
        )


async def begun(ingest: Ingest, upload_id: UUID, **wishes: Any) -> UUID:
    """A job that has been given what it asked for."""
    job = await ingest.create(upload_id, **wishes)
    (asked,) = [event for event in await ingest.said(JobCreated) if event.job_id == job.id]
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=asked.credits))
    return job.id


async def outcomes(ingest: Ingest, job_id: UUID) -> Mapping[int, tuple[str, str | None]]:
    return {row.row_no: (row.status, row.reason) for row in await ingest.result_rows(job_id)}


async def test_only_the_first_rows_are_asked_for_laid_out_and_counted(ingest: Ingest) -> None:
    """Red when a row below the last goes out, or is paid for."""
    job_id = await begun(ingest, await ingest.upload((3, 3, 2)), first_rows=4)
    job = await ingest.job(job_id)
    assert (job.rows_total, job.credits_held, job.chunks_total) == (4, 4, 2)
    assert [(chunk.row_count, chunk.row_nos) for chunk in await ingest.chunk_rows(job_id)] == [(3, None), (1, [4])]
    await ingest.announce(rows=100)
    await ingest.dispatch()
    assert sorted(row.row_no for chunk in ingest.broker.chunks for row in chunk.rows) == [1, 2, 3, 4]


async def test_a_quote_says_what_repeats_and_what_the_choice_costs(ingest: Ingest) -> None:
    """Red when duplicates are priced though they are skipped, or not though they are done."""
    upload_id = await ingest.upload((3, 3))
    await ingest.same_leads(upload_id, [1, 1, 2, 3, 2, 4])
    every, skipping, first = [
        (await quoted(ingest, upload_id, choice)).quote
        for choice in (Choice(skip_duplicates=False), Choice(), Choice(first_rows=4))
    ]
    assert [(q.counts.duplicates, q.counts.skipped, q.credits) for q in (every, skipping, first)] == [
        (2, 0, 6),
        (2, 2, 4),
        (1, 1, 3),
    ]


async def test_skipped_rows_have_their_outcome_when_the_job_begins(ingest: Ingest) -> None:
    """With the reason, counted, and in no chunk: a chunk without a row that is wanted is not laid out."""
    upload_id = await ingest.upload((2, 1, 2))
    await ingest.same_leads(upload_id, [1, 2, 1, 2, 3])
    job_id = await begun(ingest, upload_id)
    assert await outcomes(ingest, job_id) == {
        3: ("skipped", "duplicate of row 2"),
        4: ("skipped", "duplicate of row 3"),
    }
    job = await ingest.job(job_id)
    assert (job.tally.skipped, job.tally.rows, job.credits_held, job.chunks_total) == (2, 2, 3, 2)
    assert [chunk.row_nos for chunk in await ingest.chunk_rows(job_id)] == [None, [5]]


async def test_leads_of_an_earlier_list_are_skipped_when_that_is_wished(ingest: Ingest) -> None:
    """Red when they are skipped unasked, or the job that is being made counts as an earlier one."""
    first, second = await ingest.upload((2,)), await ingest.upload((3,))
    await ingest.same_leads(first, [1, 2])
    await ingest.same_leads(second, [2, 5, 6])
    earlier = await ingest.job(await begun(ingest, first))
    assert await outcomes(ingest, await begun(ingest, second)) == {}
    await ingest.execute("DELETE FROM ingest.jobs WHERE upload_id = :id", id=second)
    job_id = await begun(ingest, second, skip_known=True)
    made = f"{earlier.created_at:%Y-%m-%d}"
    assert await outcomes(ingest, job_id) == {1: ("skipped", f"already in job leads.csv of {made}")}


async def test_a_job_whose_rows_are_all_skipped_goes_on_to_its_sheet_at_once(ingest: Ingest) -> None:
    """Red when a job without chunks waits for an answer that nobody will give."""
    first, second = await ingest.upload((1,)), await ingest.upload((1,))
    for upload_id in (first, second):
        await ingest.same_leads(upload_id, [7])
    await begun(ingest, first)
    job_id = await begun(ingest, second, skip_known=True)
    job = await ingest.job(job_id)
    assert (job.state, job.credits_held, job.chunks_total) == (JobState.MERGING, 0, 0)
    assert JobMerging(job_id=job_id) in await ingest.said(JobMerging)


async def test_a_job_waits_for_its_sheet_to_be_checked_but_not_for_ever(ingest: Ingest) -> None:
    """Red when it begins before its duplicates are known, never does, or asks for them though it is to skip none."""
    upload_id = await ingest.upload((2,))
    await ingest.execute("UPDATE ingest.uploads SET check_no = 1")
    offer = await quoted(ingest, upload_id, Choice())
    assert (offer.quote.counts.checked, offer.quote.credits) == (False, 2)
    assert (await ingest.job(await begun(ingest, upload_id, skip_duplicates=False))).state is JobState.PROCESSING
    checked, unchecked = [await begun(ingest, upload_id) for _ in range(2)]
    await begin(ingest, after=timedelta(0))
    assert (await ingest.job(checked)).state is JobState.QUEUED
    await ingest.execute("UPDATE ingest.uploads SET checked_no = 1")
    await ingest.same_leads(upload_id, [1, 1])
    await begin(ingest, after=timedelta(0))
    job = await ingest.job(checked)
    assert (job.state, job.tally.skipped, job.credits_held, job.credits_needed) == (JobState.PROCESSING, 1, 2, 1)
    await ingest.execute("UPDATE ingest.uploads SET check_no = 2")
    await ingest.execute("UPDATE ingest.jobs SET state = 'queued', rows_skipped = 0 WHERE id = :id", id=unchecked)
    await begin(ingest, after=WAIT_FOR_CHECK)
    assert (await ingest.job(unchecked)).state is JobState.PROCESSING


async def begin(ingest: Ingest, *, after: timedelta) -> None:
    await begin_waiting_jobs(open_uow=ingest.open_uow, now=utc_now() + after)


async def test_a_waiting_job_that_cannot_begin_keeps_no_other_from_it(ingest: Ingest) -> None:
    """The database refuses the chunks of the first. Red when all begin in one transaction, or none after a failure."""
    stuck, fine = [await begun(ingest, await ingest.upload((2,)), mapping={"email": 0}) for _ in range(2)]
    assert (await ingest.job(fine)).state is JobState.QUEUED
    await ingest.execute(f"ALTER TABLE ingest.chunks ADD CONSTRAINT broken CHECK (job_id <> '{stuck}')")
    try:
        with pytest.raises(IntegrityError):
            await begin(ingest, after=WAIT_FOR_CHECK)
    finally:
        await ingest.execute("ALTER TABLE ingest.chunks DROP CONSTRAINT broken")
    assert (await ingest.job(fine)).state is JobState.PROCESSING
    assert (await ingest.job(stuck)).state is JobState.QUEUED


async def test_a_mapping_of_the_jobs_own_has_the_sheet_checked_anew(ingest: Ingest) -> None:
    """Red when the duplicates of another mapping count for it."""
    job_id = await begun(ingest, await ingest.upload((2,)), mapping={"email": 0})
    assert (await ingest.job(job_id)).state is JobState.QUEUED
    await ingest.execute("UPDATE ingest.uploads SET checked_no = check_no")
    await begin(ingest, after=timedelta(0))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING


async def test_an_affordable_job_does_as_many_rows_as_are_held(ingest: Ingest) -> None:
    """Red when it asks for no step, or goes on below the last row that is paid."""
    upload_id = await ingest.upload((2, 2))
    await ingest.same_leads(upload_id, [1, 1, 2, 3])
    job = await ingest.create(upload_id, affordable=True)
    (asked,) = await ingest.said(JobCreated)
    assert (asked.credits, asked.credits_step) == (3, 1)
    with pytest.raises(Conflict):
        await ingest.deliver(HoldPlaced(job_id=job.id, credits=4))
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=2))
    job = await ingest.job(job.id)
    assert (job.first_rows, job.rows_total, job.credits_needed, job.credits_held) == (3, 3, 2, 2)
    assert [chunk.row_nos for chunk in await ingest.chunk_rows(job.id)] == [[1], [3]]


async def test_extra_columns_go_out_with_every_chunk(ingest: Ingest) -> None:
    """Red when a wish is lost on the way, or is not part of what tells two specs apart."""
    upload_id = await ingest.upload((1,))
    sites = ExtraColumnAsked("Sites", "number of sites", "number")
    await ingest.announce(rows=10)
    for wishes in ({"extra_columns": (sites,)}, {}):
        await begun(ingest, upload_id, **wishes)
    await ingest.dispatch()
    specs = [chunk.spec for chunk in ingest.broker.chunks]
    asked = [[(c.name, c.description, c.kind) for c in spec.extra_columns] for spec in specs]
    assert sorted(asked) == [[], [("Sites", "number of sites", "number")]]
    assert len({spec.hash for spec in specs}) == 2


@pytest.mark.parametrize(
    "columns",
    [
        [ExtraColumnAsked(" email ", "of the sheet")],
        [ExtraColumnAsked("Sites", "a"), ExtraColumnAsked("sites", "b")],
        [ExtraColumnAsked("sif_status", "one of ours")],
        [ExtraColumnAsked("Sites", " ")],
        [ExtraColumnAsked("Si\ntes", "two lines")],
        [ExtraColumnAsked(f"Column {n}", "too many") for n in range(11)],
    ],
    ids=["of the sheet", "twice", "ours", "no description", "two lines", "too many"],
)
async def test_extra_columns_that_cannot_be_are_refused_by_name(
    ingest: Ingest, columns: list[ExtraColumnAsked]
) -> None:
    """Red when a column of the sheet could be overwritten."""
    upload_id = await ingest.upload((1,))
    with pytest.raises(Invalid) as refused:
        await ingest.create(upload_id, extra_columns=tuple(columns))
    assert refused.value.code == "extra_columns_invalid"


async def test_a_key_covers_every_wish(ingest: Ingest) -> None:
    """Red when a request that differs in one of them is taken for the first one's second click."""
    upload_id = await ingest.upload((2,))
    first = await ingest.create(upload_id, key="k")
    others: list[dict[str, Any]] = [
        {"first_rows": 1},
        {"skip_duplicates": False},
        {"skip_known": True},
        {"affordable": True},
        {"ceiling_credits": 1},
        {"extra_columns": (ExtraColumnAsked("Sites", "how many"),)},
    ]
    for other in others:
        with pytest.raises(Conflict) as refused:
            await ingest.create(upload_id, key="k", **other)
        assert refused.value.code == "idempotency_key_reused"
    assert (await ingest.create(upload_id, key="k")).id == first.id


async def test_rows_that_are_not_ordered_do_not_hold_up_the_sheet(ingest: Ingest) -> None:
    """Red when the merge misses the outcome of a row below the last: the sheet has them all."""
    job_id = await begun(ingest, await ingest.upload((2, 2)), first_rows=1, mapping=MAPPING)
    await ingest.announce(rows=10)
    await ingest.dispatch()
    await ingest.deliver(answer(job_id, 0, [1]))
    await ingest.merge(job_id)
    assert (await ingest.job(job_id)).state is JobState.COMPLETED
