"""A small client of Corofy's public REST API: what the demo and `corofy enrich` need of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any

import httpx

from libs.cli.errors import ApiError, CliError
from libs.cli.refusals import may_ask_again, refuse

CHUNK_BYTES = 256 * 1024
_BEFORE_EXPIRY_S = 60
_WAITS_S = (0.2, 0.5, 1, 2, 4, 8)
Json = dict[str, Any]
ANY_HOUR: Json = {"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00", "skip_holidays": False}


class Api:
    """One signed-in user. Every refusal is an ApiError with the problem's own words."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._client = httpx.AsyncClient(base_url=base_url, timeout=httpx.Timeout(60, connect=5), trust_env=False)
        self._refresh_token = ""
        self._refresh_at: float | None = None

    async def __aenter__(self) -> Api:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def sign_in(self, email: str, password: str, *, workspace: str) -> Json:
        """Signs in, or up when nobody of that address is known yet. Answers who that is, and in which workspace."""
        who = {"email": email, "password": password}
        try:
            await self._begin_session("password", who)
        except ApiError as refusal:
            if refusal.code != "invalid_credentials":
                raise
            await self._send("POST", "/auth/v1/signup", json={**who, "data": {"workspace_name": workspace}})
            await self._begin_session("password", who)
        return await self._send("GET", "/v1/me")

    @property
    def bearer(self) -> dict[str, str]:
        """What a client of another kind sends along to be this user."""
        return {"Authorization": self._client.headers["Authorization"]}

    async def _begin_session(self, grant: str, proof: Json) -> None:
        self._refresh_at = None
        session = await self._send("POST", "/auth/v1/token", params={"grant_type": grant}, json=proof)
        self._client.headers["Authorization"] = f"Bearer {session['access_token']}"
        self._refresh_token = session["refresh_token"]
        self._refresh_at = monotonic() + session["expires_in"] - _BEFORE_EXPIRY_S

    async def _stay_signed_in(self) -> None:
        """An access token is short-lived, a large upload or job is not."""
        if self._refresh_at is not None and monotonic() > self._refresh_at:
            await self._begin_session("refresh_token", {"refresh_token": self._refresh_token})

    async def upload(self, file: Path, *, reading: Json | None = None) -> Json:
        """Streams the file in and returns the upload once it has been read, as `reading` says where that decides anything.

        Raises ApiError when it was refused.
        """
        answer = await self._send(
            "POST",
            "/v1/uploads",
            params={"filename": file.name},
            content=_chunks_of(file),
            headers={"Content-Type": "application/octet-stream"},
        )
        answer = await self._read(answer)
        if reading:
            answer = await self._read(await self._send("PUT", f"/v1/uploads/{answer['id']}/reading", json=reading))
        if answer["state"] == "refused":
            problem: Json = answer.get("problem") or {}
            raise ApiError(
                f"{file.name} was refused: {problem.get('detail', 'no reason given')}",
                status=422,
                code=str(problem.get("code", "refused")),
                extra={},
            )
        return answer

    async def checked(self, upload_id: str) -> Json:
        """The upload once its rows have been checked: until then nobody knows which of them repeat."""
        while True:
            upload = await self._send("GET", f"/v1/uploads/{upload_id}")
            if upload["check"] != "running":
                return upload
            await asyncio.sleep(0.2)

    async def _read(self, upload: Json) -> Json:
        while upload["state"] == "reading":
            upload = await self._send("GET", f"/v1/uploads/{upload['id']}", params={"wait_seconds": 5})
        return upload

    async def quote(self, upload_id: str, **choice: Any) -> Json:
        return await self._send("POST", "/v1/quotes", json={"upload_id": upload_id, **choice})

    async def create_job(self, upload_id: str, *, key: str, accept_degraded: bool = False, **choice: Any) -> Json:
        body = {"upload_id": upload_id, "accept_degraded": accept_degraded, **choice}
        return await self._send("POST", "/v1/jobs", json=body, headers={"Idempotency-Key": key})

    async def job(self, job_id: str) -> Json:
        return await self._send("GET", f"/v1/jobs/{job_id}")

    async def receipt(self, job_id: str) -> Json:
        """What the job's rows took."""
        return await self._send("GET", f"/v1/jobs/{job_id}/receipt")

    async def cancel_job(self, job_id: str) -> Json:
        return await self._send("POST", f"/v1/jobs/{job_id}/cancel")

    async def finish_job(self, job_id: str) -> Json:
        return await self._send("POST", f"/v1/jobs/{job_id}/finish")

    async def export(self, job_id: str, *, kind: str, flat: bool) -> Json:
        """Asks for a sheet beside the finished one; the same request is the same export, however far it is."""
        return await self._send("POST", f"/v1/jobs/{job_id}/exports", json={"format": kind, "flat": flat})

    async def download(self, job_id: str, target: Path, *, kind: str) -> None:
        """The finished sheet."""
        await self.fetch(f"/v1/jobs/{job_id}/download?format={kind}", target)

    async def fetch(self, path: str, target: Path) -> None:
        """Writes beside the target first, so that a broken download never looks like a finished one."""
        await self._stay_signed_in()
        part = target.with_name(target.name + ".part")
        try:
            async with self._client.stream("GET", path) as answer:
                await refuse(answer)
                with part.open("wb") as file:
                    async for chunk in answer.aiter_bytes(CHUNK_BYTES):
                        file.write(chunk)
            part.replace(target)
        except httpx.TransportError as error:
            raise CliError(f"The download broke off ({error}): start it again.") from error
        finally:
            part.unlink(missing_ok=True)

    async def credits(self) -> Json:
        return await self._send("GET", "/v1/credits")

    async def grant(self, amount: int, *, reason: str, key: str) -> Json:
        body = {"credits": amount, "reason": reason}
        return await self._send("POST", "/v1/credits/grants", json=body, headers={"Idempotency-Key": key})

    async def create_campaign(self, list_id: str, *, name: str) -> Json:
        """At any hour, so that whoever tries it out at night sees mail arrive."""
        return await self._send("POST", "/v1/campaigns", json={"list_id": list_id, "name": name, "window": ANY_HOUR})

    async def start_campaign(self, campaign_id: str) -> Json:
        return await self._send("POST", f"/v1/campaigns/{campaign_id}/start")

    async def campaign(self, campaign_id: str) -> Json:
        return await self._send("GET", f"/v1/campaigns/{campaign_id}")

    async def catalogue(self) -> Json:
        return await self._send("GET", "/v1/catalogue")

    async def import_catalogue(self, content: bytes, *, kind: str, key: str) -> Json:
        headers = {"Content-Type": kind, "Idempotency-Key": key}
        return await self._send("POST", "/v1/catalogue/import", content=content, headers=headers)

    async def try_row(self, cells: dict[str, str], *, mapping: dict[str, str]) -> Json:
        """Which rule of the catalogue decides for a row, and why."""
        return await self._send("POST", "/v1/catalogue/test", json={"cells": cells, "mapping": mapping})

    async def delete_upload(self, upload_id: str) -> None:
        await self._send("DELETE", f"/v1/uploads/{upload_id}")

    async def events(self, subject: str) -> AsyncGenerator[Json]:
        """The envelopes of a job or campaign as they happen. Raises httpx.TransportError when the stream drops."""
        await self._stay_signed_in()
        timeout = httpx.Timeout(30, connect=5)
        request = self._client.stream("GET", "/v1/events", params={"subject": subject}, timeout=timeout)
        async with request as answer:
            await refuse(answer)
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    async def _send(self, method: str, path: str, **parts: Any) -> Json:
        """Asks again where that cannot do anything twice; never when the body was a stream."""
        await self._stay_signed_in()
        waits = iter(() if "content" in parts else _WAITS_S)
        harmless = method == "GET" or "Idempotency-Key" in parts.get("headers", {})
        while True:
            try:
                answer = await self._client.request(method, path, **parts)
            except httpx.TransportError as error:
                raise CliError(f"The API at {self.base_url} does not answer ({error}): see ./corofy status.") from error
            wait = next(waits, None)
            if wait is None or not may_ask_again(answer, harmless=harmless):
                break
            await asyncio.sleep(wait)
        await refuse(answer)
        return answer.json() if answer.content else {}


async def _chunks_of(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as content:
        while chunk := await asyncio.to_thread(content.read, CHUNK_BYTES):
            yield chunk
