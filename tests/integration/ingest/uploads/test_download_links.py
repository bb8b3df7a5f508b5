"""Links to sheets: signed, for one file and a while, good for whoever has them; and sheets on demand as a client sees them."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from itsdangerous import URLSafeSerializer

from libs.common.clock import utc_now
from libs.common.http.identity import SIGNED_BY
from libs.common.ids import new_id
from services.ingest.domain.downloads import Download
from services.ingest.domain.jobs import JobState
from services.ingest.domain.storage_keys import export_key
from services.ingest.use_cases.sign_download import sign_download
from tests.integration.ingest.uploads.conftest import SECRET, Service
from tests.integration.ingest.uploads.test_downloading import SHEET, job_of
from tests.support.waiting import eventually

WHOLE = SHEET + b"xlsx"


async def post(service: Service, path: str, body: dict[str, Any]) -> httpx.Response:
    return await service.client.post(path, json=body, headers=service.headers())


async def link_to(service: Service, job_id: UUID, **body: Any) -> dict[str, Any]:
    answer = await post(service, f"/v1/jobs/{job_id}/download-url", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_link_gives_the_file_to_whoever_has_it(service: Service) -> None:
    """Red when the link needs a token, or gives another file or name."""
    link = await link_to(service, await job_of(service, filename='a "b"; ü.csv'), format="csv")
    answer = await service.client.get(link["download_url"])
    assert (answer.status_code, answer.content) == (200, SHEET + b"csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].endswith("filename*=UTF-8''a%20_b_%3B%20%C3%BC-enriched.csv")
    assert link["filename"] == "a _b_; ü-enriched.csv"
    assert "no-store" in answer.headers["cache-control"]


async def test_a_link_serves_ranges_and_heads(service: Service) -> None:
    """A download manager: HEAD, then pieces, then one behind the end."""
    url = (await link_to(service, await job_of(service)))["download_url"]
    head = await service.client.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(WHOLE)))
    assert head.headers["accept-ranges"] == "bytes"
    etag = head.headers["etag"]
    part = await service.client.get(url, headers={"Range": "bytes=5-9", "If-Range": etag})
    assert (part.status_code, part.content, part.headers["etag"]) == (206, WHOLE[5:10], etag)
    partial_head = await service.client.head(url, headers={"Range": "bytes=5-9"})
    assert (partial_head.status_code, partial_head.headers["content-range"]) == (206, f"bytes 5-9/{len(WHOLE)}")
    beyond = await service.client.get(url, headers={"Range": f"bytes={len(WHOLE)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(WHOLE)}")


async def test_a_file_that_was_written_again_is_not_continued(service: Service) -> None:
    """Red when a download that goes on would mix two files."""
    job_id = await job_of(service)
    url = (await link_to(service, job_id))["download_url"]
    etag = (await service.client.head(url)).headers["etag"]
    await service.storage.put(export_key(job_id, "xlsx"), WHOLE[::-1])
    answer = await service.client.get(url, headers={"Range": "bytes=5-9", "If-Range": etag})
    assert (answer.status_code, answer.content) == (200, WHOLE[::-1])


async def test_a_link_ends(service: Service) -> None:
    job_id = await job_of(service)
    download = Download(export_key(job_id, "csv"), "leads.csv", "csv")
    token = sign_download(
        download, secret=SECRET, now=utc_now() - timedelta(minutes=16), lifetime=timedelta(minutes=15)
    )
    answer = await service.client.get(f"/v1/downloads/{token}")
    assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")
    assert "ask for another one" in answer.json()["detail"]


async def test_a_link_cannot_be_turned_to_another_file(service: Service) -> None:
    """P7. Red when the signature does not cover what the link is for, or another key may sign, or none."""
    mine, theirs = await job_of(service), await job_of(service.neighbour())
    token = (await link_to(service, mine))["download_url"].rpartition("/")[2]
    payload, _, signature = token.rpartition(".")
    claims = {"exp": 2**33, "key": export_key(theirs, "xlsx"), "name": "leads.xlsx", "format": "xlsx"}
    turned = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    forged = [
        f"{turned}.{signature}",
        f"{turned}.",
        turned,
        URLSafeSerializer("another secret", salt=b"corofy download links v1", signer_kwargs=SIGNED_BY).dumps(claims),
        URLSafeSerializer(SECRET, signer_kwargs=SIGNED_BY).dumps(claims),
        f"{payload}.",
        token[:-2],
        "x",
    ]
    for one in forged:
        answer = await service.client.get(f"/v1/downloads/{one}")
        assert (answer.status_code, answer.json()["code"]) == (404, "link_invalid"), one


async def test_an_identity_is_no_link_and_a_link_no_identity(service: Service) -> None:
    """Red when one key signs both."""
    identity = service.headers()["X-Corofy-Identity"]
    assert (await service.client.get(f"/v1/downloads/{identity}")).status_code == 404
    token = (await link_to(service, await job_of(service)))["download_url"].rpartition("/")[2]
    answer = await service.client.get("/v1/jobs", headers={"X-Corofy-Identity": token})
    assert answer.status_code == 401


async def test_a_link_to_a_file_that_is_gone_says_so(service: Service) -> None:
    job_id = await job_of(service)
    url = (await link_to(service, job_id))["download_url"]
    await service.storage.delete(export_key(job_id, "xlsx"))
    answer = await service.client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (410, "file_gone")


async def test_there_is_no_link_before_there_is_a_sheet_nor_for_others(service: Service) -> None:
    job_id = await job_of(service, state=JobState.PROCESSING)
    answer = await post(service, f"/v1/jobs/{job_id}/download-url", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")
    assert f"POST /v1/jobs/{job_id}/exports" in answer.json()["detail"]
    answer = await post(service.neighbour(), f"/v1/jobs/{job_id}/download-url", {})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_job")


async def test_a_sheet_on_demand_is_written_shown_and_fetched(service: Service) -> None:
    """Through the queue. Red when it is not wired, or when what is shown does not lead to the file."""
    job_id = await job_of(service, state=JobState.PROCESSING)
    asked = await post(service, f"/v1/jobs/{job_id}/exports", {"format": "csv", "flat": True})
    assert asked.status_code == 202, asked.text
    shown = asked.json()
    assert (shown["state"], shown["partial"], shown["rows_total"], shown["download_url"]) == ("writing", True, 1, None)

    async def written() -> bool:
        shown.update((await service.get(f"/v1/exports/{shown['id']}")).json())
        return shown["state"] != "writing"

    await eventually(written)
    assert (shown["state"], shown["progress"], shown["problem"]) == ("ready", 1.0, None)
    assert shown["filename"] == "leads-partial.csv"
    answer = await service.client.get(shown["download_url"])
    assert answer.text.splitlines()[1].startswith("Acme,,pending,")
    assert len(answer.content) == shown["size_bytes"]
    again = await post(service, f"/v1/jobs/{job_id}/exports", {"format": "csv", "flat": True})
    assert (again.status_code, again.json()["id"]) == (200, shown["id"])
    listed = (await service.get(f"/v1/jobs/{job_id}/exports")).json()["items"]
    assert [item["id"] for item in listed] == [shown["id"]]


async def test_another_workspace_sees_no_export(service: Service) -> None:
    """P7. Red when the workspace is not in a query."""
    job_id = await job_of(service)
    mine = (await post(service, f"/v1/jobs/{job_id}/exports", {})).json()
    other = service.neighbour()
    assert (await other.get(f"/v1/exports/{mine['id']}")).status_code == 404
    assert (await other.get(f"/v1/jobs/{job_id}/exports")).status_code == 404
    assert (await post(other, f"/v1/jobs/{job_id}/exports", {})).status_code == 404
    assert (await service.get(f"/v1/exports/{new_id()}")).json()["code"] == "unknown_export"


@pytest.mark.parametrize("body", [{"format": "pdf"}, {"flat": "maybe"}, {"color": 1}])
async def test_only_what_is_known_can_be_asked_for(service: Service, body: dict[str, Any]) -> None:
    answer = await post(service, f"/v1/jobs/{await job_of(service)}/exports", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
