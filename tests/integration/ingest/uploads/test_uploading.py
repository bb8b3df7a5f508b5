"""Sending a file: streamed in, read in a child process, shown, or refused by name."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import openpyxl
import pytest
from sqlalchemy import select

from libs.common.ids import new_id
from services.ingest.repositories import uploads
from services.ingest.schemas.uploads import UploadItem
from services.ingest.segment_reading import stream_rows
from services.ingest.segments import ChunkRef
from services.ingest.tables import upload_chunks
from tests.integration.ingest.uploads.conftest import MAX_UPLOAD_BYTES, Service

COMPANIES = Path(__file__).resolve().parents[4] / "samples" / "sp500-companies.csv"


async def refs_of(service: Service, upload_id: str) -> list[ChunkRef]:
    names = ("chunk_no", "first_row_no", "row_count", "segment_key", "byte_offset", "byte_length")
    query = select(*(upload_chunks.c[name] for name in names)).where(upload_chunks.c.upload_id == UUID(upload_id))
    async with service.platform.open_uow() as uow:
        rows = await uow.conn.execute(query.order_by(upload_chunks.c.chunk_no))
        return [ChunkRef(*row) for row in rows]


async def test_real_companies_are_read_from_csv_and_xlsx_alike(service: Service) -> None:
    content = COMPANIES.read_bytes()
    table = list(csv.reader(io.StringIO(content.decode())))
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in table:
        book.active.append([int(cell) if cell.isdigit() else cell for cell in row])
    out = io.BytesIO()
    book.save(out)

    as_csv = await service.read(content, filename="C:\\lists\\companies.csv")
    as_xlsx = await service.read(out.getvalue(), filename="companies.pdf")

    for upload in (as_csv, as_xlsx):
        assert upload["state"] == "ready"
        assert upload["row_count"] == upload["rows_read"] == 503
        assert [column["name"] for column in upload["columns"]] == table[0]
        assert upload["mapping"] == {"company": 1, "industry": 2}
        assert upload["columns"][1]["role"] == "company"
        assert len(upload["sample"]) == 10
        rows = [row async for row in stream_rows(service.storage, await refs_of(service, upload["id"]))]
        assert [row.row_no for row in rows] == list(range(1, 504))
        assert [[str(cell or "") for cell in row.cells] for row in rows] == [
            [str(int(cell)) if cell.isdigit() and upload is as_xlsx else cell for cell in row] for row in table[1:]
        ]
    assert (as_csv["filename"], as_csv["kind"], as_csv["delimiter"]) == ("companies.csv", "csv", ",")
    assert (as_xlsx["filename"], as_xlsx["kind"], as_xlsx["sheet"]) == ("companies.pdf", "xlsx", "Sheet")
    assert as_csv["sha256"] == hashlib.sha256(content).hexdigest()
    assert as_csv["size_bytes"] == len(content)


async def test_the_body_is_streamed_into_storage(service: Service) -> None:
    """Red when a piece is lost or doubled on its way."""
    content = b"Name,City\n" + b"Acme,Bonn\n" * 200_000

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 10_007):
            yield content[start : start + 10_007]

    sent = await service.send(pieces())
    assert sent.status_code == 201
    assert sent.json()["state"] == "reading"
    upload = (await service.get(f"/v1/uploads/{sent.json()['id']}", params={"wait_seconds": 30})).json()
    assert upload["row_count"] == 200_000
    assert await service.storage.get(f"uploads/{upload['id']}/file") == content


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7\nleads", "not_a_table"),
        (b"\x89PNG\r\n\x1a\nleads", "not_a_table"),
        (b"Name,City\n", "no_rows"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1leads", "unreadable"),
        (b"PK\x03\x04 cut off", "unreadable"),
        (b",".join(b"c%d" % n for n in range(2000)) + b"\nx\n", "too_large"),
    ],
)
async def test_a_file_that_is_no_table_ends_refused_and_says_why(service: Service, content: bytes, code: str) -> None:
    upload = await service.read(content, filename="leads.csv")
    assert upload["state"] == "refused"
    assert upload["problem"]["code"] == code
    assert upload["problem"]["detail"].endswith(".")
    assert await refs_of(service, upload["id"]) == []
    quoted = await service.client.post("/v1/quotes", json={"upload_id": upload["id"]}, headers=service.headers())
    assert (quoted.status_code, quoted.json()["code"]) == (422, code)
    assert quoted.headers["content-type"] == "application/problem+json"


async def test_an_empty_body_is_refused_at_once_and_leaves_nothing(service: Service) -> None:
    """Red when a row or an object is left behind."""
    before = service.stored_uploads()
    answer = await service.send(b"")
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")
    assert service.stored_uploads() <= before
    assert (await service.get("/v1/uploads")).json()["items"] == []


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_the_limit_is_cut_off_while_it_streams(service: Service, declared: bool) -> None:
    """Red when the size is looked at only afterwards, or only as the client declares it."""
    before = service.stored_uploads()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * MAX_UPLOAD_BYTES:
            sent += 65_536
            yield b"a" * 65_536

    headers = {"Content-Length": str(100 * MAX_UPLOAD_BYTES)} if declared else {}
    answer = await service.send(endless(), **headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["max_bytes"] == MAX_UPLOAD_BYTES
    assert sent < MAX_UPLOAD_BYTES + 1_000_000
    assert service.stored_uploads() <= before
    assert (await service.get("/v1/uploads")).json()["items"] == []


async def test_a_client_that_goes_away_leaves_nothing(service: Service) -> None:
    """Red when half a file is kept as an upload."""
    before = service.stored_uploads()

    async def broken() -> AsyncIterator[bytes]:
        yield b"Name\n" * 300_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await service.send(broken())
    assert service.stored_uploads() <= before
    assert (await service.get("/v1/uploads")).json()["items"] == []


async def test_another_workspace_sees_nothing_of_it(service: Service) -> None:
    """P7. Red when the workspace is not in a query, or an unknown upload is told from somebody else's."""
    upload = await service.read(b"Name\nAcme\n")
    stranger = service.neighbour()
    theirs = await stranger.get(f"/v1/uploads/{upload['id']}")
    unknown = await stranger.get(f"/v1/uploads/{new_id()}")
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.json()["code"] == unknown.json()["code"] == "unknown_upload"
    assert (await stranger.get("/v1/uploads")).json() == {"items": [], "next_cursor": None}


async def test_nobody_is_believed_without_a_signed_identity(service: Service) -> None:
    """P7. Red when a route believes whoever asks."""
    for answer in (
        await service.client.post("/v1/uploads?filename=a", content=b"Name\nAcme\n"),
        await service.client.get("/v1/uploads"),
        await service.client.get(f"/v1/jobs/{new_id()}/download"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "identity_missing")


async def test_uploads_are_listed_newest_first_by_pages(service: Service) -> None:
    sent = [(await service.send(b"Name\nAcme\n", filename=f"{n}.csv")).json()["id"] for n in range(5)]
    first = (await service.get("/v1/uploads", params={"limit": 3})).json()
    second = (await service.get("/v1/uploads", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [item["id"] for item in first["items"] + second["items"]] == sent[::-1]
    assert second["next_cursor"] is None


async def test_the_list_says_of_each_upload_all_but_its_cells(service: Service) -> None:
    """P8. Red when a page of two hundred uploads loads the columns and samples of all of them, or leaves out more."""
    upload = await service.read(b"Name,City\nAcme,Bonn\n")
    (item,) = (await service.get("/v1/uploads")).json()["items"]
    assert item == {name: value for name, value in upload.items() if name in UploadItem.model_fields}
    assert set(upload) - set(item) >= {"columns", "sample", "mapping", "findings"}
    async with service.platform.open_uow() as uow:
        (listed,) = await uploads.list_uploads(uow.conn, service.workspace_id, before=None, limit=2)
    assert listed.reading is not None
    assert (listed.reading.columns, listed.reading.sample, listed.reading.row_count) == ([], [], 1)


async def test_a_name_is_asked_for(service: Service) -> None:
    answer = await service.client.post("/v1/uploads", content=b"Name\n", headers=service.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_file_that_is_sent_again_under_its_key_is_one_upload(service: Service) -> None:
    """Also twice at once, of which only the last bytes decide. Red when there are two, when another file passes for the first,
    or when the bytes of the slower one stay in storage for ever."""
    mine = service.neighbour()
    headers = mine.headers() | {"Idempotency-Key": "a-file"}

    async def send(filename: str = "leads.csv", content: bytes = b"Name,City\nAcme,Bonn\n") -> httpx.Response:
        return await mine.client.post("/v1/uploads", params={"filename": filename}, content=content, headers=headers)

    before = {one for one in mine.folder.rglob("*") if one.is_file()}
    sent = await asyncio.gather(*(send() for _ in range(4)))
    sent.append(await send())
    assert {(one.status_code, one.json()["id"]) for one in sent} == {(201, sent[0].json()["id"])}
    assert sorted("Idempotency-Replayed" in one.headers for one in sent) == [False, True, True, True, True]
    assert [one["id"] for one in (await mine.get("/v1/uploads")).json()["items"]] == [sent[0].json()["id"]]
    left = {one for one in mine.folder.rglob("*") if one.is_file() and one not in before}
    assert sum(one.read_bytes() == b"Name,City\nAcme,Bonn\n" for one in left) == 1
    for other in (await send("others.csv"), await send(content=b"Name\nAcme\n")):
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    refused = await mine.client.post(
        "/v1/uploads", params={"filename": "a"}, content=b"", headers=headers | {"Idempotency-Key": "empty"}
    )
    assert refused.json()["code"] == "empty_file"
