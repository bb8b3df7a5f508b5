"""Every decision of the reader is shown and can be overridden; the upload is then read again in place."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import insert, select, update

from libs.common.clock import utc_now
from libs.common.errors import Conflict
from libs.common.ids import new_id
from services.ingest.domain.reading_options import ENCODINGS, ReadingOptions
from services.ingest.repositories import uploads
from services.ingest.segment_reading import stream_rows
from services.ingest.segments import ChunkRef
from services.ingest.tables import jobs, upload_chunks
from services.ingest.tables import uploads as uploads_table
from services.ingest.use_cases.read_again import read_again
from tests.integration.ingest.uploads.conftest import Service
from tests.support.waiting import eventually


async def choose(service: Service, upload_id: str, **options: Any) -> Any:
    return await service.client.put(f"/v1/uploads/{upload_id}/reading", json=options, headers=service.headers())


async def read_as(service: Service, upload_id: str, **options: Any) -> dict[str, Any]:
    """Choose, and wait until it has been read."""
    answer = await choose(service, upload_id, **options)
    assert (answer.status_code, answer.json()["state"]) == (200, "reading"), answer.text
    return (await service.get(f"/v1/uploads/{upload_id}", params={"wait_seconds": 30})).json()


async def rows_of(service: Service, upload_id: str) -> list[list[Any]]:
    names = ("chunk_no", "first_row_no", "row_count", "segment_key", "byte_offset", "byte_length")
    query = select(*(upload_chunks.c[name] for name in names)).where(upload_chunks.c.upload_id == UUID(upload_id))
    async with service.platform.open_uow() as uow:
        refs = [ChunkRef(*row) for row in await uow.conn.execute(query.order_by(upload_chunks.c.chunk_no))]
    return [row.cells async for row in stream_rows(service.storage, refs)]


async def make_job(service: Service, upload_id: str, *, deleted: bool = False) -> None:
    """A job's row, as far as uploads are concerned."""
    counts = ("version", "epoch", "rows_total", "rows_enriched", "rows_degraded", "rows_failed", "rows_skipped")
    more = ("chunks_total", "chunks_answered", "credits_needed", "credits_held", "credits_total", "price_version")
    async with service.platform.open_uow() as uow:
        await uow.conn.execute(
            insert(jobs).values(
                id=new_id(),
                workspace_id=service.workspace_id,
                upload_id=UUID(upload_id),
                user_id=new_id(),
                request_fingerprint="f",
                filename="leads.csv",
                state="reserving",
                **dict.fromkeys((*counts, *more, "credits_per_row", "pace_rows", "rows_per_second"), 0),
                mapping={},
                spec={},
                sandboxed=False,
                created_at=utc_now(),
                state_changed_at=utc_now(),
                deleted_at=utc_now() if deleted else None,
            )
        )


def workbook() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Notes"
    book.active.append(["Read me"])
    book.active.append(["first"])
    leads = book.create_sheet("Leads")
    for row in (["Name", "City"], ["Acme", "Bonn"], ["Beta", "Ulm"]):
        leads.append(row)
    book.create_sheet("Old").sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def test_another_sheet_is_chosen_from_those_that_are_listed(service: Service) -> None:
    upload = await service.read(workbook(), filename="leads.xlsx")
    assert (upload["sheet"], upload["reader"], upload["options"]["sheet"]) == ("Notes", "calamine", None)
    assert [(sheet["name"], sheet["rows"], sheet["visible"]) for sheet in upload["sheets"]] == [
        ("Notes", 2, True),
        ("Leads", 3, True),
        ("Old", 0, False),
    ]
    again = await read_as(service, upload["id"], sheet="Leads")
    assert (again["state"], again["sheet"], again["row_count"]) == ("ready", "Leads", 2)
    assert again["options"] == {**upload["options"], "sheet": "Leads"}
    assert await rows_of(service, upload["id"]) == [["Acme", "Bonn"], ["Beta", "Ulm"]]


async def test_a_wrong_guess_of_everything_can_be_mended(service: Service) -> None:
    """Red when an option is not handed to the child, or what an earlier reading found is left over."""
    content = "Liste\nName^Stadt\n'Müller^Söhne'^Köln\n".encode("mac-roman")
    upload = await service.read(content)
    again = await read_as(service, upload["id"], encoding="mac-roman", delimiter="^", quotechar="'", header_row=2)
    assert (again["encoding"], again["delimiter"], again["quotechar"]) == ("mac-roman", "^", "'")
    assert (again["header_row"], again["skipped_rows"], again["row_count"]) == (2, 1, 1)
    assert [column["name"] for column in again["columns"]] == ["Name", "Stadt"]
    assert await rows_of(service, upload["id"]) == [["Müller^Söhne", "Köln"]]
    bare = await read_as(service, upload["id"], encoding="mac-roman", delimiter="^", header_row=0)
    assert [column["name"] for column in bare["columns"]] == ["Column 1", "Column 2", "Column 3"]
    assert bare["row_count"] == 3


async def test_what_was_refused_may_be_read_differently(service: Service) -> None:
    """Red when a refusal is for good: the header was guessed where there is none, and nothing was left below it."""
    upload = await service.read(b"Acme,Bonn\n")
    assert (upload["state"], upload["problem"]["code"]) == ("refused", "no_rows")
    again = await read_as(service, upload["id"], header_row=0)
    assert (again["state"], again["problem"], again["row_count"]) == ("ready", None, 1)
    refused = await read_as(service, upload["id"], header_row=7)
    assert (refused["state"], refused["problem"]["code"]) == ("refused", "option_invalid")
    assert (refused["kind"], refused["columns"]) == (None, [])


async def test_equal_options_change_nothing(service: Service) -> None:
    """Red when a second click has a large file read a second time."""
    upload = await service.read(b"Name;City\nAcme;Bonn\n")
    await read_as(service, upload["id"], delimiter=";")
    answer = await choose(service, upload["id"], delimiter=";", sheet=None)
    assert (answer.status_code, answer.json()["state"]) == (200, "ready")


@pytest.mark.parametrize(
    ("options", "code", "choices"),
    [
        ({"encoding": "klingon"}, "option_invalid", list(ENCODINGS)),
        ({"encoding": "rot13"}, "option_invalid", list(ENCODINGS)),
        ({"sheet": "Nowhere"}, "option_invalid", ["Notes", "Leads", "Old"]),
        ({"delimiter": "\n"}, "option_invalid", None),
        ({"delimiter": ",", "quotechar": ","}, "option_invalid", None),
        ({"delimiter": ",,"}, "invalid_request", None),
        ({"header_row": -1}, "invalid_request", None),
        ({"header_row": 100_000}, "invalid_request", None),
        ({"colour": "red"}, "invalid_request", None),
    ],
)
async def test_an_option_that_cannot_be_is_refused_with_the_choices(
    service: Service, options: dict[str, Any], code: str, choices: list[str] | None
) -> None:
    upload = await service.read(workbook())
    answer = await choose(service, upload["id"], **options)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert answer.json().get("choices") == choices
    assert (await service.get(f"/v1/uploads/{upload['id']}")).json() == upload


async def test_an_upload_with_a_job_is_not_read_again(service: Service) -> None:
    """P1. Red when the rows of a job change under it. A deleted job holds nobody up."""
    upload = await service.read(b"Name,City\nAcme,Bonn\n")
    await make_job(service, upload["id"], deleted=True)
    await read_as(service, upload["id"], header_row=1)
    await make_job(service, upload["id"])
    answer = await choose(service, upload["id"], header_row=0)
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_in_use")
    assert (await choose(service, upload["id"], header_row=1)).status_code == 200


async def test_another_workspace_cannot_choose(service: Service) -> None:
    """P7. Red when the workspace is not looked at."""
    upload = await service.read(b"Name,City\nAcme,Bonn\n")
    answer = await choose(service.neighbour(), upload["id"], header_row=0)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_upload")


async def test_what_is_still_being_received_cannot_be_read(service: Service) -> None:
    upload = await service.read(b"Name,City\nAcme,Bonn\n")
    async with service.platform.open_uow() as uow:
        await uow.conn.execute(
            update(uploads_table)
            .where(uploads_table.c.id == UUID(upload["id"]))
            .values(state="receiving", sha256=None, row_count=None)
        )
    answer = await choose(service, upload["id"], header_row=0)
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_not_ready")


async def test_a_job_and_another_reading_exclude_each_other(service: Service) -> None:
    """P1. Red when a job is made of an upload without holding it: it would be of rows that are gone."""
    upload = await service.read(b"Name,City\nAcme,Bonn\n")
    upload_id = UUID(upload["id"])

    async def again() -> None:
        async with service.platform.open_uow() as uow:
            await read_again(uow, upload_id, workspace_id=service.workspace_id, options=ReadingOptions(header_row=0))

    async with service.platform.open_uow() as uow:
        await uploads.hold_for_job(uow.conn, upload_id)
        waiting = asyncio.create_task(again())
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done, "read again while a job was being made"
        await make_job(service, upload["id"])
    with pytest.raises(Conflict):
        await waiting


async def test_earlier_readings_leave_nothing_in_storage(service: Service) -> None:
    """P8. Red when every choice keeps another copy of the rows, or one reading writes over the other's."""
    upload = await service.read(b"Name,City\nAcme,Bonn\n")
    for header_row in (0, 1, 0, 1):
        await read_as(service, upload["id"], header_row=header_row)
    folder = service.folder / "uploads" / upload["id"]

    def is_swept() -> bool:
        return {str(path.relative_to(folder)) for path in folder.rglob("*.gz")} == {"segments-000004/000000.jsonl.gz"}

    await eventually(is_swept)
    assert await rows_of(service, upload["id"]) == [["Acme", "Bonn"]]


async def test_a_preview_is_shown_while_the_rest_is_read(service: Service) -> None:
    """Red when whoever sent a long file sees nothing of it until its last row."""
    lines = "".join(f"p{n}@acme.example,Acme {n}\n" for n in range(90_000))
    sent = await service.send(f"E-Mail,Company\n{lines}".encode())
    path = f"/v1/uploads/{sent.json()['id']}"
    early = (await service.get(path, params={"wait_seconds": 30, "wait_for": "preview"})).json()
    assert (early["state"], early["row_count"], early["kind"]) == ("reading", None, "csv")
    assert [column["role"] for column in early["columns"]] == ["email", "company"]
    assert len(early["sample"]) == 10
    quoted = await service.client.post("/v1/quotes", json={"upload_id": early["id"]}, headers=service.headers())
    assert (quoted.status_code, quoted.json()["code"]) == (409, "upload_not_ready")
    late = (await service.get(path, params={"wait_seconds": 30})).json()
    assert (late["state"], late["row_count"], late["sample"]) == ("ready", 90_000, early["sample"])
