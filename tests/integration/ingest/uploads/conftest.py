"""Ingest as it runs: its application over ASGI with a real database and broker, and object storage in a folder."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.ids import new_id
from libs.common.platform import Platform
from libs.common.storage import Storage
from services.ingest.main import build_app
from tests.support.clock import started_without_a_clock

SECRET = "9f8e7d6c5b4a39281706f5e4d3c2b1a0internal"
MAX_UPLOAD_BYTES = 3_000_000


@dataclass
class Service:
    """One workspace's user in front of the running service."""

    app: FastAPI
    client: httpx.AsyncClient
    platform: Platform
    storage: Storage
    folder: Path
    workspace_id: UUID

    def neighbour(self) -> Service:
        """A user of another workspace."""
        return dataclasses.replace(self, workspace_id=new_id())

    def headers(self) -> dict[str, str]:
        identity = Identity(self.workspace_id, new_id(), "owner", "test")
        return {IDENTITY_HEADER: sign_identity(identity, secret=SECRET, now=utc_now())}

    async def get(self, path: str, **options: Any) -> httpx.Response:
        headers = self.headers() | options.pop("headers", {})
        return await self.client.get(path, headers=headers, **options)

    async def send(self, content: Any, *, filename: str = "leads.csv", **headers: str) -> httpx.Response:
        return await self.client.post(
            "/v1/uploads", params={"filename": filename}, content=content, headers=self.headers() | headers
        )

    async def read(self, content: bytes, *, filename: str = "leads.csv") -> dict[str, Any]:
        """Send a file and wait until it has been read."""
        sent = await self.send(content, filename=filename)
        assert sent.status_code == 201, sent.text
        answer = await self.get(f"/v1/uploads/{sent.json()['id']}", params={"wait_seconds": 30})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stored_uploads(self) -> set[str]:
        """Ids of the uploads of which something lies in storage, be it half written. The service may still be reading those
        of an earlier test: what is compared is which there are, not their files."""
        files = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return {file.parts[1] for file in files if file.parts[0] == "uploads"}


@pytest.fixture(scope="module")
async def running(
    module_database: str, module_vhost: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Service]:
    """The service, started once for the tests of a module."""
    folder = tmp_path_factory.mktemp("storage")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "DATABASE_URL": module_database,
            "RABBITMQ_URL": module_vhost,
            "INTERNAL_SECRET": SECRET,
            "STORAGE_URL": f"file://{folder}",
            "MAX_UPLOAD_BYTES": str(MAX_UPLOAD_BYTES),
        }.items():
            patch.setenv(name, value)
        app = build_app()
    async with (
        started_without_a_clock(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest", timeout=60) as client,
    ):
        storage = Storage.from_url(f"file://{folder}")
        yield Service(app, client, app.state.platform, storage, folder, new_id())


@pytest.fixture
def service(running: Service) -> Service:
    """The running service in front of a workspace of the test's own."""
    return dataclasses.replace(running, workspace_id=new_id())
