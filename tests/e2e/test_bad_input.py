"""What people send by mistake: each is a problem+json with a stable code, and nothing is lost or charged."""

from __future__ import annotations

import asyncio
import io
import zipfile
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import openpyxl
import pytest

from deploy.local.stack import LocalStack
from tests.support.journey import User

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 64


def empty_workbook() -> bytes:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


def open_document() -> bytes:
    """What LibreOffice saves when nobody chooses another type."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<office:document-content/>")
    return out.getvalue()


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    """A problem+json (RFC 9457) that says its code and, in a sentence, what to do."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert len(problem["detail"]) > 20


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("photo.csv", PNG, "not_a_table"),
        ("letter.xlsx", b"%PDF-1.7\n" + b"x" * 100, "not_a_table"),
        ("sheet.csv", open_document(), "unreadable"),
        ("head.csv", b"Name,Company\n", "no_rows"),
        ("blank.xlsx", empty_workbook(), "no_rows"),
        ("cut.xlsx", b"PK\x03\x04" + b"\x00" * 200, "unreadable"),
    ],
)
async def test_a_file_that_is_no_list_is_refused_by_name(user: User, name: str, content: bytes, code: str) -> None:
    upload = await user.upload(name, content)
    assert (upload["state"], upload["problem"]["code"]) == ("refused", code)
    assert len(upload["problem"]["detail"]) > 20
    assert_problem(await user.send("POST", "/v1/jobs", json={"upload_id": upload["id"]}), 422, code)


async def test_an_empty_file_is_refused_at_once(user: User) -> None:
    answer = await user.send("POST", "/v1/uploads", params={"filename": "empty.csv"}, content=b"")
    assert_problem(answer, 422, "empty_file")


async def test_a_file_over_the_size_limit_is_refused_before_it_has_come(stack: LocalStack, user: User) -> None:
    """By the length it declares: nobody sends a gigabyte to hear that it was too much."""
    gateway = urlsplit(stack.url("gateway"))
    reader, writer = await asyncio.open_connection(gateway.hostname, gateway.port)
    head = (
        "POST /v1/uploads?filename=huge.csv HTTP/1.1",
        "Host: corofy",
        f"Authorization: {user.client.headers['Authorization']}",
        f"Content-Length: {2 * 1024**3}",
        "Connection: close",
    )
    async with asyncio.timeout(20):
        writer.write("\r\n".join(head).encode() + b"\r\n\r\nName,Company\nAda,Acme\n")
        await writer.drain()
        answer = (await reader.read()).decode()
    writer.close()
    assert answer.startswith("HTTP/1.1 413 "), answer
    assert "application/problem+json" in answer
    assert '"code":"too_large"' in answer


async def test_unknown_and_foreign_ids_get_the_same_answer(user: User, other_user: User) -> None:
    """P7: another tenant's job or upload looks exactly like one that never was."""
    upload = await user.upload("a.csv", b"Name,Company\nAda,Acme\n")
    job = await user.start_job(upload["id"])
    await user.finish(job["id"])
    for path in ("/v1/jobs/{}", "/v1/jobs/{}/rows", "/v1/jobs/{}/download?format=csv"):
        answers = [await other_user.send("GET", path.format(id_)) for id_ in (job["id"], uuid4())]
        for answer in answers:
            assert_problem(answer, 404, "unknown_job")
    answers = [await other_user.send("GET", f"/v1/uploads/{id_}") for id_ in (upload["id"], uuid4())]
    answers += [
        await other_user.send("POST", "/v1/jobs", json={"upload_id": str(id_)}) for id_ in (upload["id"], uuid4())
    ]
    for answer in answers:
        assert_problem(answer, 404, "unknown_upload")
    assert_problem(await other_user.send("POST", f"/v1/jobs/{job['id']}/cancel"), 404, "unknown_job")


async def test_without_a_token_nothing_is_answered(stack: LocalStack) -> None:
    async with httpx.AsyncClient(base_url=stack.url("gateway"), trust_env=False) as client:
        for path in ("/v1/jobs", "/v1/credits", "/v1/campaigns", "/v1/uploads"):
            assert_problem(await client.get(path), 401, "token_missing")


async def test_services_believe_nobody_without_the_gateways_signature(stack: LocalStack) -> None:
    for service in ("ingest", "enrich", "billing", "sender"):
        async with httpx.AsyncClient(base_url=stack.url(service), trust_env=False) as client:
            answer = await client.get("/internal/status", headers={"X-Corofy-Identity": "forged"})
            assert_problem(answer, 401, "identity_invalid")


async def test_too_few_credits_decline_the_job_and_say_how_many_are_missing(other_user: User) -> None:
    """Red when its rows are researched all the same."""
    upload = await other_user.upload("a.csv", b"Name,Company\nAda,Acme\nBob,Bolt\n")
    answer = await other_user.send("POST", "/v1/jobs", json={"upload_id": upload["id"]})
    assert_problem(answer, 402, "insufficient_credits")
    assert (answer.json()["needed"], answer.json()["available"]) == (2, 0)
    (job,) = (await other_user.ask("GET", "/v1/jobs"))["items"]
    assert (job["state"], job["rows_done"]) == ("declined", 0)


async def test_two_clicks_make_one_job(user: User) -> None:
    upload = await user.upload("a.csv", b"Name,Company\nAda,Acme\n")
    key = {"Idempotency-Key": str(uuid4())}
    answers = [await user.send("POST", "/v1/jobs", json={"upload_id": upload["id"]}, headers=key) for _ in range(2)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await user.upload("b.csv", b"Name,Company\nBob,Bolt\n")
    answer = await user.send("POST", "/v1/jobs", json={"upload_id": other["id"]}, headers=key)
    assert_problem(answer, 409, "idempotency_key_reused")
