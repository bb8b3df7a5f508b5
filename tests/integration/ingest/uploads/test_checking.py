"""Mapping an upload, remembering it, and what checking its rows finds: in the file, and against earlier jobs."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope
from libs.common.contracts.ingest import UploadMapped
from libs.common.ids import new_id
from libs.common.uow import Message
from services.ingest.domain.jobs import Job, JobState
from services.ingest.repositories import jobs, lead_keys, mappings, upload_problems
from services.ingest.tables import COMMON, results
from services.ingest.tables import lead_keys as keys_table
from services.ingest.tables import uploads as uploads_table
from services.ingest.use_cases.check_upload import check_upload, give_up_check
from tests.integration.ingest.uploads.conftest import Service
from tests.support.waiting import PATIENCE_S, eventually

LEADS = b"""First name,Last name,Email,Company,Website
Ana,Bo,ana@acme.example,Acme,acme.example
Cy,Dee,CY@beta.example,Beta,https://www.beta.example/about
Ana,Bo,Ana@Acme.example,Acme GmbH,
Eve,,not an address,,
Fay,Go,n/a,Gamma,not a site
Fay,Go,,Gamma Ltd.,
,,info@delta.example,Delta,delta.example

Hal,Io,hal@gmail.com,,,surplus
"""


async def checked(service: Service, upload_id: str) -> dict[str, Any]:
    """The upload once its rows have been checked under its present mapping."""
    shown: dict[str, Any] = {}

    async def is_checked() -> bool:
        shown.update((await service.get(f"/v1/uploads/{upload_id}")).json())
        return shown["check"] in {"done", "failed"}

    await eventually(is_checked)
    return shown


async def problems(service: Service, upload_id: str, **filters: Any) -> list[dict[str, Any]]:
    answer = await service.get(f"/v1/uploads/{upload_id}/problems", params={"limit": 500, **filters})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def put_mapping(service: Service, upload_id: str, mapping: dict[str, int]) -> Any:
    return await service.client.put(
        f"/v1/uploads/{upload_id}/mapping", json={"mapping": mapping}, headers=service.headers()
    )


def message_of(service: Service, event: UploadMapped) -> Message:
    envelope = Envelope(
        id=new_id(),
        type=event.type,
        version=1,
        source="ingest",
        occurred_at=utc_now(),
        tenant_id=service.workspace_id,
        data=event.model_dump(mode="json"),
    )
    return Message(consumer="ingest.check_upload", envelope=envelope)


async def test_what_is_wrong_is_found_cell_by_cell_and_no_row_is_dropped(service: Service) -> None:
    """Red when a fault is not seen, counted in another column, or named by another row than the file's."""
    upload = await checked(service, (await service.read(LEADS))["id"])
    assert (upload["check"], upload["row_count"]) == ("done", 9)
    found = {(p["row"], p["code"], p["column"], p["value"]) for p in await problems(service, upload["id"])}
    assert found == {
        (4, "duplicate", None, None),
        (5, "bad_email", "Email", "not an address"),
        (5, "missing_company", None, None),
        (6, "placeholder_email", "Email", "n/a"),
        (6, "bad_website", "Website", "not a site"),
        (7, "missing_email", "Email", None),
        (7, "duplicate", None, None),
        (8, "missing_person", None, None),
        (8, "role_address", "Email", "info@delta.example"),
        (9, "blank_row", None, None),
        (10, "missing_company", None, None),
        (10, "ragged_row", "Column 6", "surplus"),
    }
    counts = {each["code"]: each["count"] for each in upload["findings"]}
    assert counts["duplicate"] == 2
    assert counts["missing_company"] == 2
    assert sum(counts.values()) == len(found)
    (bad,) = [each for each in upload["findings"] if each["code"] == "bad_email"]
    assert bad["columns"] == [{"index": 2, "name": "Email", "count": 1}]
    (duplicate, _) = await problems(service, upload["id"], code="duplicate")
    assert duplicate["advice"].endswith("(duplicate of row 2).")


async def test_findings_come_in_pages_and_by_code_and_column(service: Service) -> None:
    """Red when a page repeats or loses a finding, or a filter lets others through."""
    upload = await checked(service, (await service.read(LEADS))["id"])
    path = f"/v1/uploads/{upload['id']}/problems"
    everything = await problems(service, upload["id"])
    paged: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = (await service.get(path, params={"limit": 5} | ({"cursor": cursor} if cursor else {}))).json()
        paged += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert paged == everything
    assert await problems(service, upload["id"], column=4) == [p for p in everything if p["column_index"] == 4]
    assert await problems(service, upload["id"], column=-1) == [p for p in everything if p["column_index"] is None]
    for bad in ({"code": "x"}, {"cursor": "x"}, {"cursor": "1.2.3.4"}, {"cursor": "1.1.x"}, {"cursor": "-9.1.known"}):
        assert (await service.get(path, params=bad)).status_code == 422
    far = {"cursor": f"{'9' * 40}.{'9' * 40}.known"}
    assert (await service.get(path, params=far)).json()["items"] == []
    assert (await service.neighbour().get(path)).json()["code"] == "unknown_upload"
    assert (await service.neighbour().get(f"{path}.csv")).json()["code"] == "unknown_upload"


async def test_the_report_is_a_csv_that_runs_no_formula(service: Service) -> None:
    """Red when a cell of a stranger's sheet is a formula in the report, or a finding is left out."""
    sheet = b'Email,Company\n"=HYPERLINK(""http://evil.example"")",Acme\n+1+1,Acme\n'
    upload = await checked(service, (await service.read(sheet, filename="my leads.xlsx.csv"))["id"])
    answer = await service.get(f"/v1/uploads/{upload['id']}/problems.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "my%20leads.xlsx-problems.csv" in answer.headers["content-disposition"]
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert header == ["Row", "Column", "Value", "Code", "Severity", "What to do"]
    assert [row[:4] for row in rows if row[3] == "bad_email"] == [
        ["2", "Email", '\'=HYPERLINK("http://evil.example")', "bad_email"],
        ["3", "Email", "'+1+1", "bad_email"],
    ]
    assert len(rows) == len(await problems(service, upload["id"]))
    some = (await service.get(f"/v1/uploads/{upload['id']}/problems.csv?code=missing_company")).text
    assert len(some.splitlines()) == 1


async def test_there_is_no_report_before_the_rows_were_checked(service: Service) -> None:
    """Red when an empty report says that nothing is wrong while nobody has looked, or looked under this mapping."""
    upload = await checked(service, (await service.read(LEADS))["id"])
    path, open_uow = f"/v1/uploads/{upload['id']}/problems.csv", service.platform.open_uow
    async with open_uow() as uow:
        mine = uploads_table.c.id == UUID(upload["id"])
        await uow.conn.execute(uploads_table.update().where(mine).values(check_no=uploads_table.c.check_no + 1))
    early = await service.get(path)
    assert (early.status_code, early.json()["code"]) == (409, "check_running")
    async with open_uow() as uow:
        failed = {"checked_no": uploads_table.c.check_no, "findings": {"failed": "checker_died"}}
        await uow.conn.execute(uploads_table.update().where(mine).values(failed))
    assert (await service.get(path)).json()["code"] == "check_failed"


async def test_findings_being_written_keep_nobody_from_reading_the_sheet_anew(service: Service) -> None:
    """A million rows' findings take half a minute, and their foreign key holds the upload for so long. Red when whoever
    sees that the header is wrong waits for it, or a stranger can wait for it at all."""
    upload = await checked(service, (await service.read(LEADS))["id"])
    async with service.platform.open_uow() as uow:
        mine = select(uploads_table.c.id).where(uploads_table.c.id == UUID(upload["id"]))
        await uow.conn.execute(mine.with_for_update(read=True, key_share=True))
        path = f"/v1/uploads/{upload['id']}/reading"
        async with asyncio.timeout(PATIENCE_S):
            answer = await service.client.put(path, json={"header_row": 2}, headers=service.headers())
        assert (answer.status_code, answer.json()["state"]) == (200, "reading")
    async with service.platform.open_uow() as uow:
        await uow.conn.execute(mine.with_for_update())
        async with asyncio.timeout(PATIENCE_S):
            stranger = await put_mapping(service.neighbour(), upload["id"], {"email": 0})
        assert stranger.json()["code"] == "unknown_upload"


async def test_an_upload_deleted_while_findings_are_written_goes_after_them(service: Service) -> None:
    """Red when the two wait for each other, and Postgres ends one of them: the person gets a 500, or the check is retried."""
    upload = await checked(service, (await service.read(LEADS))["id"])
    upload_id, open_uow = UUID(upload["id"]), service.platform.open_uow

    async def waits() -> bool:
        async with open_uow() as other:
            blocked = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            return bool((await other.conn.execute(blocked)).scalar_one())

    async with open_uow() as uow:
        mapped = await mappings.find_mapped(uow.conn, upload_id)
        assert mapped is not None
        mine = select(uploads_table.c.id).where(uploads_table.c.id == upload_id)
        await uow.conn.execute(mine.with_for_update(read=True, key_share=True))
        path = f"/v1/uploads/{upload['id']}"
        deleting = asyncio.create_task(service.client.delete(path, headers=service.headers()))
        await eventually(waits)
        assert await upload_problems.save_findings(
            uow.conn, upload_id, check_no=mapped.check_no, findings={"rows": 9, "counts": {}}
        )
    assert (await deleting).status_code == 204


async def test_a_mapping_is_stored_remembered_and_checked_anew(service: Service) -> None:
    """Red when the next sheet of the workspace does not begin with it, or another workspace's does."""
    sheet = b"Wer,Wo,Was\nana@acme.example,Bonn,Acme\nx,Ulm,Beta\n"
    first = await checked(service, (await service.read(sheet))["id"])
    assert first["mapping"] == {}
    answer = await put_mapping(service, first["id"], {"email": 0, "company": 2})
    assert (answer.status_code, answer.json()["mapping"]) == (200, {"email": 0, "company": 2})
    assert answer.json()["suggested_by"] == {"email": "person", "company": "person"}
    assert {p["code"] for p in await problems(service, (await checked(service, first["id"]))["id"])} == {
        "placeholder_email"
    }
    again = await service.read(b"wo,WER,was,Email\nBonn,ana@acme.example,Acme,bo@acme.example\n")
    assert again["mapping"] == {"email": 1, "company": 2}
    assert again["suggested_by"] == {"email": "memory", "company": "memory"}
    assert (await service.neighbour().read(sheet))["mapping"] == {}


async def test_no_role_is_remembered_too_and_a_memory_yields_to_the_values(service: Service) -> None:
    """Red when a column a person took out comes back, or when a memory puts yes and no for addresses."""
    first = await service.read(b"Email,Company\nana@acme.example,Acme\n")
    assert first["suggested_by"] == {"email": "header", "company": "header"}
    await put_mapping(service, first["id"], {"email": 0})
    again = await service.read(b"Email,Company\nbo@beta.example,Beta\n")
    assert again["mapping"] == {"email": 0}
    other = await service.read(b"Email,Mail it\nyes,bo@beta.example\nno,cy@beta.example\n")
    assert other["mapping"] == {"email": 1}
    assert other["suggested_by"] == {"email": "values"}


@pytest.mark.parametrize("mapping", [{"email": 9}, {"email": -1}, {"shoe_size": 0}])
async def test_a_mapping_that_cannot_be_is_refused_and_changes_nothing(
    service: Service, mapping: dict[str, int]
) -> None:
    upload = await service.read(b"Email,Company\nana@acme.example,Acme\n")
    answer = await put_mapping(service, upload["id"], mapping)
    assert answer.status_code == 422
    assert (await service.get(f"/v1/uploads/{upload['id']}")).json()["mapping"] == upload["mapping"]
    assert (await put_mapping(service.neighbour(), upload["id"], {"email": 0})).json()["code"] == "unknown_upload"


async def test_checked_twice_and_with_the_inbox_emptied_in_between_it_is_the_same(service: Service) -> None:
    """Red when only the inbox keeps findings from being there twice, or when a check counts for a newer mapping."""
    upload = await checked(service, (await service.read(LEADS))["id"])
    before, upload_id = await problems(service, upload["id"]), UUID(upload["id"])
    open_uow = service.platform.open_uow
    async with open_uow() as uow:
        mapped = await mappings.find_mapped(uow.conn, upload_id)
        assert mapped is not None
        first_keys = (await uow.conn.execute(select(keys_table).where(keys_table.c.upload_id == upload_id))).all()
    event = UploadMapped(upload_id=upload_id, check_no=mapped.check_no)
    for _ in range(2):
        async with open_uow() as uow:
            await uow.conn.execute(COMMON.inbox.delete())
            await uow.conn.execute(uploads_table.update().where(uploads_table.c.id == upload_id).values(checked_no=0))
        await check_upload(event, message=message_of(service, event), open_uow=open_uow, storage=service.storage)
        assert await problems(service, upload["id"]) == before
        async with open_uow() as uow:
            keys = (await uow.conn.execute(select(keys_table).where(keys_table.c.upload_id == upload_id))).all()
        assert sorted(keys) == sorted(first_keys)


async def test_of_two_mappings_the_newer_ones_findings_stand(service: Service) -> None:
    """Red when a check that comes late puts its findings over those of the newer mapping, or clears its keys."""
    upload = await checked(service, (await service.read(LEADS))["id"])
    upload_id, open_uow = UUID(upload["id"]), service.platform.open_uow
    async with open_uow() as uow:
        older = await mappings.find_mapped(uow.conn, upload_id)
    assert older is not None
    await put_mapping(service, upload["id"], {"email": 2})
    newer = await checked(service, upload["id"])
    event = UploadMapped(upload_id=upload_id, check_no=older.check_no)
    await check_upload(event, message=message_of(service, event), open_uow=open_uow, storage=service.storage)
    after = (await service.get(f"/v1/uploads/{upload['id']}")).json()
    assert after == newer
    assert {each["code"] for each in after["findings"]} >= {"bad_email", "role_address"}
    async with open_uow() as uow:
        kept = await upload_problems.save_findings(uow.conn, upload_id, check_no=older.check_no, findings={"rows": 1})
    assert not kept


async def test_a_check_that_died_for_good_is_told_and_waited_for_no_longer(service: Service) -> None:
    """Red when whoever waits for the findings waits for ever."""
    upload = await checked(service, (await service.read(LEADS))["id"])
    upload_id = UUID(upload["id"])
    async with service.platform.open_uow() as uow:
        mapped = await mappings.find_mapped(uow.conn, upload_id)
        assert mapped is not None
        event = UploadMapped(upload_id=upload_id, check_no=mapped.check_no)
        await give_up_check(event, message_of(service, event), uow, "checker_died")
    shown = (await service.get(f"/v1/uploads/{upload['id']}")).json()
    assert (shown["check"], shown["findings"]) == ("failed", [])
    assert (await put_mapping(service, upload["id"], shown["mapping"])).status_code == 200
    assert (await checked(service, upload["id"]))["check"] == "done"


async def job_of(service: Service, upload_id: UUID, *, state: JobState = JobState.COMPLETED, rows: int = 9) -> UUID:
    job = Job(
        id=new_id(),
        workspace_id=service.workspace_id,
        upload_id=upload_id,
        filename="spring.csv",
        state=state,
        rows_total=rows,
        price_version=1,
        credits_per_row=1,
        credits_needed=rows,
        created_at=utc_now(),
        state_changed_at=utc_now(),
    )
    async with service.platform.open_uow() as uow:
        await jobs.insert_new(
            uow.conn, job, user_id=new_id(), idempotency_key=None, fingerprint="", mapping={}, spec={}
        )
    return job.id


async def record(service: Service, job_id: UUID, statuses: dict[int, str]) -> None:
    async with service.platform.open_uow() as uow:
        values = [
            {"job_id": job_id, "row_no": row_no, "status": status, "receipt": {}} for row_no, status in statuses.items()
        ]
        await uow.conn.execute(results.insert(), values)


async def test_leads_that_an_earlier_job_has_researched_are_known_by_its_name_and_date(service: Service) -> None:
    """Red when failed rows, trials, deleted jobs or other workspaces' leads count, or when a lead's spelling matters."""
    earlier = await checked(service, (await service.read(LEADS))["id"])
    job_id = await job_of(service, UUID(earlier["id"]))
    await record(service, job_id, {1: "enriched", 2: "failed", 5: "degraded"})
    sheet = b"Email,Name,Company\nANA@acme.example,Someone Else,\ncy@beta.example,Cy,Beta\n,Fay Go,Gamma\nnew@x.example,N,X\n"
    later = await checked(service, (await service.read(sheet))["id"])
    known = await problems(service, later["id"], code="known")
    day = utc_now().strftime("%Y-%m-%d")
    assert [p["row"] for p in known] == [2, 4]
    assert known[0]["advice"].endswith(f"(already in job spring.csv of {day}).")
    async with service.platform.open_uow() as uow:
        upload_id = UUID(later["id"])
        rows = lead_keys.known_rows(upload_id, workspace_id=service.workspace_id)
        assert await lead_keys.count(uow.conn, rows) == 2
        but = lead_keys.known_rows(upload_id, workspace_id=service.workspace_id, but=job_id)
        assert await lead_keys.count(uow.conn, but) == 0
        own = lead_keys.known_rows(UUID(earlier["id"]), workspace_id=service.workspace_id)
        assert [row.row_no for row in await uow.conn.execute(own)] == [1, 3, 5, 6]
        own_first = lead_keys.known_rows(UUID(earlier["id"]), workspace_id=service.workspace_id, but=job_id)
        assert await lead_keys.count(uow.conn, own_first) == 0
        other = lead_keys.known_rows(upload_id, workspace_id=new_id())
        assert await lead_keys.count(uow.conn, other) == 0


async def test_a_sheet_whose_job_began_before_it_was_checked_is_not_known_for_that(service: Service) -> None:
    """Whoever is quick begins while the rows are still checked. Red when every row is then said to be in an earlier job."""
    upload = await checked(service, (await service.read(LEADS))["id"])
    upload_id, open_uow = UUID(upload["id"]), service.platform.open_uow
    async with open_uow() as uow:
        mapped = await mappings.find_mapped(uow.conn, upload_id)
        assert mapped is not None
        await uow.conn.execute(uploads_table.update().where(uploads_table.c.id == upload_id).values(checked_no=0))
    event = UploadMapped(upload_id=upload_id, check_no=mapped.check_no)
    said = message_of(service, event)
    await job_of(service, upload_id, state=JobState.PROCESSING)
    await check_upload(event, message=said, open_uow=open_uow, storage=service.storage)
    assert await problems(service, upload["id"], code="known") == []
