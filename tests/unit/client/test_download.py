"""Files that the API answers with."""

from __future__ import annotations

import gzip
import random
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import respx

from libs.client.client import Client
from libs.client.errors import ApiError, Damaged, Unreachable
from tests.unit.client.conftest import BASE


class Parts(httpx.AsyncByteStream):
    """A body that breaks off after its first part."""

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        yield b"first half"
        raise httpx.ReadError("gone")


@respx.mock(base_url=BASE)
async def test_a_sheet_is_written_to_its_place(respx_mock: respx.MockRouter, client: Client, tmp_path: Path) -> None:
    route = respx_mock.get("/v1/jobs/j/download", params={"format": "csv"}).respond(content=b"a;b")
    download = client.download_result_job("j", format="csv")
    assert route.call_count == 0
    await download.save(tmp_path / "out.csv")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out.csv": b"a;b"}
    assert await download.read() == b"a;b"


@respx.mock(base_url=BASE)
async def test_what_cannot_be_unpacked_is_an_error_of_its_own(
    respx_mock: respx.MockRouter, client: Client, tmp_path: Path
) -> None:
    """Red when whoever handles the client's errors meets one of its HTTP library's, or half of a file stays."""
    whole = gzip.compress(random.Random(1).randbytes(5000))
    broken = whole[:1000] + bytes(2000) + whole[3000:]
    packed = {"Content-Encoding": "gzip"}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(broken), headers=packed, request=request)

    respx_mock.get("/v1/jobs/j/download").mock(side_effect=answer)
    with pytest.raises(Damaged, match="start it again"):
        await client.download_result_job("j", format="xlsx").save(tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []
    respx_mock.get("/v1/jobs/j").mock(side_effect=answer)
    with pytest.raises(Damaged, match="GET /v1/jobs/j"):
        await client.show_job("j")


@respx.mock(base_url=BASE)
async def test_a_broken_download_leaves_no_file_that_looks_finished(
    respx_mock: respx.MockRouter, client: Client, tmp_path: Path
) -> None:
    """Red when it is written straight to its final name, or the old file is lost."""
    target = tmp_path / "out.xlsx"
    target.write_bytes(b"the one before")
    respx_mock.get("/v1/jobs/j/download").mock(return_value=httpx.Response(200, stream=Parts()))
    with pytest.raises(Unreachable, match="broke off"):
        await client.download_result_job("j").save(target)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out.xlsx": b"the one before"}


@respx.mock(base_url=BASE)
async def test_a_refused_download_says_why(respx_mock: respx.MockRouter, client: Client, tmp_path: Path) -> None:
    problem = {"code": "job_not_completed", "detail": "it is not finished"}
    respx_mock.get("/v1/jobs/j/download").respond(409, json=problem)
    with pytest.raises(ApiError, match="not finished"):
        await client.download_result_job("j").save(tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []
