"""What people send by mistake: each is a problem+json with a stable code, and nothing is lost or charged."""

from __future__ import annotations

import io
from uuid import uuid4

import httpx
import openpyxl
import pytest

from deploy.local.stack import LocalStack
from tests.support.journey import User
from tests.support.world import World

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 64


def empty_workbook() -> bytes:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "codes"),
    [
        ("photo.csv", PNG, {"not_a_table", "wrong_type"}),
        ("letter.xlsx", b"%PDF-1.7\n" + b"x" * 100, {"not_a_table", "wrong_type"}),
        ("head.csv", b"Name,Company\n", {"no_rows"}),
        ("blank.xlsx", empty_workbook(), {"no_rows", "empty_file"}),
        ("cut.xlsx", b"PK\x03\x04" + b"\x00" * 200, {"unreadable", "not_a_table"}),
    ],
)
async def test_a_file_that_is_no_list_is_refused_by_name(
    user: User, name: str, content: bytes, codes: set[str]
) -> None:
    upload = await user.upload(name, content)
    assert upload["state"] == "refused"
    assert upload["problem"]["code"] in codes
    assert len(upload["problem"]["detail"]) > 20
    answer = await user.send("POST", "/v1/jobs", json={"upload_id": upload["id"]})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == upload["problem"]["code"]


async def test_an_empty_file_is_refused_at_once(user: User) -> None:
    answer = await user.send("POST", "/v1/uploads", params={"filename": "empty.csv"}, content=b"")
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")


async def test_unknown_and_foreign_ids_get_the_same_answer(user: User, other_user: User) -> None:
    """P7: another tenant's job or upload looks exactly like one that never was."""
    upload = await user.upload("a.csv", b"Name,Company\nAda,Acme\n")
    job = await user.start_job(upload["id"])
    await user.finish(job["id"])
    for path in ("/v1/jobs/{}", "/v1/jobs/{}/rows", "/v1/jobs/{}/download?format=csv"):
        answers = [await other_user.send("GET", path.format(id_)) for id_ in (job["id"], uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404], path
        assert {answer.json()["code"] for answer in answers} == {"unknown_job"}
    answers = [await other_user.send("GET", f"/v1/uploads/{id_}") for id_ in (upload["id"], uuid4())]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "unknown_upload")] * 2
    answers = [
        await other_user.send("POST", "/v1/jobs", json={"upload_id": str(id_)}) for id_ in (upload["id"], uuid4())
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "unknown_upload")}
    assert (await other_user.send("POST", f"/v1/jobs/{job['id']}/cancel")).status_code == 404


async def test_without_a_token_nothing_is_answered(stack: LocalStack) -> None:
    async with httpx.AsyncClient(base_url=stack.url("gateway"), trust_env=False) as client:
        for path in ("/v1/jobs", "/v1/credits", "/v1/campaigns", "/v1/uploads"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


async def test_services_believe_nobody_without_the_gateways_signature(stack: LocalStack) -> None:
    for service in ("ingest", "enrich", "billing", "sender"):
        async with httpx.AsyncClient(base_url=stack.url(service), trust_env=False) as client:
            answer = await client.get("/internal/status", headers={"X-Corofy-Identity": "forged"})
            assert (answer.status_code, answer.json()["code"]) == (401, "identity_invalid")


async def test_too_few_credits_decline_the_job_and_say_how_many_are_missing(other_user: User, world: World) -> None:
    upload = await other_user.upload("a.csv", b"Name,Company\nAda,Acme\nBob,Bolt\n")
    answer = await other_user.send("POST", "/v1/jobs", json={"upload_id": upload["id"]})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (402, "insufficient_credits")
    assert (problem["needed"], problem["available"]) == (2, 0)
    assert await world.calls_of("groq") == 0


async def test_two_clicks_make_one_job(user: User) -> None:
    upload = await user.upload("a.csv", b"Name,Company\nAda,Acme\n")
    key = {"Idempotency-Key": str(uuid4())}
    answers = [await user.send("POST", "/v1/jobs", json={"upload_id": upload["id"]}, headers=key) for _ in range(2)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await user.upload("b.csv", b"Name,Company\nBob,Bolt\n")
    answer = await user.send("POST", "/v1/jobs", json={"upload_id": other["id"]}, headers=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
