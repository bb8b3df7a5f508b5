"""A running gateway on a database and a vhost of its own, and a pretend service behind it that tells what it was asked."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from libs.common.errors import TooLarge
from libs.common.http.problems import install_problem_handlers
from libs.common.platform import Parts, Platform
from services.gateway.api.access import Resources
from services.gateway.main import build_app
from tests.support.upstream import serving
from tests.support.waiting import PATIENCE_S, eventually

PASSWORD = "correct horse battery"
INTERNAL_SECRET = "9f8e7d6c5b4a39281706f5e4d3c2b1a0internal"
AUTH_SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9access-tokens"


@dataclass
class Behind:
    """What reached the service behind the gateway."""

    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    """Until it is set, the service says nothing of a workspace that is exported."""


@dataclass
class Gateway:
    """The gateway over HTTP, and what lies behind it."""

    client: httpx.AsyncClient
    platform: Platform
    behind: Behind
    base: str = ""
    parts: Parts = field(default_factory=Parts)

    @property
    def resources(self) -> Resources:
        assert isinstance(self.parts.resources, Resources)
        return self.parts.resources

    async def sign_up(self, email: str) -> dict[str, str]:
        """Sign up and in, and make the first request. Answers the session, with who that is and where."""
        who = {"email": email, "password": PASSWORD}
        answer = await self.client.post("/auth/v1/signup", json={**who, "data": {"workspace_name": "Acme"}})
        assert answer.status_code == 200, answer.text
        session = await self.sign_in(email)
        me = await self.client.get("/v1/me", headers=bearer(session))
        assert me.status_code == 200, me.text
        return {**session, **me.json()}

    async def sign_in(self, email: str, password: str = PASSWORD) -> dict[str, str]:
        who = {"email": email, "password": password}
        answer = await self.client.post("/auth/v1/token", params={"grant_type": "password"}, json=who)
        assert answer.status_code == 200, answer.text
        return answer.json()


def bearer(token: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {token['access_token']}"}


def pretend_service(behind: Behind) -> FastAPI:
    """Answers 418 to everything, a stream to `…/download`, 413 in the middle of `…/large` and at
    once to `…/refused`, never to `…/silence`."""
    app = FastAPI()
    install_problem_handlers(app)

    @app.api_route("/v1/{path:path}/large", methods=["POST", "PATCH"])
    async def large(path: str, request: Request) -> None:
        async for _ in request.stream():
            msg = f"{path} is larger than one part"
            raise TooLarge(msg)

    @app.api_route("/v1/{path:path}/refused", methods=["POST", "PATCH"])
    async def refuse(path: str) -> None:
        msg = f"{path} is too large by its length"
        raise TooLarge(msg)

    @app.post("/v1/{path:path}/silence")
    async def silence(path: str) -> None:
        behind.paths.append(path)
        behind.reached.set()
        await asyncio.Event().wait()

    @app.get("/internal/export")
    async def export() -> StreamingResponse:
        async def lines() -> AsyncGenerator[bytes]:
            await behind.told.wait()
            yield b"#\n"

        return StreamingResponse(lines())

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def anything(path: str, request: Request) -> object:
        behind.headers.append(dict(request.headers))
        behind.bodies.append(await request.body())
        behind.paths.append(f"/{path}?{request.url.query}")
        headers = {"Content-Disposition": 'attachment; filename="x"', "Connection": "X-Hop", "X-Hop": "one hop only"}
        if request.headers.get("If-None-Match") == '"7"':
            return Response(status_code=304, headers={"ETag": '"7"'})
        if path.endswith("download"):
            return StreamingResponse(iter([b"a" * 70_000, b"b"]), headers=headers)
        return JSONResponse({"path": path}, status_code=418)

    return app


@asynccontextmanager
async def replica(behind: Behind) -> AsyncGenerator[Gateway]:
    """A gateway, configured by the environment of the test."""
    app = build_app()
    async with serving(app) as base, httpx.AsyncClient(base_url=base, timeout=PATIENCE_S) as client:
        await eventually(lambda: _is_ready(client))
        yield Gateway(client, app.state.platform, behind, base, app.state.parts)


async def _is_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).status_code == 200


@pytest.fixture
async def behind(module_database: str, module_vhost: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Behind]:
    """The service behind, and the environment that leads to it."""
    behind = Behind()
    async with serving(pretend_service(behind)) as url:
        environment = {
            "DATABASE_URL": module_database,
            "RABBITMQ_URL": module_vhost,
            "INTERNAL_SECRET": INTERNAL_SECRET,
            "AUTH_SECRET": AUTH_SECRET,
            "ADMIN_EMAILS": "boss@corofy.example",
            "ENV": "test",
            "INGEST_URL": url,
            "BILLING_URL": url,
            "SENDER_URL": url,
            "ENRICH_URL": "http://127.0.0.1:9",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield behind


@pytest.fixture
async def gateway(behind: Behind) -> AsyncGenerator[Gateway]:
    async with replica(behind) as running:
        yield running
