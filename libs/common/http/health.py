"""Probes and metrics: alive, ready (and if not, why), and what Prometheus reads."""

import asyncio

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from libs.common import metrics
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
    """Database, broker and the service's own needs are there. 503 with the reasons when not."""
    platform = platform_of(request)
    parts: Parts = request.app.state.parts
    missing = [reason for reason in await _missing(platform, parts) if reason]
    status = 503 if missing else 200
    return JSONResponse({"status": "waiting" if missing else "ready", "missing": missing}, status_code=status)


@router.get("/metrics")
async def prometheus_metrics(platform: CurrentPlatform) -> Response:
    """What Prometheus reads."""
    checked_out = getattr(platform.engine.pool, "checkedout", lambda: 0)()
    metrics.DB_POOL_IN_USE.labels(platform.settings.service).set(checked_out)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _missing(platform: Platform, parts: Parts) -> list[str | None]:
    own = [await check() for check in parts.ready]
    stopping = "stopping" if platform.stopping.is_set() else None
    return [await _database(platform), None if platform.bus.is_connected else "the broker is away", stopping, *own]


async def _database(platform: Platform) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S), platform.engine.connect() as conn:
            await conn.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return f"the database is away: {type(error).__name__}"
    return None
