"""A file that comes in pieces through the gateway to a real ingest: the whole way, by the protocol's own client."""

import asyncio
import hashlib
import io
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tusclient.client import TusClient

from services.gateway.main import EXPOSED_HEADERS
from services.ingest.main import build_app as build_ingest
from tests.integration.gateway.conftest import Behind, Gateway, bearer, replica
from tests.support.upstream import serving

SHEET = b"Name,City\n" + b"".join(b"Acme %06d,Bonn\n" % n for n in range(50_000))
PATH = "/v1/uploads/resumable"


@pytest.fixture
async def whole(behind: Behind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Gateway]:
    """The gateway with a real ingest behind it."""
    monkeypatch.setenv("STORAGE_URL", f"file://{tmp_path}/storage")
    async with serving(build_ingest()) as ingest:
        monkeypatch.setenv("INGEST_URL", ingest)
        async with replica(behind) as gateway:
            yield gateway


async def test_a_file_comes_in_pieces_through_the_gateway(whole: Gateway) -> None:
    """Red when `Location` leads past the gateway, a tus header stays there, or a refusal's status becomes another."""
    token = await whole.sign_up("pieces@first.example")
    client = TusClient(f"{whole.base}{PATH}", headers=bearer(token))
    uploader = await asyncio.to_thread(
        client.uploader,
        file_stream=io.BytesIO(SHEET),
        chunk_size=300_000,
        metadata={"filename": "leads.csv"},
        upload_checksum=True,
    )
    await asyncio.to_thread(uploader.upload_chunk)
    assert uploader.url is not None
    assert uploader.url.startswith(f"{whole.base}{PATH}/")
    path = urlsplit(uploader.url).path
    headers = bearer(token) | {"Tus-Resumable": "1.0.0"}
    stands = await whole.client.head(path, headers=headers)
    assert (stands.status_code, stands.headers["upload-offset"]) == (200, "300000")
    damaged = {
        "Upload-Offset": "300000",
        "Upload-Checksum": f"sha1 {'A' * 27}=",
        "Content-Type": "application/offset+octet-stream",
    }
    refused = await whole.client.patch(path, content=b"x", headers=headers | damaged)
    assert (refused.status_code, refused.headers["tus-resumable"]) == (460, "1.0.0")
    await asyncio.to_thread(uploader.upload)
    shown = await whole.client.get(f"/v1/uploads/{path.rsplit('/', 1)[-1]}?wait_seconds=15", headers=headers)
    assert (shown.json()["state"], shown.json()["row_count"]) == ("ready", 50_000)
    assert shown.json()["sha256"] == hashlib.sha256(SHEET).hexdigest()


async def test_what_the_server_can_do_is_asked_with_a_token_as_everything_else(whole: Gateway) -> None:
    """Red when OPTIONS stops at the gateway, or reaches a service for nobody we know."""
    token = await whole.sign_up("options@first.example")
    said = await whole.client.options(PATH, headers=bearer(token))
    assert (said.status_code, said.headers["tus-version"]) == (204, "1.0.0")
    assert (await whole.client.options(PATH)).status_code == 401


async def test_a_script_of_another_origin_may_read_what_the_protocol_answers(whole: Gateway) -> None:
    """Red when a header that a tus client reads is not among those a browser lets it see."""
    token = await whole.sign_up("origin@first.example")
    headers = bearer(token) | {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
    begun: httpx.Response = await whole.client.post(PATH, headers=headers)
    stands = await whole.client.head(begun.headers["location"], headers=headers)
    said = await whole.client.options(PATH, headers=headers)
    exposed = {name.lower() for name in EXPOSED_HEADERS}
    for answer in (begun, stands, said):
        assert {name for name in answer.headers if name.startswith(("tus-", "upload-", "location"))} <= exposed
