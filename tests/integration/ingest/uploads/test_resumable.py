"""Uploads that come in pieces (tus 1.0.0), driven by the protocol's own client and by hand, over a real socket."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update
from starlette.types import Receive, Scope, Send
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from libs.common.clock import utc_now
from services.ingest.repositories import receiving
from services.ingest.tables import COMMON, upload_parts
from services.ingest.tables import uploads as uploads_table
from services.ingest.use_cases import receive_part as receiving_parts
from services.ingest.use_cases.delete_upload import delete_unused_uploads
from services.ingest.use_cases.join_parts import join_left_parts, join_parts
from tests.integration.ingest.uploads.conftest import MAX_UPLOAD_BYTES, Service
from tests.support.upstream import serving
from tests.support.waiting import PATIENCE_S, eventually

PATH = "/v1/uploads/resumable"
SHEET = b"Name,City\n" + b"".join(b"Acme %06d,Bonn\n" % n for n in range(100_000))
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {"Content-Type": "application/offset+octet-stream"}
PART = 200_000


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a file of this size has several."""
    monkeypatch.setattr(receiving_parts, "PART_BYTES", PART)


@pytest.fixture
async def url(service: Service) -> AsyncGenerator[str]:
    """The running service over a socket."""

    async def running(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":  # the application runs already
            await service.app(scope, receive, send)

    async with serving(running) as base:
        yield base


async def call(service: Service, method: str, path: str, *, content: Any = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = service.headers() | TUS | named
    return await service.client.request(method, path, content=content, headers=sent)


async def begin(service: Service, *, size: int = len(SHEET), filename: str = "leads.csv") -> str:
    name = base64.b64encode(filename.encode()).decode()
    answer = await call(
        service, "POST", PATH, **{"Upload-Length": str(size), "Upload-Metadata": f"filename {name},filetype dGV4dA=="}
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def patch(service: Service, path: str, data: Any, *, offset: int, **headers: str) -> httpx.Response:
    return await call(service, "PATCH", path, content=data, **CHUNK, **{"Upload-Offset": str(offset)}, **headers)


async def offset_of(service: Service, path: str) -> int:
    answer = await call(service, "HEAD", path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return int(answer.headers["upload-offset"])


async def read(service: Service, path: str) -> dict[str, Any]:
    """The upload, once it has been read. The service's own schedule may be joining its pieces at the same moment."""
    upload_id = path.rsplit("/", 1)[-1]

    async def joined() -> bool:
        return (await service.get(f"/v1/uploads/{upload_id}")).json()["state"] != "receiving"

    await eventually(joined)
    return (await service.get(f"/v1/uploads/{upload_id}", params={"wait_seconds": 30})).json()


async def assert_whole(service: Service, path: str) -> None:
    upload = await read(service, path)
    assert (upload["state"], upload["row_count"], upload["filename"]) == ("ready", 100_000, "leads.csv")
    assert upload["sha256"] == hashlib.sha256(SHEET).hexdigest()
    assert await service.storage.get(f"uploads/{upload['id']}/file") == SHEET
    assert await service.storage.folders(f"uploads/{upload['id']}") == ["segments"]


async def test_the_protocols_own_client_sends_a_file_in_checked_pieces(service: Service, url: str) -> None:
    """Red when the client cannot follow `Location`, when a piece is lost, or when a checksum it computes is not ours."""
    client = TusClient(f"{url}{PATH}", headers=service.headers())
    uploader = client.uploader(
        file_stream=io.BytesIO(SHEET), chunk_size=300_001, metadata={"filename": "leads.csv"}, upload_checksum=True
    )
    await asyncio.to_thread(uploader.upload)
    assert uploader.url is not None
    assert uploader.offset == len(SHEET)
    await assert_whole(service, urlsplit(uploader.url).path)


async def test_after_a_cut_connection_the_client_goes_on_where_the_server_says(service: Service, url: str) -> None:
    """The cable is cut in the middle of a piece. Red when what had come is lost, or bytes are there twice."""
    path = await begin(service)
    where = urlsplit(url)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    headers = {
        "Host": "ingest",
        "Content-Length": str(len(SHEET)),
        "Upload-Offset": "0",
        **CHUNK,
        **TUS,
        **service.headers(),
    }
    head = [f"PATCH {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    writer.write("\r\n".join(head).encode() + SHEET[: 3 * PART + 777])
    await writer.drain()

    async def has_come() -> bool:
        return await offset_of(service, path) >= 2 * PART

    await eventually(has_come)
    writer.close()
    await writer.wait_closed()

    async def kept_the_rest() -> bool:
        return await offset_of(service, path) == 3 * PART + 777

    await eventually(kept_the_rest)
    client = TusClient(f"{url}{PATH}", headers=service.headers())
    uploader = await asyncio.to_thread(
        client.uploader, file_stream=io.BytesIO(SHEET), url=f"{url}{path}", chunk_size=500_000
    )
    assert uploader.offset == 3 * PART + 777
    await asyncio.to_thread(uploader.upload)
    await assert_whole(service, path)


async def test_the_first_piece_may_come_with_the_creation(service: Service) -> None:
    answer = await call(service, "POST", PATH, content=SHEET[:1000], **CHUNK, **{"Upload-Length": str(len(SHEET))})
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "1000")
    assert answer.headers["location"].startswith(f"{PATH}/")
    assert answer.headers["upload-expires"].endswith(" GMT")
    assert await offset_of(service, answer.headers["location"]) == 1000


async def test_the_server_says_what_it_can_do_and_refuses_other_versions(service: Service) -> None:
    """Red when a client of a later protocol is served as if it spoke ours, or an error does not say the version."""
    said = await call(service, "OPTIONS", PATH)
    assert (said.status_code, said.headers["tus-version"]) == (204, "1.0.0")
    assert said.headers["tus-max-size"] == str(MAX_UPLOAD_BYTES)
    assert set(said.headers["tus-extension"].split(",")) == {
        *("creation", "creation-with-upload", "expiration", "checksum", "termination")
    }
    assert said.headers["tus-checksum-algorithm"] == "sha1,sha256,md5"
    for spoken in ({"Tus-Resumable": "0.2.2"}, {}):
        answer = await service.client.post(PATH, headers=service.headers() | spoken | {"Upload-Length": "5"})
        assert (answer.status_code, answer.json()["code"]) == (412, "tus_version_unsupported")
        assert answer.headers["tus-version"] == answer.headers["tus-resumable"] == "1.0.0"
    nobody = await service.client.post(PATH, headers=TUS | {"Upload-Length": "5"})
    assert (nobody.status_code, nobody.headers["tus-resumable"]) == (401, "1.0.0")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "header_invalid"),
        ({"Upload-Length": "-1"}, 400, "header_invalid"),
        ({"Upload-Length": "9" * 30}, 400, "header_invalid"),
        ({"Upload-Length": "0"}, 422, "empty_file"),
        ({"Upload-Length": str(MAX_UPLOAD_BYTES + 1)}, 413, "too_large"),
        ({"Upload-Length": "5", "Upload-Metadata": "filename ***"}, 400, "metadata_invalid"),
        ({"Upload-Length": "5", "Content-Type": "text/csv", "Content-Length": "3"}, 415, "unsupported_media_type"),
    ],
)
async def test_a_beginning_that_cannot_be_is_refused(
    service: Service, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await call(service, "POST", PATH, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await service.get("/v1/uploads")).json()["items"] == []


async def test_a_piece_is_taken_at_the_offset_alone_and_never_beyond_the_end(service: Service) -> None:
    """Red when bytes get between others, or a file grows beyond what was announced and allowed."""
    path = await begin(service, size=10)
    assert (await patch(service, path, b"01234", offset=0)).headers["upload-offset"] == "5"
    for offset in (0, 4, 6):
        wrong = await patch(service, path, b"x", offset=offset)
        assert (wrong.status_code, wrong.json()["code"], wrong.json()["offset"]) == (409, "offset_mismatch", 5)
    longer = await patch(service, path, b"567890", offset=5)
    assert (longer.status_code, longer.json()["code"]) == (413, "longer_than_announced")
    typed = await call(service, "PATCH", path, content=b"x", **{"Upload-Offset": "5", "Content-Type": "text/csv"})
    assert typed.status_code == 415
    numbered = await call(service, "PATCH", path, content=b"x", **CHUNK, **{"Upload-Offset": "five"})
    assert numbered.status_code == 400
    assert await offset_of(service, path) == 5
    stranger = await patch(service.neighbour(), path, b"56789", offset=5)
    assert (stranger.status_code, stranger.json()["code"]) == (404, "unknown_upload")
    assert (await patch(service, path, b"56789", offset=5)).status_code == 204
    assert (await patch(service, path, b"", offset=10)).status_code == 204
    assert (await patch(service, path, b"x", offset=3)).status_code == 409


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
async def test_a_piece_that_is_not_what_its_checksum_says_is_kept_nowhere(service: Service, algorithm: str) -> None:
    """Red when a part of it counts, or stays in storage."""
    path, piece = await begin(service), SHEET[: 2 * PART + 5]
    true = base64.b64encode(hashlib.new(algorithm, piece).digest()).decode()
    damaged = await patch(service, path, b"X" + piece[1:], offset=0, **{"Upload-Checksum": f"{algorithm} {true}"})
    assert (damaged.status_code, damaged.json()["code"]) == (460, "checksum_mismatch")
    assert await offset_of(service, path) == 0
    assert await service.storage.folders(f"uploads/{path.rsplit('/', 1)[-1]}") == []
    for bad in ("crc32 AAAA", f"{algorithm} AAAA", f"{algorithm} ***"):
        assert (await patch(service, path, piece, offset=0, **{"Upload-Checksum": bad})).status_code == 400
    good = await patch(service, path, piece, offset=0, **{"Upload-Checksum": f"{algorithm} {true}"})
    assert (good.status_code, good.headers["upload-offset"]) == (204, str(len(piece)))


async def test_of_pieces_at_once_one_counts_and_the_others_are_refused(service: Service) -> None:
    """Both sides of the race. Red when two writers' bytes are mixed, or nobody's count."""
    path = await begin(service)
    answers = await asyncio.gather(*(patch(service, path, SHEET, offset=0) for _ in range(6)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(204) == 1
    assert set(codes[1:]) <= {409, 423}
    await assert_whole(service, path)


async def test_a_request_on_a_dead_connection_is_in_nobodys_way(service: Service) -> None:
    """Red when the next request must wait for a lease, or when what the old one had in hand gets into the file."""
    path, hanging, went_on = await begin(service), asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"Z" * (PART - 1)
        hanging.set()
        await went_on.wait()
        yield b"Z" * PART

    old = asyncio.create_task(patch(service, path, body(), offset=0))
    await asyncio.wait_for(hanging.wait(), PATIENCE_S)
    assert (await patch(service, path, SHEET, offset=0)).status_code == 204
    went_on.set()
    answer = await old
    assert (answer.status_code, answer.json()["code"]) == (423, "upload_taken_over")
    await assert_whole(service, path)


async def test_who_began_last_has_the_turn_though_an_earlier_one_is_faster(service: Service) -> None:
    """Red when the earlier one's pieces still count, and the one that the client goes on with is refused for it."""
    path, hanging, taken, refused = await begin(service), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def old_body() -> AsyncIterator[bytes]:
        yield b"Z"
        hanging.set()
        await taken.wait()
        yield b"Z" * PART

    async def new_body() -> AsyncIterator[bytes]:
        yield SHEET[:1]
        taken.set()
        await refused.wait()
        yield SHEET[1:]

    old = asyncio.create_task(patch(service, path, old_body(), offset=0))
    await asyncio.wait_for(hanging.wait(), PATIENCE_S)
    new = asyncio.create_task(patch(service, path, new_body(), offset=0))
    answer = await old
    refused.set()
    assert (answer.status_code, answer.json()["code"]) == (423, "upload_taken_over")
    assert (await new).status_code == 204
    await assert_whole(service, path)


async def test_what_a_replica_left_that_died_before_joining_is_joined(service: Service) -> None:
    """kill -9 between the last byte and the join, and between the join and the parts' end. Red when the file stays
    `receiving`, is announced twice, or its parts stay."""
    path = await begin(service)
    upload_id = UUID(path.rsplit("/", 1)[-1])
    open_uow, storage, in_an_hour = service.platform.open_uow, service.storage, utc_now() + timedelta(hours=1)
    assert (await patch(service, path, SHEET[:PART], offset=0)).status_code == 204
    async with open_uow() as uow:
        assert await receiving.take_turn(uow.conn, upload_id, offset=PART, token=upload_id, expires_at=in_an_hour)
        part = receiving.Part(PART, len(SHEET) - PART, f"uploads/{upload_id}/parts/rest")
        await storage.put(part.storage_key, SHEET[PART:])
        assert await receiving.add_parts(uow.conn, upload_id, [part], token=upload_id, expires_at=in_an_hour)
    assert await offset_of(service, path) == len(SHEET)
    parts = {key: await storage.get(key) for key in [part.storage_key]}
    await join_left_parts(open_uow=open_uow, storage=storage)
    await join_left_parts(open_uow=open_uow, storage=storage)
    assert not await join_parts(upload_id, open_uow=open_uow, storage=storage)
    await assert_whole(service, path)
    async with open_uow() as uow:
        said = (await uow.conn.execute(select(COMMON.outbox.c.routing_key, COMMON.outbox.c.body))).all()
        announced = [
            row
            for row in said
            if row.routing_key == "ingest.upload.received.v1" and str(upload_id).encode() in row.body
        ]
        assert len(announced) == 1
        await uow.conn.execute(
            upload_parts.insert().values(
                upload_id=upload_id, byte_offset=0, byte_length=1, storage_key=part.storage_key
            )
        )
    await storage.put(part.storage_key, parts[part.storage_key])
    await join_left_parts(open_uow=open_uow, storage=storage)
    assert await storage.folders(f"uploads/{upload_id}") == ["segments"]


async def test_an_upload_that_is_given_up_leaves_nothing(service: Service) -> None:
    path = await begin(service)
    await patch(service, path, SHEET[: 2 * PART], offset=0)
    assert (await call(service.neighbour(), "DELETE", path)).status_code == 404
    assert (await call(service, "DELETE", path)).status_code == 204
    assert (await call(service, "HEAD", path)).status_code == 404
    assert path.rsplit("/", 1)[-1] not in await service.storage.folders("uploads")


async def test_an_upload_whose_rest_does_not_come_in_time_goes(service: Service) -> None:
    """Red when it is taken up again after that, stays in storage, or when one that is still waited for goes."""
    late, early = await begin(service), await begin(service)
    await patch(service, late, SHEET[:PART], offset=0)
    late_id = UUID(late.rsplit("/", 1)[-1])
    async with service.platform.open_uow() as uow:
        await uow.conn.execute(update(uploads_table).where(uploads_table.c.id == late_id).values(expires_at=utc_now()))
    for answer in (await call(service, "HEAD", late), await patch(service, late, SHEET[PART:], offset=PART)):
        assert answer.status_code == 410
    await delete_unused_uploads(
        unused_days=30, now=utc_now(), open_uow=service.platform.open_uow, storage=service.storage
    )
    assert (await call(service, "HEAD", late)).status_code == 404
    assert str(late_id) not in await service.storage.folders("uploads")
    assert await offset_of(service, early) == 0


async def test_while_it_comes_it_is_shown_and_no_job_is_made_of_it(service: Service) -> None:
    path = await begin(service)
    await patch(service, path, SHEET[:1000], offset=0)
    (item,) = (await service.get("/v1/uploads")).json()["items"]
    assert (item["state"], item["received_bytes"], item["size_bytes"], item["sha256"]) == (
        *("receiving", 1000, len(SHEET)),
        None,
    )
    quoted = await service.client.post("/v1/quotes", json={"upload_id": item["id"]}, headers=service.headers())
    assert (quoted.status_code, quoted.json()["code"]) == (409, "upload_not_ready")


async def test_a_network_without_patch_is_served_by_post(service: Service) -> None:
    path = await begin(service, size=9)
    override = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0", **CHUNK}
    assert (await call(service, "POST", path, content=b"Name\nBo\n\n", **override)).status_code == 204
    assert (await call(service, "POST", path, **{"X-HTTP-Method-Override": "HEAD"})).headers["upload-offset"] == "9"
    assert (await call(service, "POST", path)).status_code == 405


async def test_a_client_without_access_is_told_so(service: Service, url: str) -> None:
    """Red when the refusal is not one the protocol's client understands."""
    client = TusClient(f"{url}{PATH}")
    with pytest.raises(TusCommunicationError) as refused:
        await asyncio.to_thread(client.uploader(file_stream=io.BytesIO(b"x")).upload)
    assert refused.value.status_code == 401


async def test_who_begins_again_under_the_same_key_goes_on_where_the_first_was(service: Service) -> None:
    """Red when a lost answer leaves an upload that nobody goes on with, or the offset of the beginning is told again."""
    headers = service.headers() | TUS | {"Upload-Length": str(len(SHEET)), "Idempotency-Key": "begins"}
    first = await service.client.post(PATH, headers=headers)
    await patch(service, first.headers["Location"], SHEET[:1000], offset=0)
    again = await service.client.post(PATH, headers=headers)
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])
    assert (again.headers["Upload-Offset"], again.headers["Idempotency-Replayed"]) == ("1000", "true")
    assert (again.headers["Upload-Expires"], again.headers["Tus-Resumable"]) == (
        first.headers["Upload-Expires"],
        "1.0.0",
    )
    other = await service.client.post(PATH, headers=headers | {"Upload-Length": "5"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
