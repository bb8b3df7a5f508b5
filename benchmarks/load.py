"""A cheap HTTP/1.1 client that keeps a number of connections busy for some seconds.

`python -m benchmarks.load` reads one JSON object from stdin: {host, port, connections, seconds, requests}, where
requests are whole requests as text; it prints {"answered", "failed", "seconds"}.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import cast

import orjson
import uvloop


@dataclass(slots=True)
class Tally:
    """What was answered so far, and when to stop."""

    requests: list[bytes]
    until: float
    sent: int = 0
    answered: int = 0
    failed: int = 0

    def next(self) -> bytes:
        """The next request, round robin."""
        self.sent += 1
        return self.requests[self.sent % len(self.requests)]


class Connection(asyncio.Protocol):
    """One keep-alive connection: a request, its whole answer, the next request."""

    def __init__(self, tally: Tally, done: asyncio.Event) -> None:
        self._tally = tally
        self._done = done
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports only look like one
        self._transport.write(self._tally.next())

    def data_received(self, data: bytes) -> None:
        """Count an answer once all of it has come."""
        buffer = self._buffer + data if self._buffer else data
        end = buffer.find(b"\r\n\r\n")
        at = buffer.find(b"content-length: ", 0, end) + 16
        if end < 0 or len(buffer) < end + 4 + int(buffer[at : buffer.find(b"\r\n", at)]):
            self._buffer = buffer
            return
        self._buffer = b""
        if buffer[9:12] == b"200":
            self._tally.answered += 1
        else:
            self._tally.failed += 1
        assert self._transport is not None
        if time.perf_counter() < self._tally.until:
            self._transport.write(self._tally.next())
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that this connection is through."""
        if exc is not None:
            self._tally.failed += 1
        self._done.set()


async def drive(*, host: str, port: int, connections: int, seconds: float, requests: list[bytes]) -> dict[str, float]:
    """Keep the connections busy and count."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    tally = Tally(requests, until=began + seconds)
    ends = [asyncio.Event() for _ in range(connections)]
    await asyncio.gather(*(loop.create_connection(lambda end=end: Connection(tally, end), host, port) for end in ends))
    await asyncio.gather(*(end.wait() for end in ends))
    return {"answered": tally.answered, "failed": tally.failed, "seconds": time.perf_counter() - began}


def main() -> None:
    """Read the order, drive, print."""
    order = orjson.loads(sys.stdin.buffer.read())
    order["requests"] = [text.encode() for text in order["requests"]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(orjson.dumps(runner.run(drive(**order))).decode())


if __name__ == "__main__":
    main()
