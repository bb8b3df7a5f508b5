"""DESIGN 5.1 item 6 and the list: the sheet is written, the job completed, the recipients published, each once."""

import asyncio
import csv
import io
from uuid import UUID

import orjson
import pytest

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import ChunkCompleted, JobCompleted, JobFailed, JobMerging, RecipientsPublished
from libs.common.errors import Busy, Transient
from libs.common.ids import new_id
from services.ingest.domain.jobs import JobState
from services.ingest.domain.storage_keys import export_key
from services.ingest.repositories import merges
from services.ingest.segments import SegmentDamaged
from services.ingest.use_cases import merge_results as merging
from services.ingest.use_cases import publish_recipients as publishing
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.publish_recipients import publish_recipients, publish_unfinished_lists
from tests.integration.ingest.jobs.steps import MAPPING, Ingest, answer, failed, result


async def merged(ingest: Ingest, sizes: tuple[int, ...] = (3, 2)) -> UUID:
    job_id = await ingest.queued(sizes)
    first = 1
    for number, size in enumerate(sizes):
        await ingest.deliver(answer(job_id, number, list(range(first, first + size))))
        first += size
    return job_id


async def begin(ingest: Ingest, job_id: UUID, credits_: int) -> UUID:
    await ingest.deliver(HoldPlaced(job_id=job_id, credits=credits_))
    await ingest.announce(rows=10_000)
    await ingest.dispatch()
    return job_id


async def ready_to_merge(ingest: Ingest) -> UUID:
    """Row 2 degraded, row 3 failed, rows 4 and 5 given up with their chunk."""
    job_id = await ingest.queued((3, 2))
    await ingest.deliver(answer(job_id, 0, [result(1), result(2, "degraded"), result(3, "failed")]))
    await ingest.deliver(failed(job_id, 1))
    return job_id


async def test_the_sheet_has_every_row_once_in_order_with_its_outcome(ingest: Ingest) -> None:
    """P1. Red when a row is lost, doubled or out of order; rows of a given-up chunk are there, with the reason."""
    job_id = await ready_to_merge(ingest)
    await ingest.merge(job_id)
    text = (await ingest.storage.get(export_key(job_id, "csv"))).decode()
    header, *rows = csv.reader(io.StringIO(text))
    assert header[:3] == ["Email", "First name", "Company"]
    assert [row[0] for row in rows] == [f"lead{n}@acme.example" for n in range(1, 6)]
    line = header.index("sif_personalized")
    assert [row[line] for row in rows[:2]] == ["Hello", "Hello"]
    assert orjson.loads(rows[0][header.index("sif_research")])["sources"] == []
    assert [row[line] for row in rows[3:]] == ["", ""]
    assert await ingest.storage.exists(export_key(job_id, "xlsx"))


async def test_a_merged_job_is_completed_with_its_exact_total(ingest: Ingest) -> None:
    """The terminal event and the state are written together."""
    job_id = await ready_to_merge(ingest)
    await ingest.merge(job_id)
    job = await ingest.job(job_id)
    (ended,) = await ingest.said(JobCompleted)
    assert job.state is JobState.COMPLETED
    assert ended == JobCompleted(
        job_id=job_id,
        job_version=job.version,
        credits_total=sum(done.credits for done in await ingest.said(ChunkCompleted)),
        rows_total=5,
        rows_enriched=1,
        rows_degraded=1,
        rows_failed=3,
    )


async def test_a_merge_heard_twice_completes_once(ingest: Ingest) -> None:
    """Also with the inbox emptied, and by two replicas at once. Natural key: the job's state."""
    job_id = await merged(ingest)
    heard = new_id()
    outcomes = await asyncio.gather(ingest.merge(job_id), ingest.merge(job_id), return_exceptions=True)
    assert sum(isinstance(outcome, Busy) for outcome in outcomes) <= 1
    await ingest.merge(job_id, id_=heard)
    before = (await ingest.snapshot(), await ingest.all_said())
    await ingest.merge(job_id, id_=heard)
    await ingest.forget_inbox()
    await ingest.merge(job_id, id_=heard)
    assert (await ingest.snapshot(), await ingest.all_said()) == before
    assert len(await ingest.said(JobCompleted)) == 1


async def test_a_merge_that_died_is_taken_over_when_its_lease_runs_out(ingest: Ingest) -> None:
    """Crash between claim and record. Red when the claim never ends, or another may take it too early."""
    job_id = await merged(ingest)
    async with ingest.open_uow() as uow:
        assert await merges.claim(uow.conn, job_id, token=new_id(), lease=merging.LEASE)
    with pytest.raises(Busy):
        await ingest.merge(job_id)
    await ingest.execute("UPDATE ingest.jobs SET merge_lease_until = now() - interval '1 s'")
    await ingest.merge(job_id)
    assert (await ingest.job(job_id)).state is JobState.COMPLETED


async def test_a_merge_that_fails_for_now_lets_the_next_one_in_at_once(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when its lease stays: the retry would find somebody at it."""
    job_id = await merged(ingest)

    async def away(**_: object) -> None:
        raise ConnectionError("storage is away")

    with monkeypatch.context() as patched:
        patched.setattr(merging, "write_exports", away)
        with pytest.raises(ConnectionError):
            await ingest.merge(job_id)
    await ingest.merge(job_id)
    assert (await ingest.job(job_id)).state is JobState.COMPLETED


async def test_a_row_without_a_result_fails_the_job_instead_of_losing_it(ingest: Ingest) -> None:
    """P1. Red when the count is not checked: a sheet with a hole in it would be handed out."""
    job_id = await merged(ingest)
    await ingest.execute("DELETE FROM ingest.results WHERE row_no = 2")
    await ingest.merge(job_id)
    job = await ingest.job(job_id)
    assert (job.state, job.reason) == (JobState.FAILED, "rows_differ")
    (ended,) = await ingest.said(JobFailed)
    assert ended.credits_total == 5
    assert not await ingest.storage.exists(export_key(job_id, "csv"))


async def test_rows_that_storage_does_not_have_may_be_there_the_next_time(ingest: Ingest) -> None:
    """Red when one 404 fails the job: it is charged in full by now. The bus counts the attempts."""
    job_id = await merged(ingest)
    (first, *_) = await ingest.chunk_rows(job_id)
    segment = await ingest.storage.get(first.segment_key)
    await ingest.storage.delete_prefix("uploads")
    with pytest.raises(Transient):
        await ingest.merge(job_id)
    assert (await ingest.job(job_id)).state is JobState.MERGING
    await ingest.storage.put(first.segment_key, segment)
    await ingest.merge(job_id)
    assert (await ingest.job(job_id)).state is JobState.COMPLETED


async def test_a_merge_of_damaged_rows_fails_the_job(ingest: Ingest) -> None:
    """Red when a segment cut short is taken for a store that is away: the job would merge for ever."""
    job_id = await merged(ingest)
    (first, *_) = await ingest.chunk_rows(job_id)
    await ingest.storage.put(first.segment_key, b"")
    await ingest.merge(job_id)
    job = await ingest.job(job_id)
    assert (job.state, job.reason) == (JobState.FAILED, "rows_unreadable")


async def test_a_merge_that_is_given_up_fails_the_job(ingest: Ingest) -> None:
    """Its message is a dead letter: the hold must not wait for ever."""
    job_id = await merged(ingest)
    event = JobMerging(job_id=job_id)
    async with ingest.open_uow() as uow:
        await merging.fail_unmerged(event, ingest.message(event, "ingest.merge_results"), uow, "died five times")
    assert (await ingest.job(job_id)).reason == "merge_failed"
    assert len(await ingest.said(JobFailed)) == 1


async def test_a_job_cancelled_while_it_merges_stays_cancelled(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when the record does not look at the state again."""
    job_id = await merged(ingest)
    real = merging.write_exports

    async def cancelled_meanwhile(**arguments: object) -> None:
        await real(**arguments)  # pyright: ignore[reportArgumentType] - passed through
        async with ingest.open_uow() as uow:
            await cancel_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())

    monkeypatch.setattr(merging, "write_exports", cancelled_meanwhile)
    await ingest.merge(job_id)
    assert (await ingest.job(job_id)).state is JobState.CANCELLED
    assert await ingest.said(JobCompleted) == []
    assert await ingest.said(RecipientsPublished) == []


async def test_the_list_is_published_in_parts_of_four_chunks(ingest: Ingest) -> None:
    """≤ 200 recipients a part, every writable row once, in order."""
    job_id = await merged(ingest, (2,) * 9)
    await ingest.merge(job_id)
    parts = await ingest.said(RecipientsPublished)
    assert [(part.part_no, part.parts, len(part.recipients)) for part in parts] == [(0, 3, 8), (1, 3, 8), (2, 3, 2)]
    assert [person.row_no for part in parts for person in part.recipients] == list(range(1, 19))
    assert {(part.list_id, part.list_name) for part in parts} == {(job_id, "leads.csv")}


async def test_only_delivered_rows_with_an_address_become_recipients(ingest: Ingest) -> None:
    """With what the sandbox had a hand in marked (P9); what is no address goes along, to be set aside. Red when a failed row,
    or one without an address, is written to."""
    rows = [
        ["ann@acme.example", "Ann", "Acme"],
        ["not an address", "Bob", "B"],
        ["c@c.example", "Cy", "C"],
        [None, "D", "D"],
    ]
    upload_id = await ingest.upload((4,), rows=rows)
    job = await ingest.create(upload_id)
    job_id = await begin(ingest, job.id, 4)
    outcome = [result(1, sandboxed=True), result(2), result(3, "failed"), result(4)]
    await ingest.deliver(answer(job_id, 0, outcome))
    await ingest.merge(job_id)
    (part,) = await ingest.said(RecipientsPublished)
    person, other = part.recipients
    assert (other.row_no, other.email) == (2, "not an address")
    assert (person.row_no, person.email, person.first_name, person.company) == (1, "ann@acme.example", "Ann", "Acme")
    assert (person.line, person.status, person.sandboxed) == ("Hello", "enriched", True)


async def test_a_list_without_addresses_publishes_nothing(ingest: Ingest) -> None:
    """Enrichment only: no email column in the mapping."""
    upload_id = await ingest.upload((1,))
    job = await ingest.create(upload_id, mapping={"company": MAPPING["company"]}, skip_duplicates=False)
    job_id = await begin(ingest, job.id, 1)
    await ingest.deliver(answer(job_id, 0, [1]))
    await ingest.merge(job_id)
    assert await ingest.said(RecipientsPublished) == []
    assert len(await ingest.said(JobCompleted)) == 1


async def test_a_list_whose_publisher_died_goes_on_where_it_stopped(ingest: Ingest) -> None:
    """Red when a part is counted without being announced, or announced twice."""
    job_id = await merged(ingest, (1,) * 12)
    await ingest.merge(job_id)
    whole = [part.model_dump() for part in await ingest.said(RecipientsPublished)]
    await ingest.execute("DELETE FROM ingest.outbox")
    await ingest.execute("UPDATE ingest.jobs SET recipient_parts_published = 1")
    await asyncio.gather(
        *(publish_unfinished_lists(open_uow=ingest.open_uow, storage=ingest.storage) for _ in range(3)),
        publish_recipients(job_id, open_uow=ingest.open_uow, storage=ingest.storage),
    )
    assert [part.model_dump() for part in await ingest.said(RecipientsPublished)] == whole[1:]


async def test_a_list_that_cannot_be_published_keeps_none_behind_it_waiting(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it fills a page alone. Red when the first failure ends the run, or when nobody hears of it."""
    lists = [await merged(ingest, (1,)) for _ in range(3)]
    for job_id in lists:
        await ingest.merge(job_id)
    await ingest.execute("DELETE FROM ingest.outbox")
    await ingest.execute("UPDATE ingest.jobs SET recipient_parts_published = 0")
    (broken,) = await ingest.chunk_rows(min(lists))
    await ingest.storage.put(broken.segment_key, b"damaged")
    monkeypatch.setattr(publishing, "JOBS_A_PAGE", 1)
    with pytest.raises(SegmentDamaged):
        await publish_unfinished_lists(open_uow=ingest.open_uow, storage=ingest.storage)
    assert {part.list_id for part in await ingest.said(RecipientsPublished)} == set(lists) - {broken.job_id}
