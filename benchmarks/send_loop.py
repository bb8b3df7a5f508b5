"""The reference of `send`: nothing but asyncio and aiosmtplib, handing one letter over again and again.

`python -m benchmarks.send_loop` reads one JSON object from stdin: {host, port, connections, mails, letter}; it prints
{"seconds", "cpu_seconds", "peak_mib"}. Nothing is decided, rendered or stored.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator

import aiosmtplib
import orjson
import uvloop

from benchmarks.processes import peak_mib

_SENDER = "loop@bench.example"


async def hand_over(*, host: str, port: int, connections: int, mails: int, letter: bytes) -> dict[str, float]:
    """Keep the connections busy until all mails are accepted. Each has one recipient of its own."""
    waiting = iter(range(mails))
    began, began_cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_keep_sending(host, port, waiting, letter) for _ in range(connections)))
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - began_cpu,
        "peak_mib": peak_mib(os.getpid()),
    }


async def _keep_sending(host: str, port: int, waiting: Iterator[int], letter: bytes) -> None:
    async with aiosmtplib.SMTP(hostname=host, port=port, start_tls=False, use_tls=False) as smtp:
        for nth in waiting:
            await smtp.sendmail(_SENDER, [f"loop-{nth}@bench.example"], letter)


def main() -> None:
    """Read the order, send, print."""
    order = orjson.loads(sys.stdin.buffer.read())
    order["letter"] = order["letter"].encode()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(orjson.dumps(runner.run(hand_over(**order))).decode())


if __name__ == "__main__":
    main()
