"""A real uvicorn server in this process, for tests that need something to talk to over a socket."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import uvicorn
from starlette.types import ASGIApp

from tests.support.waiting import PATIENCE_S


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, *, http: str = "auto") -> AsyncGenerator[str]:
    """The base URL of the app, served on a free loopback port until the block ends. `http` is as uvicorn's own option."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http=http,
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=1,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # pyright: ignore[reportAttributeAccessIssue] - the test runner keeps its own
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(PATIENCE_S):
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task
