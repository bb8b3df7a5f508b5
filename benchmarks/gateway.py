"""What the gateway adds to a request, keeps of a large upload, and needs for browsers that only listen."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from uuid import UUID

import httpx
import orjson

from benchmarks import leads
from benchmarks.figures import Figure
from benchmarks.keepalive import Keepalive, Listener
from benchmarks.processes import cpu_seconds, forget_peak, peak_mib, resident_mib
from deploy.local.services import DEMO_EMAIL
from deploy.local.stack import LocalStack
from libs.cli.api import Api
from libs.cli.console import say
from libs.cli.waiting import until
from libs.client.generated import models
from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity

NAME = "gateway"

_REQUESTS = int(os.environ.get("BENCH_REQUESTS", "2000"))
_SECONDS = float(os.environ.get("BENCH_SECONDS", "10"))
_LISTENERS = int(os.environ.get("BENCH_LISTENERS", "2000"))
_UPLOAD_MB = int(os.environ.get("BENCH_UPLOAD_MB", "500"))
_RATIO, _RISE_MIB, _LISTENER_KB = 2.0, 32, 60
_AT_ONCE = 16
_OPENED_TOGETHER = 50
_UNLIMITED = str(10_000_000)
"""Requests are counted as ever, and none is refused."""


async def run() -> list[Figure]:
    """One gateway and one service behind it; the request, then the listeners, then the upload."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        env = {"ENV": "test", "PLAN_LIMITS": "off", "USER_REQUESTS_PER_MINUTE": _UNLIMITED}
        async with (
            LocalStack(folder / "state", services=("gateway", "ingest"), env=env, say=say) as stack,
            Api(stack.url("gateway")) as api,
        ):
            me = await api.sign_in_or_up(DEMO_EMAIL, stack.secrets["DEMO_PASSWORD"], workspace="Benchmark")
            file = folder / "small.csv"
            leads.write_csv(file, first=0, rows=3)
            upload = await api.checked(await api.upload(file))
            return [
                *await _asked(stack, api, me, upload.id),
                *await _listened(stack, api),
                *await _uploaded(stack, api),
            ]


async def _asked(stack: LocalStack, api: Api, me: models.MeResponse, upload_id: UUID) -> list[Figure]:
    """The same small resource through the gateway and of the service, in turn over one connection each; then as many as go."""
    path, signed = f"/v1/uploads/{upload_id}", _signed(stack, me)
    say(f"{_REQUESTS:,} requests each way, in turn")
    async with (
        Keepalive(stack.url("gateway"), path, api.bearer) as through,
        Keepalive(stack.url("ingest"), path, signed) as directly,
    ):
        taken: dict[str, list[float]] = {"through": [], "directly": []}
        for _ in range(_REQUESTS):
            taken["through"].append(await through.ask())
            taken["directly"].append(await directly.ask())
    gateway, service = (1000 * median(taken[way]) for way in ("through", "directly"))
    ratio = round(gateway / service, 2)
    return [
        Figure(
            NAME,
            "a small resource through the gateway, median",
            round(gateway, 2),
            "ms",
            f"the service itself, {service:.2f} ms",
            ratio,
            goal=f"<= {_RATIO:g} x",
            holds=ratio <= _RATIO,
        ),
        await _busy(stack, api.bearer, path),
    ]


def _signed(stack: LocalStack, me: models.MeResponse) -> Mapping[str, str]:
    identity = Identity(me.workspace_id, me.user_id, role="owner", request_id="bench", email=str(me.email))
    # It is believed for a minute: the moment at which it was signed lies ahead as long as the run may take.
    lasting = utc_now().replace(year=utc_now().year + 1)
    return {IDENTITY_HEADER: sign_identity(identity, secret=stack.secrets["INTERNAL_SECRET"], now=lasting)}


async def _busy(stack: LocalStack, bearer: Mapping[str, str], path: str) -> Figure:
    """Requests for each second of a processor that the gateway has used, with all its connections busy."""
    say(f"{_AT_ONCE} connections for {_SECONDS:g} s")
    address = httpx.URL(stack.url("gateway"))
    headers = "".join(f"{name}: {value}\r\n" for name, value in bearer.items())
    order = {
        "host": address.host,
        "port": address.port,
        "connections": _AT_ONCE,
        "seconds": _SECONDS,
        "requests": [f"GET {path} HTTP/1.1\r\nHost: gateway\r\n{headers}\r\n"],
    }
    before = cpu_seconds(_pid(stack))
    command = (sys.executable, "-m", "benchmarks.load")
    load = await asyncio.create_subprocess_exec(*command, stdin=-1, stdout=-1)
    told, _ = await load.communicate(orjson.dumps(order))
    tally = orjson.loads(told)
    if tally["failed"]:
        raise RuntimeError(f"{tally['failed']} requests failed")
    per_core = tally["answered"] / (cpu_seconds(_pid(stack)) - before)
    return Figure(NAME, "requests of the gateway for each second of a core", round(per_core), "req/s")


async def _listened(stack: LocalStack, api: Api) -> list[Figure]:
    """Streams of live events on which nothing is said."""
    say(f"{_LISTENERS:,} listeners")
    async with AsyncExitStack() as open_streams:
        # What the first few load and open is there for all of them.
        await _open(_OPENED_TOGETHER, stack, api, open_streams)
        before = resident_mib(_pid(stack))
        for _ in range(0, _LISTENERS, _OPENED_TOGETHER):
            await _open(_OPENED_TOGETHER, stack, api, open_streams)
        each = (resident_mib(_pid(stack)) - before) * 1024 * 1.024 / _LISTENERS
        used, began = cpu_seconds(_pid(stack)), time.perf_counter()
        await asyncio.sleep(_SECONDS)
        share = 100 * (cpu_seconds(_pid(stack)) - used) / (time.perf_counter() - began)
    goal = f"<= {_LISTENER_KB} kB"
    return [
        Figure(
            NAME,
            f"memory of an idle listener, {_LISTENERS:,}",
            round(each, 1),
            "kB",
            goal=goal,
            holds=each <= _LISTENER_KB,
        ),
        Figure(NAME, f"{_LISTENERS:,} idle listeners", round(share, 1), "% of a core"),
    ]


async def _open(count: int, stack: LocalStack, api: Api, streams: AsyncExitStack) -> None:
    async with asyncio.TaskGroup() as opening:
        tasks = [opening.create_task(Listener.open(stack.url("gateway"), api.bearer)) for _ in range(count)]
    for task in tasks:
        streams.callback(task.result().close)


async def _uploaded(stack: LocalStack, api: Api) -> list[Figure]:
    """How far the gateway's memory rises above what it was, while a file passes through."""
    await _send(stack, api, megabytes=5)
    say(f"A file of {_UPLOAD_MB} MB")
    forget_peak(_pid(stack))
    before, began = resident_mib(_pid(stack)), time.perf_counter()
    await _send(stack, api, megabytes=_UPLOAD_MB)
    seconds = time.perf_counter() - began
    rise = peak_mib(_pid(stack)) - before
    return [
        Figure(
            NAME,
            f"rise of memory at its peak, {_UPLOAD_MB} MB",
            round(rise, 1),
            "MiB",
            goal=f"<= {_RISE_MIB} MiB",
            holds=rise <= _RISE_MIB,
        ),
        Figure(NAME, f"a file of {_UPLOAD_MB} MB through the gateway", round(_UPLOAD_MB / seconds), "MB/s"),
    ]


async def _send(stack: LocalStack, api: Api, *, megabytes: int) -> None:
    line = b"ada@example.com," + b"x" * 9_000 + b"," + b"y" * 982 + b"\n"

    async def body() -> AsyncGenerator[bytes]:
        yield b"email,company,note\n"
        for _ in range(megabytes):
            yield line * 100

    async with httpx.AsyncClient(base_url=stack.url("gateway"), timeout=600, trust_env=False) as client:
        sent = await client.post(
            "/v1/uploads", params={"filename": "large.csv"}, content=body(), headers=dict(api.bearer)
        )
    upload_id = sent.raise_for_status().json()["id"]
    await until(lambda: _removed(api, upload_id), what="The end of the upload", seconds=60)


async def _removed(api: Api, upload_id: str) -> bool:
    await api.remove_upload(UUID(upload_id))
    return True


def _pid(stack: LocalStack) -> int:
    pid = stack.processes["gateway"].pid
    assert pid is not None
    return pid
