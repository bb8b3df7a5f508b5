"""Sheets on demand: asked for once however often, written once, of what there is at that moment."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import openpyxl
import pytest

from libs.common import inbox
from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import ExportRequested
from libs.common.contracts.research import ExtraAnswer
from libs.common.errors import Busy, Conflict, NotFound, RateLimited, Transient
from libs.common.ids import new_id
from services.ingest.domain.exports import KEPT_PARTIALS, MAX_WRITING, Export
from services.ingest.domain.storage_keys import ExportFormat, export_key
from services.ingest.repositories import exports
from services.ingest.tables import COMMON
from services.ingest.use_cases import write_export as writing
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.find_download import find_download
from services.ingest.use_cases.request_export import ExportRequest, request_export
from tests.integration.ingest.jobs.steps import Ingest, answer, result

OWN = ["Email", "First name", "Company"]


async def ask(ingest: Ingest, job_id: UUID, file_format: ExportFormat = "csv", *, flat: bool = False) -> Export:
    return await request_export(
        ExportRequest(job_id, file_format=file_format, flat=flat),
        workspace_id=ingest.workspace_id,
        open_uow=ingest.open_uow,
        storage=ingest.storage,
    )


async def write(ingest: Ingest, export_id: UUID, *, id_: UUID | None = None) -> None:
    """As the bus edge does it."""
    event = ExportRequested(export_id=export_id)
    message = ingest.message(event, "ingest.write_export", id_=id_)
    await writing.write_export(event, message=message, open_uow=ingest.open_uow, resources=ingest.resources)


async def look(ingest: Ingest, export_id: UUID) -> Export:
    async with ingest.open_uow() as uow:
        return await exports.load(uow.conn, export_id, workspace_id=ingest.workspace_id)


async def half_done(ingest: Ingest) -> UUID:
    """Rows 1 to 3 have their outcome, 4 and 5 wait for theirs."""
    job_id = await ingest.queued((3, 2))
    await ingest.deliver(answer(job_id, 0, [1, 2, 3]))
    return job_id


async def finished(ingest: Ingest) -> UUID:
    job_id = await half_done(ingest)
    await ingest.deliver(answer(job_id, 1, [result(4, "degraded"), result(5, "failed")]))
    await ingest.merge(job_id)
    return job_id


async def csv_of(ingest: Ingest, export: Export) -> list[list[str]]:
    text = (await ingest.storage.get(export.storage_key)).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


async def book_of(ingest: Ingest, export: Export) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(await ingest.storage.get(export.storage_key)))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def said_in(summary: list[tuple[Any, ...]]) -> dict[Any, Any]:
    return {row[0]: row[1] for row in summary}


async def test_a_second_click_makes_no_second_export(ingest: Ingest) -> None:
    """Red when two that click at once both make one, or when each click is written."""
    job_id = await half_done(ingest)
    found = await asyncio.gather(*(ask(ingest, job_id) for _ in range(5)))
    assert len({export.id for export in found}) == 1
    assert [said.export_id for said in await ingest.said(ExportRequested)] == [found[0].id]


async def test_a_job_under_way_has_a_sheet_of_all_its_rows(ingest: Ingest) -> None:
    """Red when a row without an outcome is left out, or when the sheet does not say that it is partial."""
    job_id = await half_done(ingest)
    export = await ask(ingest, job_id, "xlsx")
    assert (export.state, export.is_partial, export.rows_total) == ("writing", True, 5)
    await write(ingest, export.id)
    export = await look(ingest, export.id)
    assert (export.state, export.rows_done) == ("ready", 5)
    assert export.size_bytes == await ingest.storage.size(export.storage_key)
    book = await book_of(ingest, export)
    assert [row[0] for row in book["Rows"][1:]] == [f"lead{n}@acme.example" for n in range(1, 6)]
    assert [row[4] for row in book["Rows"][1:]] == ["Hello"] * 3 + [None] * 2
    assert "Failed rows" not in book
    summary = said_in(book["Summary"])
    assert (summary["Rows"], summary["Rows enriched"], summary["Rows pending"]) == (5, 3, 2)
    assert summary["State"].startswith("Partial")
    assert summary["Real or sandboxed"].startswith("Real")
    assert (summary["Credits held"], summary["Credits charged"], summary["Credits per enriched row"]) == (5, 3, 1)


async def test_who_asks_while_one_is_being_written_gets_that(ingest: Ingest) -> None:
    """Red when the results that come in meanwhile let every click begin another sheet."""
    job_id = await half_done(ingest)
    first = await ask(ingest, job_id)
    await ingest.deliver(answer(job_id, 1, [4]))
    assert (await ask(ingest, job_id)).id == first.id
    await write(ingest, first.id)
    await ingest.deliver(answer(job_id, 1, [5]))
    assert (await ask(ingest, job_id)).id != first.id


async def test_of_partial_sheets_the_newest_few_are_kept(ingest: Ingest) -> None:
    """Red when a running job fills the storage, or when a finished sheet goes with the partial ones."""
    sizes = (1,) * (KEPT_PARTIALS + 3)
    job_id = await ingest.queued(sizes)
    made: list[Export] = []
    for number in range(KEPT_PARTIALS + 2):
        await ingest.deliver(answer(job_id, number, [number + 1]))
        made.append(await ask(ingest, job_id))
        await write(ingest, made[-1].id)
    async with ingest.open_uow() as uow:
        kept = await exports.of_job(uow.conn, job_id, limit=100)
    assert [export.id for export in kept] == [export.id for export in reversed(made[-KEPT_PARTIALS:])]
    there = [await ingest.storage.exists(export.storage_key) for export in made]
    assert there == [False, False, *[True] * KEPT_PARTIALS]


async def test_the_finished_sheet_is_an_export_that_needs_no_writing(ingest: Ingest) -> None:
    job_id = await finished(ingest)
    export = await ask(ingest, job_id, "xlsx")
    assert (export.state, export.is_partial, export.storage_key) == ("ready", False, export_key(job_id, "xlsx"))
    assert export.size_bytes == await ingest.storage.size(export.storage_key)
    assert (await ask(ingest, job_id, "xlsx")).id == export.id
    assert await ingest.said(ExportRequested) == []


async def test_a_flat_sheet_has_the_research_in_readable_columns(ingest: Ingest) -> None:
    """Red when it is offered before it is there, or when its download is another file."""
    job_id = await finished(ingest)
    wanted = ExportRequest(job_id, file_format="csv", flat=True)
    job = await ingest.job(job_id)
    async with ingest.open_uow() as uow:
        with pytest.raises(
            Conflict, match=f'POST /v1/jobs/{job_id}/exports {{"format": "csv", "flat": true}}'
        ) as refused:
            await find_download(uow, wanted, job=job)
    assert refused.value.code == "not_ready"
    export = await ask(ingest, job_id, flat=True)
    await write(ingest, export.id)
    header, *rows = await csv_of(ingest, await look(ingest, export.id))
    flat = ["sif_status", "sif_reason", "sif_person", "sif_company", "sif_signals", "sif_confidence", "sif_sources"]
    assert header == [*OWN, "sif_research", *flat, "sif_as_of", "sif_personalized"]
    assert [row[4] for row in rows] == ["enriched", "enriched", "enriched", "degraded", "failed"]
    async with ingest.open_uow() as uow:
        assert (await find_download(uow, wanted, job=job)).key == export.storage_key


async def test_extra_columns_follow_in_their_order_and_type(ingest: Ingest) -> None:
    """Red when an answer stands under another column, or a number comes as text."""
    job_id = await ingest.queued((2,))
    answers = {
        "Sites": ExtraAnswer(value=12),
        "Hiring?": ExtraAnswer(value=True),
        "Sells": ExtraAnswer(value=["pumps", "=valves"]),
    }
    await ingest.execute(
        "UPDATE ingest.jobs SET spec = jsonb_set(spec, '{extra_columns}', CAST(:columns AS jsonb))",
        columns='[{"name": "Sells", "kind": "list", "description": ""}, {"name": "Sites", "kind": "number", "description": ""},'
        ' {"name": "Hiring?", "kind": "boolean", "description": ""}]',
    )
    first = result(1).model_copy(update={"extra": answers})
    await ingest.deliver(answer(job_id, 0, [first, result(2)]))
    export = await ask(ingest, job_id, "xlsx", flat=True)
    await write(ingest, export.id)
    rows = (await book_of(ingest, await look(ingest, export.id)))["Rows"]
    assert rows[0][-4:] == ("sif_personalized", "Sells", "Sites", "Hiring?")
    assert rows[1][-3:] == ("pumps; =valves", 12, True)
    assert rows[2][-3:] == (None, None, None)


async def test_a_cancelled_job_has_a_sheet_of_what_it_delivered(ingest: Ingest) -> None:
    """Red when it waits for ever for rows that nobody will reach, or calls them pending."""
    job_id = await half_done(ingest)
    async with ingest.open_uow() as uow:
        await cancel_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    export = await ask(ingest, job_id, "xlsx")
    assert not export.is_partial
    await write(ingest, export.id)
    summary = said_in((await book_of(ingest, await look(ingest, export.id)))["Summary"])
    assert (summary["Rows enriched"], summary["Rows skipped"], summary["Rows pending"]) == (3, 2, 0)
    assert (await ask(ingest, job_id, "xlsx")).id == export.id


async def test_a_workspace_has_two_sheets_written_at_once(ingest: Ingest) -> None:
    """N at once: MAX_WRITING succeed, the others are told to wait; with one written there is room again."""
    job_ids = [await half_done(ingest) for _ in range(MAX_WRITING + 2)]
    outcomes = await asyncio.gather(*(ask(ingest, job_id) for job_id in job_ids), return_exceptions=True)
    made = [found for found in outcomes if isinstance(found, Export)]
    refused = [found for found in outcomes if isinstance(found, RateLimited)]
    assert (len(made), len(refused)) == (MAX_WRITING, 2)
    assert {error.code for error in refused} == {"too_many_exports"}
    await write(ingest, made[0].id)
    (waiting, *_) = [job_id for job_id in job_ids if job_id not in {export.job_id for export in made}]
    assert (await ask(ingest, waiting)).state == "writing"


async def test_heard_twice_it_is_written_once(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with the inbox emptied. Natural key: the export's state."""
    job_id = await half_done(ingest)
    export, heard = await ask(ingest, job_id), new_id()
    await write(ingest, export.id, id_=heard)
    before = (await look(ingest, export.id), await ingest.storage.get(export.storage_key))

    async def never(**_: object) -> None:
        raise AssertionError("it is written already")

    monkeypatch.setattr(writing, "write_exports", never)
    await ingest.forget_inbox()
    await write(ingest, export.id, id_=heard)
    assert (await look(ingest, export.id), await ingest.storage.get(export.storage_key)) == before


async def test_a_writer_that_died_is_replaced_when_its_lease_runs_out(ingest: Ingest) -> None:
    """Crash between claim and record. Red when the claim never ends, or another may take it too early."""
    export = await ask(ingest, await half_done(ingest))
    async with ingest.open_uow() as uow:
        assert await exports.claim(uow.conn, export.id, token=new_id(), lease=writing.LEASE)
    with pytest.raises(Busy):
        await write(ingest, export.id)
    await ingest.execute("UPDATE ingest.exports SET lease_until = now() - interval '1 s'")
    await write(ingest, export.id)
    assert (await look(ingest, export.id)).state == "ready"


async def test_a_writer_that_was_replaced_records_nothing(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when it swallows the message of the one that has it now: the export would be `writing` for ever."""
    export, heard, other = await ask(ingest, await half_done(ingest)), new_id(), new_id()
    real: Callable[..., Any] = writing.write_exports

    async def slow(**arguments: Any) -> Any:
        written = await real(**arguments)
        await ingest.execute("UPDATE ingest.exports SET lease_until = now() - interval '1 s'")
        async with ingest.open_uow() as uow:
            assert await exports.claim(uow.conn, export.id, token=other, lease=writing.LEASE)
        return written

    with monkeypatch.context() as patched:
        patched.setattr(writing, "write_exports", slow)
        await write(ingest, export.id, id_=heard)
    assert (await look(ingest, export.id)).state == "writing"
    async with ingest.open_uow() as uow:
        assert not await inbox.has(uow.conn, COMMON.inbox, consumer="ingest.write_export", message_id=heard)
    await ingest.execute("UPDATE ingest.exports SET lease_until = now() - interval '1 s'")
    await write(ingest, export.id, id_=heard)
    assert (await look(ingest, export.id)).state == "ready"


async def test_a_store_that_is_away_lets_the_next_one_in_at_once(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when its lease stays: the retry would find somebody at it."""
    export = await ask(ingest, await half_done(ingest))

    async def away(**_: object) -> None:
        raise ConnectionError("storage is away")

    with monkeypatch.context() as patched:
        patched.setattr(writing, "write_exports", away)
        with pytest.raises(ConnectionError):
            await write(ingest, export.id)
    await write(ingest, export.id)
    assert (await look(ingest, export.id)).state == "ready"


async def test_rows_that_storage_does_not_have_are_asked_for_again_until_it_is_given_up(ingest: Ingest) -> None:
    """Red when one 404 fails it, or when a failed one can never be had."""
    job_id = await half_done(ingest)
    export = await ask(ingest, job_id)
    segment = (await ingest.chunk_rows(job_id))[0].segment_key
    rows = await ingest.storage.get(segment)
    await ingest.storage.delete_prefix("uploads")
    with pytest.raises(Transient):
        await write(ingest, export.id)
    event = ExportRequested(export_id=export.id)
    async with ingest.open_uow() as uow:
        await writing.fail_unwritten(event, ingest.message(event, "ingest.write_export"), uow, "died five times")
    export = await look(ingest, export.id)
    assert (export.state, export.problem) == ("failed", writing.GIVEN_UP)
    await ingest.storage.put(segment, rows)
    again = await ask(ingest, job_id)
    assert (again.id, again.state, again.problem) == (export.id, "writing", None)
    await write(ingest, export.id)
    assert (await look(ingest, export.id)).state == "ready"
    assert len(await ingest.said(ExportRequested)) == 2


async def test_damaged_rows_fail_it_with_the_reason(ingest: Ingest) -> None:
    job_id = await half_done(ingest)
    export = await ask(ingest, job_id)
    await ingest.storage.put((await ingest.chunk_rows(job_id))[0].segment_key, b"")
    await write(ingest, export.id)
    export = await look(ingest, export.id)
    assert export.state == "failed"
    assert export.problem is not None
    assert export.problem["code"] == "rows_unreadable"


async def test_an_export_of_a_job_that_is_gone_is_dropped(ingest: Ingest) -> None:
    """Red when the message comes back for ever."""
    export = await ask(ingest, await half_done(ingest))
    await ingest.execute("UPDATE ingest.jobs SET deleted_at = now()")
    await write(ingest, export.id)
    assert (await look(ingest, export.id)).state == "writing"


async def test_another_workspace_gets_nothing(ingest: Ingest) -> None:
    """P7. Red when the workspace is not in the query."""
    job_id = await half_done(ingest)
    export = await ask(ingest, job_id)
    mine, ingest.workspace_id = ingest.workspace_id, new_id()
    with pytest.raises(NotFound):
        await ask(ingest, job_id)
    with pytest.raises(NotFound):
        await look(ingest, export.id)
    ingest.workspace_id = mine


async def test_a_trial_has_no_sheet(ingest: Ingest) -> None:
    upload_id = await ingest.upload((3,))
    job = await ingest.try_rows(upload_id, [1])
    with pytest.raises(Conflict) as refused:
        await ask(ingest, job.id)
    assert refused.value.code == "no_sheet"


async def test_rows_that_nobody_ordered_are_in_the_sheet_too(ingest: Ingest) -> None:
    """P1. Red when the sheet ends with the last row that was ordered, or when they fill `Failed rows`."""
    job = await ingest.create(await ingest.upload((3, 2)), first_rows=2, skip_duplicates=False)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=2))
    await ingest.announce(rows=10_000)
    await ingest.dispatch()
    await ingest.deliver(answer(job.id, 0, [1, 2]))
    await ingest.merge(job.id)
    book = await book_of(ingest, await ask(ingest, job.id, "xlsx"))
    assert [row[0] for row in book["Rows"][1:]] == [f"lead{n}@acme.example" for n in range(1, 6)]
    assert "Failed rows" not in book
    assert ("Rows skipped, because", 3, "not_selected") in book["Summary"]
