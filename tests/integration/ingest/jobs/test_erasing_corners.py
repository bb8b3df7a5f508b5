"""Where a person may stand beside the rows of one sheet: headers, names of files, archives, retries, another's row."""

import gzip
import io
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from libs.common.contracts.billing import HoldPlaced
from libs.common.outbox import encode
from services.ingest.domain.storage_keys import export_key, upload_key
from services.ingest.tables import COMMON
from services.ingest.use_cases.fail_chunk import fail_unrecorded
from services.ingest.use_cases.request_export import ExportRequest, request_export
from tests.integration.ingest.jobs.steps import Ingest, answer, result
from tests.integration.ingest.jobs.test_erasing import (
    NAME,
    ROWS,
    WHO,
    ask,
    begun,
    cells_of,
    erase,
    finished,
    sheet_with_them,
    told_of,
)

BOB = "bob@other.example"


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


async def one(ingest: Ingest, query: str, **given: object) -> object:
    async with ingest.open_uow() as uow:
        return (await uow.conn.execute(text(query), given)).scalar_one()


async def test_a_header_that_names_the_person_goes_with_the_file(ingest: Ingest) -> None:
    """A file without a header, whose first row is taken for one. Red when only rows are looked at: header, what is remembered of
    it and the file would stay."""
    upload_id = await ingest.upload((1,), rows=[["bob@acme.example", "Bob", "Acme"]])
    await ingest.storage.put(upload_key(upload_id), f"{WHO},{NAME}\nbob@acme.example,Bob".encode())
    await ingest.execute(
        "UPDATE ingest.uploads SET columns = jsonb_set(columns, '{0,name}', to_jsonb(CAST(:who AS text))) WHERE id = :id",
        id=upload_id,
        who=WHO,
    )
    await ingest.execute(
        "INSERT INTO ingest.mapping_memories VALUES (:workspace, :header, 'email'), (:workspace, 'mail', 'email')",
        workspace=ingest.workspace_id,
        header=WHO,
    )
    await ask(ingest)
    assert await erase(ingest) == 1
    assert await one(ingest, "SELECT columns->0->>'name' FROM ingest.uploads WHERE id = :id", id=upload_id) == "erased"
    assert await one(ingest, "SELECT string_agg(header, ',') FROM ingest.mapping_memories") == "mail"
    assert not await ingest.storage.exists(upload_key(upload_id))
    assert await cells_of(ingest, upload_id) == [["bob@acme.example", "Bob", "Acme"]]


async def test_first_rows_and_findings_go_where_no_row_names_the_person(ingest: Ingest) -> None:
    """Red when they are emptied only for rows that were found: what is kept beside them may say more than the rows do."""
    upload_id = await sheet_with_them(ingest)
    await ingest.execute("DELETE FROM ingest.upload_chunks WHERE upload_id = :id", id=upload_id)
    await ask(ingest)
    assert await erase(ingest) == 1
    said = "SELECT count(*) FROM ingest.{} t WHERE t::text ILIKE :who"
    for table in ("uploads", "upload_problems"):
        assert await one(ingest, said.format(table), who=f"%{WHO}%") == 0, table


async def test_a_file_that_is_called_like_the_person_is_renamed_with_its_jobs(ingest: Ingest) -> None:
    """Red when the name of a file outlives the person, in the upload or in a job."""
    _, job_id = await begun(ingest)
    for table in ("uploads", "jobs"):
        await ingest.execute(f"UPDATE ingest.{table} SET filename = :name", name=f"{WHO}.csv")  # noqa: S608 - our names
    await ask(ingest)
    await erase(ingest)
    assert (await ingest.job(job_id)).filename == "erased.csv"
    assert await one(ingest, "SELECT filename FROM ingest.uploads") == "erased.csv"


async def test_what_was_written_to_somebody_else_loses_the_address_alone(ingest: Ingest) -> None:
    """Red when a line that was made of a row with a mention keeps the address, or loses its other words."""
    _, job_id = await begun(ingest)
    await ingest.deliver(answer(job_id, 0, [result(1), result(2)]))
    await ingest.deliver(answer(job_id, 1, [result(3, line=f"Cy, how is {WHO.title()}?")]))
    await ask(ingest)
    await erase(ingest)
    assert [row.line for row in await ingest.result_rows(job_id)] == ["Hello", None, "Cy, how is erased?"]


@pytest.mark.parametrize("dies", ["before", "after"])
async def test_an_answer_that_could_not_be_recorded_is_emptied(ingest: Ingest, dies: str) -> None:
    """It tells of the person by name alone. Red when it stays in the dead letters, or when the chunk is not given up."""
    _, job_id = await begun(ingest)
    event = answer(job_id, 0, [result(1), result(2, line=f"Dear {NAME}")])
    message = ingest.message(event, "ingest.record_results")

    async def die() -> None:
        errors = {"cause": "ValueError", "attempts": 5, "first_error": "no", "last_error": "no"}
        filed = COMMON.dead_letters.insert().values(
            id=message.envelope.id,
            queue=message.consumer,
            message_key=str(message.envelope.id),
            body=encode(message.envelope),
            tenant_id=ingest.workspace_id,
            **errors,
        )
        async with ingest.open_uow() as uow:
            await uow.conn.execute(filed)
            await fail_unrecorded(event, message, uow, "no")

    if dies == "before":
        await die()
    await ask(ingest)
    assert await erase(ingest) == 1
    if dies == "after":
        await die()
    letters = "SELECT string_agg(encode(body, 'escape') || resolution, ',') FROM ingest.dead_letters"
    assert await one(ingest, letters) == "{}discarded"
    assert await one(ingest, "SELECT state FROM ingest.chunks WHERE chunk_no = 0") == "failed"


@pytest.mark.parametrize("packed", ["gz", "zip"])
async def test_a_packed_file_goes_and_so_does_the_name_of_what_was_in_it(ingest: Ingest, packed: str) -> None:
    """Red when an archive is looked at as if its bytes were words, and stays."""
    upload_id = await sheet_with_them(ingest)
    content = f"email,name\n{WHO},{NAME}".encode()
    data = gzip.compress(content) if packed == "gz" else zipped(f"{WHO} 1.csv", content)
    await ingest.storage.put(upload_key(upload_id), data)
    await ingest.execute(
        "UPDATE ingest.uploads SET reading = jsonb_set(reading, '{archive}', to_jsonb(CAST(:name AS text))) WHERE id = :id",
        id=upload_id,
        name=f"{WHO} 1.csv",
    )
    await ask(ingest)
    assert await erase(ingest) == 1
    assert not await ingest.storage.exists(upload_key(upload_id))
    archive = "SELECT reading->>'archive' FROM ingest.uploads WHERE id = :id"
    assert await one(ingest, archive, id=upload_id) == "erased 1.csv"


async def test_what_a_retry_laid_over_a_list_goes_too(ingest: Ingest, tmp_path: Path) -> None:
    """Red when only the list's own results are emptied: its sheet would be written with the retry's words."""
    _, job_id = await begun(ingest)
    await ingest.deliver(answer(job_id, 0, [result(1), result(2, status="failed")]))
    await ingest.deliver(answer(job_id, 1, [result(3)]))
    await ingest.merge(job_id)
    retry_id = await _retried(ingest, job_id)
    before = await ingest.job(job_id)
    await ask(ingest)
    assert await erase(ingest) == 1
    assert [(row.status, row.line, row.reason) for row in await ingest.result_rows(retry_id)] == [
        ("enriched", None, "erased")
    ]
    assert await told_of(ingest, tmp_path / "storage") == []
    after = await ingest.job(job_id)
    assert (after.overlay, after.tally, after.credits_total) == (before.overlay, before.tally, before.credits_total)
    assert not await ingest.storage.exists(export_key(job_id, "csv"))


async def _retried(ingest: Ingest, job_id: UUID) -> UUID:
    """The person's row, tried again and delivered."""
    retry = await ingest.retry(job_id)
    await ingest.deliver(HoldPlaced(job_id=retry.id, credits=1))
    await ingest.dispatch()
    await ingest.deliver(answer(retry.id, 0, [result(2, line=f"Dear {NAME}")]))
    await ingest.merge(retry.id)
    return retry.id


async def test_two_people_in_one_row_are_erased_one_after_the_other(ingest: Ingest, tmp_path: Path) -> None:
    """The first waits for a sheet that is being written. Red when the second is gone on with meanwhile and takes the row over:
    what was made of it would keep the first one's address."""
    both = ["cy@acme.example", f"Cy, of {WHO} and {BOB}", "Acme"]
    _, job_id = await finished(ingest, [*ROWS[:2], both])
    await ingest.execute(
        "UPDATE ingest.results SET line = :line WHERE job_id = :job AND row_no = 3", job=job_id, line=f"{WHO}, {BOB}"
    )
    wanted = ExportRequest(job_id, "csv", flat=True)
    await request_export(wanted, workspace_id=ingest.workspace_id, open_uow=ingest.open_uow, storage=ingest.storage)
    await ask(ingest)
    await ask(ingest, BOB)
    assert await erase(ingest) == 0
    open_ones = (
        "SELECT count(*) FROM ingest.erased_rows WHERE erasure_id <> (SELECT min(id::text)::uuid FROM ingest.erasures)"
    )
    assert await one(ingest, open_ones) == 0
    await ingest.execute("UPDATE ingest.exports SET state = 'ready', size_bytes = 1")
    assert await erase(ingest) == 2
    assert await told_of(ingest, tmp_path / "storage") == []
    (line,) = [row.line for row in await ingest.result_rows(job_id) if row.row_no == 3]
    assert line == "erased, erased"
