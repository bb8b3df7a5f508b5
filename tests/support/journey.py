"""A user of a running stack: signs up, uploads, pays, waits, downloads. What end-to-end tests are written in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from tests.support.waiting import eventually

Json = dict[str, Any]
TERMINAL = ("completed", "failed", "cancelled", "declined")


@dataclass
class User:
    """One signed-in user with a workspace of their own."""

    client: httpx.AsyncClient
    workspace_id: str

    async def send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """One request; retried while a service is away, which the tests cause on purpose."""
        async with asyncio.timeout(90):
            while True:
                try:
                    answer = await self.client.request(method, path, **parts)
                except httpx.TransportError:
                    await asyncio.sleep(0.2)
                    continue
                if answer.status_code != 503:
                    return answer
                await asyncio.sleep(0.2)

    async def ask(self, method: str, path: str, **parts: Any) -> Json:
        """The JSON of a request that must succeed."""
        answer = await self.send(method, path, **parts)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def upload(self, name: str, content: bytes) -> Json:
        """Upload a file and wait until it has been read, whatever came of it."""
        upload = await self.ask("POST", "/v1/uploads", params={"filename": name}, content=content)
        async with asyncio.timeout(120):
            while upload["state"] == "reading":
                upload = await self.ask("GET", f"/v1/uploads/{upload['id']}", params={"wait_seconds": 2})
        return upload

    async def start_job(self, upload_id: str, **options: Any) -> Json:
        """Create a job; it is at work or waiting for its hold when this answers."""
        body = {"upload_id": upload_id, **options}
        return await self.ask("POST", "/v1/jobs", json=body, headers={"Idempotency-Key": str(uuid4())})

    async def job(self, job_id: str) -> Json:
        return await self.ask("GET", f"/v1/jobs/{job_id}")

    async def finish(self, job_id: str, *, within_s: float = 120) -> Json:
        """Wait until the job has ended."""
        job: Json = {}

        async def ended() -> bool:
            job.update(await self.job(job_id))
            return job["state"] in TERMINAL

        await eventually(ended, within_s=within_s, every_s=0.2)
        return job

    async def enrich(self, name: str, content: bytes) -> Json:
        """Upload, create the job, wait for its end."""
        upload = await self.upload(name, content)
        assert upload["state"] == "ready", upload
        return await self.finish((await self.start_job(upload["id"]))["id"])

    async def workbook(self, job_id: str) -> Worksheet:
        """The first sheet of the result, opened by a reader that had no part in writing it."""
        answer = await self.send("GET", f"/v1/jobs/{job_id}/download", params={"format": "xlsx"})
        assert answer.status_code == 200, answer.text
        sheet = openpyxl.load_workbook(BytesIO(answer.content)).worksheets[0]
        assert isinstance(sheet, Worksheet)
        return sheet

    async def balance(self) -> Json:
        return await self.ask("GET", "/v1/credits")

    async def closed_balance(self) -> Json:
        """The balance once nothing is held or settling any more."""
        balance: Json = {}

        async def at_rest() -> bool:
            balance.update(await self.balance())
            return balance["held"] == 0 and balance["settling"] == 0

        await eventually(at_rest, every_s=0.1)
        return balance


async def sign_up(client: httpx.AsyncClient, email: str, *, password: str, workspace: str) -> Json:
    """Sign up and in; the client is that user from then on. Answers who that is."""
    who = {"email": email, "password": password}
    data = {"workspace_name": workspace}
    (await client.post("/auth/v1/signup", json={**who, "data": data})).raise_for_status()
    session = await client.post("/auth/v1/token", params={"grant_type": "password"}, json=who)
    client.headers["Authorization"] = f"Bearer {session.raise_for_status().json()['access_token']}"
    return (await client.get("/v1/me")).raise_for_status().json()


async def new_user(gateway_url: str, operator: httpx.AsyncClient, *, credits_: int = 1000) -> User:
    """Sign up, and have an operator grant credits."""
    client = httpx.AsyncClient(base_url=gateway_url, timeout=30, trust_env=False)
    me = await sign_up(client, f"{uuid4().hex}@user.example", password=uuid4().hex, workspace="Test")
    user = User(client, me["workspace_id"])
    if credits_:
        await grant(user, operator, credits_)
    return user


async def grant(user: User, operator: httpx.AsyncClient, credits_: int) -> None:
    """Credits for a user's workspace, as soon as billing has heard of it."""
    body = {"credits": credits_, "reason": "test", "workspace_id": user.workspace_id}

    async def granted() -> bool:
        answer = await operator.post("/v1/credits/grants", json=body, headers={"Idempotency-Key": user.workspace_id})
        return answer.is_success

    await eventually(granted, every_s=0.2)
