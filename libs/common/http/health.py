"""Probes and metrics: alive, ready (and if not, why), and what Prometheus reads."""

import asyncio
import hmac

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import column, select, table, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from libs.common import metrics
from libs.common.errors import Unauthenticated
from libs.common.http.dependencies import CurrentPlatform, platform_of
from libs.common.platform import Parts, Platform

router = APIRouter(include_in_schema=False)

CHECK_TIMEOUT_S = 3


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "alive"}


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """Database (migrated), broker and the service's own needs are there. 503 with the reasons when not."""
    missing = await _missing(request)
    status = 503 if missing else 200
    return JSONResponse({"status": "waiting" if missing else "ready", "missing": missing}, status_code=status)


@router.get("/metrics")
async def prometheus_metrics(request: Request, platform: CurrentPlatform) -> Response:
    """What Prometheus reads. 401 without METRICS_TOKEN as bearer token, where one is set."""
    if token := platform.settings.metrics_token.get_secret_value():
        shown = request.headers.get("Authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            msg = "the metrics are for who shows METRICS_TOKEN as bearer token"
            raise Unauthenticated(msg, code="metrics_token_missing")
    checked_out = getattr(platform.engine.pool, "checkedout", lambda: 0)()
    metrics.DB_POOL_IN_USE.labels(platform.settings.service).set(checked_out)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _missing(request: Request) -> list[str]:
    platform = platform_of(request)
    parts: Parts = request.app.state.parts
    broker = request.app.state.broker
    asked = [
        await _database(platform),
        None if platform.bus.is_connected and await broker.ping(timeout=1) else "the broker is away",
        "stopping" if platform.stopping.is_set() else None,
        *[await check() for check in parts.ready],
    ]
    return [reason for reason in asked if reason]


async def _database(platform: Platform) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S), platform.engine.connect() as conn:
            return await _migrated(conn, platform)
    except (SQLAlchemyError, OSError) as error:
        return f"the database is away: {type(error).__name__}"


async def _migrated(conn: AsyncConnection, platform: Platform) -> str | None:
    """Whether the schema is where the code expects it, which it is not yet while a deployment's migrations run."""
    expected, schema = platform.newest_revision, platform.settings.service
    version = table("alembic_version", column("version_num"), schema=schema)
    if expected is None:
        await conn.execute(text("SELECT 1"))
        return None
    known = await conn.execute(text("SELECT to_regclass(:name)"), {"name": f"{schema}.alembic_version"})
    found = await conn.scalar(select(version.c.version_num)) if known.scalar_one() else None
    if found == expected:
        return None
    return f"the schema is at revision {found or 'none'}, the code expects {expected}: run the migrations"
