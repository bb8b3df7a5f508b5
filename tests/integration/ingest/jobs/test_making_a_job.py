"""DESIGN 5.1 item 2: quote, create, hold. Two clicks make one job; a decline is an answer too."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldDeclined, HoldPlaced, PricesChanged
from libs.common.contracts.ingest import JobCancelled, JobCreated, JobParked, JobResumed
from libs.common.errors import AppError, Conflict, Invalid, NotFound, Transient
from libs.common.ids import new_id
from services.ingest.domain.extra_columns import ExtraColumnAsked
from services.ingest.domain.jobs import Job, JobState
from services.ingest.use_cases.ask_hold_again import ask_hold_again
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.create_job import JobRequest, create_job
from services.ingest.use_cases.quote_job import quote_job
from services.ingest.use_cases.retry_job import price_retry
from tests.integration.ingest.jobs.steps import MAPPING, Ingest, exhausted, keys_changed


async def test_a_job_is_written_with_its_question_in_one_transaction(ingest: Ingest) -> None:
    """`reserving` and `job.created` exist together or not at all."""
    job = await ingest.create(await ingest.upload((3, 2)))
    assert job.state is JobState.RESERVING
    question = JobCreated(job_id=job.id, credits=5, credits_per_row=1, price_version=1, user_id=ingest.user_id)
    assert await ingest.said(JobCreated) == [question]


async def test_two_clicks_make_one_job(ingest: Ingest) -> None:
    """Red when the idempotency key is not unique in its workspace: eight clicks at once, one job, one hold asked for."""
    upload_id = await ingest.upload()
    made = await asyncio.gather(*(ingest.create(upload_id, key="click") for _ in range(8)))
    assert len({job.id for job in made}) == 1
    assert len(await ingest.said(JobCreated)) == 1


async def test_a_replayed_key_answers_with_the_present_state(ingest: Ingest) -> None:
    """Red when a second click makes a second job, or is told what the first one was told."""
    upload_id = await ingest.upload((3, 2))
    job = await ingest.create(upload_id, key="k")
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=5))
    again = await ingest.create(upload_id, key="k")
    assert (again.id, again.state) == (job.id, JobState.PROCESSING)


async def test_the_same_key_for_another_request_is_refused(ingest: Ingest) -> None:
    """Red when the request's fingerprint is not compared."""
    upload_id = await ingest.upload()
    await ingest.create(upload_id, key="k")
    for other in ({"mapping": {"email": 0}}, {"accept_degraded": True}, {"offer": "additives"}):
        with pytest.raises(Conflict) as refused:
            await ingest.create(upload_id, key="k", **other)
        assert refused.value.code == "idempotency_key_reused"
    with pytest.raises(Conflict):
        await ingest.create(await ingest.upload(), key="k")


async def test_a_key_belongs_to_its_workspace(ingest: Ingest) -> None:
    """P7: another tenant's key is another key."""
    await ingest.create(await ingest.upload(), key="k")
    ingest.workspace_id = new_id()
    await ingest.create(await ingest.upload(), key="k")
    assert len(await ingest.said(JobCreated)) == 2


async def test_a_placed_hold_lays_out_the_chunks_and_begins(ingest: Ingest) -> None:
    """Each chunk says where its rows lie; `resumed` tells enrich and billing that the job is at work."""
    job = await ingest.create(await ingest.upload((3, 2)))
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=5))
    begun = await ingest.job(job.id)
    assert (begun.state, begun.chunks_total, begun.credits_held) == (JobState.PROCESSING, 2, 5)
    found = [(c.chunk_no, c.state, c.first_row_no, c.row_count) for c in await ingest.chunk_rows(job.id)]
    assert found == [(0, "pending", 1, 3), (1, "pending", 4, 2)]
    assert await ingest.said(JobResumed) == [JobResumed(job_id=job.id, job_version=begun.version)]


async def test_a_job_that_begins_while_a_provider_is_out_is_parked_at_once(ingest: Ingest) -> None:
    """It would only send chunks that come back."""
    await ingest.deliver(exhausted(1))
    job = await ingest.create(await ingest.upload((1,)))
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=1))
    assert (await ingest.job(job.id)).state is JobState.PARKED
    (parked,) = await ingest.said(JobParked)
    assert (parked.reason, parked.job_version) == ("serper_day_limit", (await ingest.job(job.id)).version)


async def test_a_declined_job_stays_declined(ingest: Ingest) -> None:
    """A decline is an answer, for good: more credits need a new job. Red when a later `placed` is believed."""
    job = await ingest.create(await ingest.upload((3, 2)))
    await ingest.deliver(HoldDeclined(job_id=job.id, needed=5, available=2))
    declined = await ingest.job(job.id)
    assert (declined.state, declined.credits_available, declined.reason) == (
        JobState.DECLINED,
        2,
        "insufficient_credits",
    )
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=5))
    assert (await ingest.job(job.id)).state is JobState.DECLINED
    assert await ingest.chunk_rows(job.id) == []


async def test_a_hold_that_comes_after_cancel_begins_nothing(ingest: Ingest) -> None:
    """Billing has heard the terminal event and settles by itself."""
    job = await ingest.create(await ingest.upload((1,)))
    async with ingest.open_uow() as uow:
        await cancel_job(uow, job.id, workspace_id=ingest.workspace_id, now=utc_now())
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=1))
    assert (await ingest.job(job.id)).state is JobState.CANCELLED
    (ended,) = await ingest.said(JobCancelled)
    assert ended.credits_total == 0


async def test_another_sum_than_was_asked_for_is_a_named_conflict(ingest: Ingest) -> None:
    """Red when a job begins with a hold that is not what it may cost."""
    job = await ingest.create(await ingest.upload((3, 2)))
    with pytest.raises(Conflict) as refused:
        await ingest.deliver(HoldPlaced(job_id=job.id, credits=4))
    assert refused.value.code == "hold_differs"


async def test_a_job_that_has_waited_five_minutes_asks_again(ingest: Ingest) -> None:
    """[ask_again]. Red when a lost question or answer leaves a job reserving for ever; once per five minutes."""
    job = await ingest.create(await ingest.upload((1,)))
    for later, asked in ((timedelta(minutes=4), 0), (timedelta(minutes=6), 1)):
        async with ingest.open_uow() as uow:
            assert await ask_hold_again(uow, now=utc_now() + later) == asked
    first, again = await ingest.said(JobCreated)
    assert first == again
    await ingest.execute("UPDATE ingest.jobs SET asked_at = now()")
    async with ingest.open_uow() as uow:
        assert await ask_hold_again(uow, now=utc_now() + timedelta(minutes=4)) == 0
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=1))
    async with ingest.open_uow() as uow:
        assert await ask_hold_again(uow, now=utc_now() + timedelta(minutes=60)) == 0


async def test_a_job_keeps_the_price_it_was_made_at(ingest: Ingest) -> None:
    """Prices change for quotes from now on."""
    upload_id = await ingest.upload((3, 2))
    before = await ingest.create(upload_id)
    await ingest.deliver(PricesChanged(price_version=2, credits_per_row=3))
    after = await ingest.create(upload_id)
    assert [(job.price_version, job.credits_needed) for job in (before, after)] == [(1, 5), (2, 15)]
    for other in ({"credits_per_row": 4}, {"credits_per_row": 3, "credits_per_column": 1}):
        with pytest.raises(Conflict) as refused:
            await ingest.deliver(PricesChanged(price_version=2, **other))
        assert refused.value.code == "price_list_differs"


async def test_extra_columns_are_charged_with_each_row(ingest: Ingest) -> None:
    """Red when a job is quoted with its columns and charged without them, or the other way round."""
    await ingest.deliver(PricesChanged(price_version=2, credits_per_row=3, credits_per_column=2))
    columns = (ExtraColumnAsked("Sites", "how many sites"), ExtraColumnAsked("Founded", "in which year"))
    job = await ingest.create(await ingest.upload((3, 2)), extra_columns=columns)
    assert (job.credits_per_row, job.credits_needed) == (7, 35)
    [asked] = await ingest.said(JobCreated)
    assert (asked.credits, asked.credits_per_row, asked.price_version) == (35, 7, 2)
    await ingest.deliver(PricesChanged(price_version=3, credits_per_row=3, credits_per_column=3))
    async with ingest.open_uow() as uow:
        retry = await price_retry(uow, job, ceiling=None, accepts=True, now=utc_now())
    assert (retry.credits_per_row, retry.price_version) == (9, 3)


async def test_a_quote_shows_rows_price_and_what_enrich_lacks(ingest: Ingest) -> None:
    """Missing providers and the sandbox are announced by enrich: ingest holds no keys."""
    upload_id = await ingest.upload((3, 2))
    await ingest.announce(rows=10, missing_providers=["groq"], sandboxed=True)
    async with ingest.open_uow() as uow:
        offer = await quote_job(uow, upload_id, workspace_id=ingest.workspace_id, mapping=None, now=utc_now())
    assert (offer.quote.credits, offer.quote.missing_providers, offer.quote.sandboxed) == (5, ("groq",), True)
    assert offer.mapping == MAPPING


async def test_before_enrich_has_announced_itself_nobody_gets_a_quote_or_a_job(ingest: Ingest) -> None:
    """Red when silence counts as "nothing is missing": nobody would be asked about degraded rows. 503, so that clients
    ask again; a second click on a job that exists is still answered."""
    upload_id = await ingest.upload((1,))
    with pytest.raises(Transient) as refused:
        async with ingest.open_uow() as uow:
            await quote_job(uow, upload_id, workspace_id=ingest.workspace_id, mapping=None, now=utc_now())
    assert refused.value.code == "enrich_unknown"
    with pytest.raises(Transient):
        await click(ingest, upload_id)
    await ingest.announce(rows=10)
    made = await click(ingest, upload_id)
    await ingest.execute("DELETE FROM ingest.enrich_replicas")
    assert (await click(ingest, upload_id)).id == made.id


async def click(ingest: Ingest, upload_id: UUID) -> Job:
    async with ingest.open_uow() as uow:
        return await create_job(
            uow,
            JobRequest(upload_id),
            workspace_id=ingest.workspace_id,
            user_id=ingest.user_id,
            idempotency_key="click",
            now=utc_now(),
        )


async def test_missing_providers_have_to_be_accepted(ingest: Ingest) -> None:
    """409 `providers_missing` unless degraded rows are agreed to."""
    upload_id = await ingest.upload((1,))
    await ingest.announce(rows=10, missing_providers=["groq"])
    with pytest.raises(Conflict) as refused:
        await ingest.create(upload_id)
    assert refused.value.code == "providers_missing"
    await ingest.create(upload_id, accept_degraded=True)


async def test_what_a_workspace_brings_itself_is_not_missing(ingest: Ingest) -> None:
    """Red when somebody with a key of their own is told to accept degraded rows, or another workspace is not."""
    upload_id = await ingest.upload((1,))
    await ingest.announce(rows=10, missing_providers=["groq"])
    await ingest.deliver(keys_changed(1, "groq", workspace_id=new_id()))
    with pytest.raises(Conflict):
        await ingest.create(upload_id)
    await ingest.deliver(keys_changed(1, "groq", workspace_id=ingest.workspace_id))
    job = await ingest.create(upload_id)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=job.credits_needed))
    assert (await ingest.job(job.id)).state is JobState.PROCESSING


async def test_bad_input_is_refused_by_name(ingest: Ingest) -> None:
    """Unknown upload, another tenant's, still being read, refused, wrong mapping."""
    theirs = await ingest.upload((1,))
    ingest.workspace_id = new_id()
    ours, reading, refused = [await ingest.upload((1,)) for _ in range(3)]
    await ingest.execute("UPDATE ingest.uploads SET state = 'reading', row_count = NULL WHERE id = :id", id=reading)
    await ingest.execute(
        "UPDATE ingest.uploads SET state = 'refused', row_count = NULL,"
        """ problem = '{"code": "no_rows", "detail": "The sheet has no rows."}' WHERE id = :id""",
        id=refused,
    )
    cases: list[tuple[dict[str, object], type[AppError], str]] = [
        ({"upload_id": new_id()}, NotFound, "unknown_upload"),
        ({"upload_id": theirs}, NotFound, "unknown_upload"),
        ({"upload_id": reading}, Conflict, "upload_not_ready"),
        ({"upload_id": refused}, Invalid, "no_rows"),
        ({"upload_id": ours, "mapping": {"email": 3}}, Invalid, "mapping_invalid"),
        ({"upload_id": ours, "mapping": {"shoe_size": 0}}, Invalid, "mapping_invalid"),
    ]
    for request, kind, code in cases:
        with pytest.raises(kind) as found:
            await ingest.create(**request)  # pyright: ignore[reportArgumentType] - a table of bad input
        assert found.value.code == code


async def test_no_row_and_no_credit_can_be_counted_beyond_the_list(ingest: Ingest) -> None:
    """The last line of defence is the table itself."""
    job_id = await ingest.processing((1,))
    for wrong in ("rows_enriched = 2", "chunks_answered = 2", "credits_total = 2", "rows_failed = -1"):
        with pytest.raises(IntegrityError):
            await ingest.execute(f"UPDATE ingest.jobs SET {wrong} WHERE id = :id", id=job_id)  # noqa: S608 - our own text
