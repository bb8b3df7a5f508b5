"""The reference of `rows`: nothing but asyncio and aiohttp, playing recorded calls back for leads of other companies.

`python -m benchmarks.loop` reads one JSON object from stdin: {base_url, first, rows, in_flight, tape}; it prints {"seconds",
"cpu_seconds", "peak_mib", "calls"}. No answer is parsed, nothing is checked, stored or said to anybody.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
import uvloop

from benchmarks.leads import renamed
from benchmarks.processes import peak_mib


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be sent."""

    url: str
    headers: dict[str, str]
    body: bytes


Row = list[list[Call]]
"""Rounds of calls that are made together."""


async def replay(rows: list[Row], *, in_flight: int) -> dict[str, float]:
    """Keep `in_flight` rows going until all are through."""
    waiting = iter(rows)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        began, began_cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(_work(session, waiting) for _ in range(in_flight)))
        return {
            "seconds": time.perf_counter() - began,
            "cpu_seconds": time.process_time() - began_cpu,
            "peak_mib": peak_mib(os.getpid()),
            "calls": sum(len(calls) for row in rows for calls in row),
        }


async def _work(session: aiohttp.ClientSession, waiting: Iterator[Row]) -> None:
    for row in waiting:
        for calls in row:
            await asyncio.gather(*(_send(session, call) for call in calls))


async def _send(session: aiohttp.ClientSession, call: Call) -> None:
    async with session.post(call.url, data=call.body, headers=call.headers) as response:
        await response.read()
        response.raise_for_status()


def rows_of(order: dict[str, Any]) -> list[Row]:
    """Every row's calls, made before the clock starts: row n has the recorded calls of row n modulo the tape's length."""
    tape, base_url = order["tape"], order["base_url"]

    def call(recorded: dict[str, Any], nth: int) -> Call:
        return Call(base_url + recorded["path"], recorded["headers"], renamed(recorded["body"].encode(), nth))

    return [
        [[call(recorded, nth) for recorded in calls] for calls in tape[nth % len(tape)]]
        for nth in range(order["first"], order["first"] + order["rows"])
    ]


def main() -> None:
    """Read the order, play, print."""
    order = orjson.loads(sys.stdin.buffer.read())
    rows = rows_of(order)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(orjson.dumps(runner.run(replay(rows, in_flight=order["in_flight"]))).decode())


if __name__ == "__main__":
    main()
