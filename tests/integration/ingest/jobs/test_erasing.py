"""Erasing a person from sheets: rows are empty and keep their numbers, what was made of them has no words, the rest stays."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.gateway import LeadErased
from libs.common.contracts.ingest import LeadErased as Answered
from libs.common.contracts.ingest import RowsErased
from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.storage import Storage
from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.domain.storage_keys import export_key, upload_key
from services.ingest.repositories import erased_rows, erased_uploads, upload_problems
from services.ingest.segment_reading import stream_rows
from services.ingest.tables import METADATA
from services.ingest.use_cases.erase_lead import erase_leads
from services.ingest.use_cases.find_download import find_download
from services.ingest.use_cases.read_again import read_again
from services.ingest.use_cases.request_export import ExportRequest, request_export
from tests.integration.ingest.jobs.steps import Ingest, answer, result

WHO = "ada@acme.example"
NAME = "Zsuzsanna"
ROWS = [
    ["bob@acme.example", "Bob", "Acme"],
    [WHO.upper(), NAME, "Acme"],
    ["cy@acme.example", f"Cy, of {WHO}", "Acme"],
]


async def ask(ingest: Ingest, address: str = WHO) -> UUID:
    event = LeadErased(erasure_id=new_id(), email=address)
    await ingest.deliver(event)
    return event.erasure_id


async def erase(ingest: Ingest) -> int:
    return await erase_leads(now=utc_now(), open_uow=ingest.open_uow, storage=ingest.storage)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the objects of `ingest` lie."""
    return tmp_path / "storage"


async def told_of(ingest: Ingest, folder: Path) -> list[str]:
    """Where the address or the name stands: in any column of any table but the outbox, or in any stored file."""
    words, found = (WHO, NAME.lower()), list[str]()
    async with ingest.open_uow() as uow:
        for table in METADATA.sorted_tables:
            rows = await uow.conn.execute(text(f"SELECT t::text FROM {table.fullname} t"))  # noqa: S608 - our names
            said = "\n".join(rows.scalars()).lower()
            found += [f"{table.name}: {word}" for word in words if word in said and table.name != "outbox"]
    for path in folder.rglob("*"):
        if path.is_file():
            said = _unpacked(path.read_bytes()).decode("utf-8", "replace").lower()
            found += [f"{path.name}: {word}" for word in words if word in said]
    return found


def _unpacked(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


async def cells_of(ingest: Ingest, upload_id: UUID) -> list[object]:
    async with ingest.open_uow() as uow:
        refs = await upload_problems.load_refs(uow.conn, upload_id)
    return [row.cells async for row in stream_rows(ingest.storage, refs)]


async def sheet_with_them(ingest: Ingest, rows: Sequence[Sequence[str]] = ROWS) -> UUID:
    """An upload with the person in its second row, a mention of them in the third, and what is kept beside."""
    upload_id = await ingest.upload((2, 1), rows=rows)
    await ingest.storage.put(upload_key(upload_id), f"{WHO},{NAME}".encode())
    await ingest.execute(
        "UPDATE ingest.uploads SET sample = CAST(:sample AS jsonb) WHERE id = :id",
        id=upload_id,
        sample=f'[["bob@acme.example"], ["{WHO}", "{NAME}"], ["cy@acme.example", "Cy, of {WHO}"]]',
    )
    await ingest.execute(
        "INSERT INTO ingest.upload_problems VALUES (:id, 2, 'bad_email', 0, CAST(:who AS text), CAST(:who AS text))",
        id=upload_id,
        who=WHO,
    )
    await ingest.same_leads(upload_id, [1, 2, 3])
    return upload_id


async def begun(ingest: Ingest, rows: Sequence[Sequence[str]] = ROWS) -> tuple[UUID, UUID]:
    """A job on such a sheet whose chunks are with enrich."""
    upload_id = await sheet_with_them(ingest, rows)
    job = await ingest.create(upload_id)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=3))
    await ingest.announce(rows=10_000)
    await ingest.dispatch()
    return upload_id, job.id


async def finished(ingest: Ingest, rows: Sequence[Sequence[str]] = ROWS) -> tuple[UUID, UUID]:
    """A finished job on such a sheet; somebody has edited the person's line, and the sheet is written."""
    upload_id, job_id = await begun(ingest, rows)
    await ingest.deliver(answer(job_id, 0, [result(1), result(2, line=f"Dear {NAME}")]))
    await ingest.deliver(answer(job_id, 1, [result(3)]))
    who = {"job": job_id, "user": ingest.user_id, "line": f"My dear {NAME}", "id": new_id()}
    await ingest.execute(
        "INSERT INTO ingest.line_reviews (job_id, row_no, version, line, edited_by, edited_at)"
        " VALUES (:job, 2, 1, :line, :user, now())",
        **who,
    )
    await ingest.execute(
        "INSERT INTO ingest.line_review_log VALUES (:id, :job, 2, 1, :line, false, :user, now())", **who
    )
    await ingest.merge(job_id)
    return upload_id, job_id


async def test_nothing_tells_of_a_person_and_rows_and_charges_stay(ingest: Ingest, folder: Path) -> None:
    """Red when the address or the name is left in a table or a file, or when a number or a charge is another."""
    upload_id, job_id = await finished(ingest)
    other_id = await ingest.upload((1,))
    before = await ingest.job(job_id)
    assert {one.split(":")[0] for one in await told_of(ingest, folder)} >= {"uploads", "results", "file", "result.csv"}
    erasure_id = await ask(ingest)
    assert await erase(ingest) == 1
    assert await told_of(ingest, folder) == []
    assert await cells_of(ingest, upload_id) == [ROWS[0], [], ["cy@acme.example", "Cy, of ", "Acme"]]
    assert await cells_of(ingest, other_id) == [["lead1@acme.example", "Lead1", "Acme 1"]]
    after = await ingest.job(job_id)
    assert (after.tally.enriched, after.credits_total, after.version) == (3, before.credits_total, before.version)
    assert [(row.row_no, row.status, row.line, row.reason) for row in await ingest.result_rows(job_id)] == [
        (1, "enriched", "Hello", None),
        (2, "enriched", None, "erased"),
        (3, "enriched", "Hello", None),
    ]
    (told,) = [one for one in await ingest.said(Answered) if one.erasure_id == erasure_id]
    assert told.erased == {"uploads": 1, "rows": 1, "mentions": 1, "results": 1, "sheets": 2}
    (rows,) = [one for one in await ingest.said(RowsErased) if one.erasure_id == erasure_id]
    assert [(row.job_id, row.row_no) for row in rows.rows] == [(job_id, 2)]


async def test_a_sheet_is_written_again_when_it_is_asked_for(ingest: Ingest, folder: Path) -> None:
    """Red when the old sheet can be downloaded, or when no other can be had."""
    _, job_id = await finished(ingest)
    await ask(ingest)
    await erase(ingest)
    assert not await ingest.storage.exists(export_key(job_id, "csv"))
    wanted = ExportRequest(job_id, "csv", flat=False)
    job = await ingest.job(job_id)
    async with ingest.open_uow() as uow:
        with pytest.raises(Conflict, match="POST /v1/jobs"):
            await find_download(uow, wanted, job=job)
    export = await request_export(
        wanted, workspace_id=ingest.workspace_id, open_uow=ingest.open_uow, storage=ingest.storage
    )
    assert export.state == "writing"


async def test_an_answer_that_comes_late_is_stored_without_a_word_and_counts(ingest: Ingest, folder: Path) -> None:
    """Red when a row that was with enrich brings the person back, or when the job does not end."""
    _, job_id = await begun(ingest)
    await ask(ingest)
    await erase(ingest)
    await ingest.deliver(answer(job_id, 0, [result(1), result(2, line=f"Dear {NAME}")]))
    await ingest.deliver(answer(job_id, 1, [result(3)]))
    assert await told_of(ingest, folder) == []
    await ingest.merge(job_id)
    job = await ingest.job(job_id)
    assert (job.state.value, job.tally.enriched) == ("completed", 3)
    assert await told_of(ingest, folder) == []


async def test_a_crash_at_any_step_leaves_what_the_next_run_ends(
    ingest: Ingest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a row that was emptied before a crash is not known to be the person's after it."""
    await finished(ingest)
    await ask(ingest)
    steps = [
        (Storage, "put"),
        (erased_rows, "blank_results"),
        (erased_rows, "outdate_sheets"),
        (Storage, "delete_prefix"),
        (erased_uploads, "forget"),
        (Storage, "delete"),
    ]
    for owner, name in steps:
        with monkeypatch.context() as broken:

            async def die(*_: object, **__: object) -> None:
                raise RuntimeError("killed")

            broken.setattr(owner, name, die)
            with pytest.raises(RuntimeError, match="killed"):
                await erase(ingest)
    assert await erase(ingest) == 1
    assert await told_of(ingest, folder) == []


async def test_while_a_sheet_is_being_written_the_person_is_not_done(ingest: Ingest, folder: Path) -> None:
    """Its writer may have read the rows before. Red when the erasure ends before such a sheet is there and deleted."""
    _, job_id = await finished(ingest)
    wanted = ExportRequest(job_id, "csv", flat=True)
    await request_export(wanted, workspace_id=ingest.workspace_id, open_uow=ingest.open_uow, storage=ingest.storage)
    await ask(ingest)
    assert await erase(ingest) == 0
    await ingest.storage.put(f"jobs/{job_id}/exports/late.csv", WHO.encode())
    await ingest.execute("UPDATE ingest.exports SET state = 'ready', size_bytes = 1")
    assert await erase(ingest) == 1
    assert await told_of(ingest, folder) == []


async def test_an_upload_that_is_being_read_is_waited_for(ingest: Ingest) -> None:
    """Red when a file that was sent before is read after the erasure and brings the person back."""
    upload_id = await sheet_with_them(ingest)
    await ingest.execute("UPDATE ingest.uploads SET state = 'reading', row_count = NULL WHERE id = :id", id=upload_id)
    await ask(ingest)
    assert await erase(ingest) == 0
    await ingest.execute("UPDATE ingest.uploads SET state = 'ready', row_count = 3 WHERE id = :id", id=upload_id)
    assert await erase(ingest) == 1
    assert (await cells_of(ingest, upload_id))[1] == []


async def test_an_upload_whose_file_is_gone_is_not_read_again(ingest: Ingest) -> None:
    upload_id = await sheet_with_them(ingest)
    await ask(ingest)
    await erase(ingest)
    async with ingest.open_uow() as uow:
        with pytest.raises(Conflict, match="send it once more") as refused:
            await read_again(uow, upload_id, workspace_id=ingest.workspace_id, options=ReadingOptions(delimiter=";"))
    assert refused.value.code == "original_erased"


async def test_another_workspace_keeps_the_same_person(ingest: Ingest, folder: Path) -> None:
    """Red when erasing in one workspace reaches into another's sheets."""
    other = Ingest(ingest.open_uow, ingest.storage)
    upload_id = await other.upload((2, 1), rows=ROWS)
    await ask(ingest)
    await erase(ingest)
    assert await cells_of(other, upload_id) == ROWS


async def test_whom_a_sourcing_has_revealed_and_not_delivered_goes_too(ingest: Ingest, folder: Path) -> None:
    """Red when a lead that waits to be delivered is left, or the batch counts another number of leads."""
    sourcing_id = new_id()
    await ingest.execute(
        "INSERT INTO ingest.sourcings (id, workspace_id, user_id, request_fingerprint, name, filters, skip_known, wanted,"
        " state, version, searched, pages, people, batches, leads, failures, price_version, credits_per_lead,"
        " credits_held, credits_total, sandboxed, created_at, state_changed_at)"
        " VALUES (:id, :workspace, :workspace, '', 'Buyers', '{}', false, 2, 'revealing', 1, true, 1, 2, 1, 2, 0, 1, 1,"
        " 2, 2, false, now(), now())",
        id=sourcing_id,
        workspace=ingest.workspace_id,
    )
    await ingest.execute(
        "INSERT INTO ingest.sourcing_batches (sourcing_id, batch_no, credits, leads) VALUES (:id, 0, 2, CAST(:leads AS jsonb))",
        id=sourcing_id,
        leads=f'[["bob@acme.example"], ["{WHO}", "{NAME}"]]',
    )
    await ask(ingest)
    await erase(ingest)
    assert await told_of(ingest, folder) == []
    async with ingest.open_uow() as uow:
        leads = (await uow.conn.execute(text("SELECT leads FROM ingest.sourcing_batches"))).scalar_one()
    assert leads == [["bob@acme.example"], []]


@pytest.mark.parametrize(
    "unread",
    [
        """state = 'refused', row_count = NULL, problem = '{"code": "no_rows", "detail": "no rows"}'""",
        """sheets = '[{"name": "One"}, {"name": "Two"}]'""",
        """reading = '{"encoding": null, "delimiter": null, "sheet": null, "header_row": 2, "skipped_rows": 1}'""",
    ],
    ids=["refused", "other sheets", "above the header"],
)
async def test_a_file_with_words_that_nobody_has_read_goes(ingest: Ingest, folder: Path, unread: str) -> None:
    """Red when the person is in the file as it was sent, in no row, and comes back as it is read otherwise."""
    upload_id = await ingest.upload((1,), rows=[["bob@acme.example", "Bob", "Acme"]])
    await ingest.storage.put(upload_key(upload_id), f"{WHO},{NAME}".encode())
    plain_id = await ingest.upload((1,), rows=[["bob@acme.example", "Bob", "Acme"]])
    await ingest.storage.put(upload_key(plain_id), b"bob@acme.example")
    await ingest.execute(f"UPDATE ingest.uploads SET {unread} WHERE id = :id", id=upload_id)  # noqa: S608 - of this test
    await ask(ingest)
    assert await erase(ingest) >= 1
    assert await told_of(ingest, folder) == []
    assert await ingest.storage.get(upload_key(plain_id)) == b"bob@acme.example"
    async with ingest.open_uow() as uow:
        options = ReadingOptions(header_row=2)
        with pytest.raises(Conflict, match="erased"):
            await read_again(uow, upload_id, workspace_id=ingest.workspace_id, options=options)
