"""The connections to one provider: opened when a call needs one, kept for the next, closed with everything else."""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, cast

import aiohappyeyeballs
from yarl import URL

from services.enrich.clients.connection import Connection, Reply

_CONNECT_S = 5.0
_KEEPALIVE_S = 4.0
"""Below what servers grant an idle connection: one that they close while we write to it costs a try."""
_ADDRESSES_S = 10.0
_ATTEMPT_S = 0.25
"""Between two addresses of a host (RFC 8305): one that does not answer holds up nobody."""
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


class Place(NamedTuple):
    """Where connections lead."""

    host: str
    port: int
    is_secure: bool


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests of one kind go; `head` is all that stands before the length of their bodies, key included."""

    address: str
    place: Place = field(repr=False)
    head: bytes = field(repr=False)

    def __str__(self) -> str:
        return self.address

    @classmethod
    def of(cls, url: URL, headers: Mapping[str, str], *, method: str = "POST") -> "Target":
        """Raises ValueError when a header could be taken for more than one."""
        if any(control in f"{name}{value}" for name, value in headers.items() for control in "\r\n\0"):
            raise ValueError("a header of a request holds a line break")
        place = Place(url.host or "", url.port or 0, url.scheme == "https")
        sent = {name: value for name, value in headers.items() if name.lower() not in _OURS}
        ours = {"Host": url.host_port_subcomponent or "", "Accept-Encoding": "gzip, deflate"}
        lines = (f"{name}: {value}" for name, value in (ours | sent).items())
        head = "\r\n".join((f"{method} {url.raw_path_qs} HTTP/1.1", *lines, "Content-Length: "))
        return cls(str(url), place, head.encode())


class Connections:
    """As many at a time as calls are in flight; `read_s` is what a whole call may take."""

    def __init__(self, *, concurrency: int, read_s: float) -> None:
        self._read_s = read_s
        self._room = asyncio.Semaphore(concurrency)
        self._idle: dict[Place, deque[tuple[float, Connection]]] = {}
        self._all: set[Connection] = set()
        self._addresses: dict[Place, asyncio.Task[list[Any]]] = {}

    async def exchange(self, target: Target, body: bytes) -> Reply:
        """The answer, read. A call that is called off closes its connection.

        Raises TimeoutError, OSError, and what `Connection.exchange` raises.
        """
        request = b"%b%d\r\n\r\n%b" % (target.head, len(body), body)
        until = asyncio.get_running_loop().time() + self._read_s
        await self._enter(until)
        try:
            connection = self._kept(target.place) or await self._open(target.place, until)
            reply = await connection.exchange(request, until=until)
            self._keep(target.place, connection)
        finally:
            self._room.release()
        return reply

    async def close(self) -> None:
        """Close all connections, and wait until they are gone."""
        for looking in self._addresses.values():
            looking.cancel()
        open_yet = list(self._all)
        for connection in open_yet:
            connection.abort()
        for connection in open_yet:
            await connection.lost.wait()

    async def _enter(self, until: float) -> None:
        """Wait for room. There mostly is some, and no time limit is needed: one costs a tenth of a call."""
        if not self._room.locked():
            await self._room.acquire()
            return
        async with asyncio.timeout_at(until):
            await self._room.acquire()

    def _kept(self, place: Place) -> Connection | None:
        """The one that was used last."""
        idle, now = self._idle.get(place), asyncio.get_running_loop().time()
        while idle:
            until, connection = idle.pop()
            if connection.is_open and until > now:
                return connection
            connection.abort()
        return None

    def _keep(self, place: Place, connection: Connection) -> None:
        """For the next call; those that nobody has used for long are closed meanwhile."""
        if not connection.is_open:
            connection.abort()
            return
        idle, now = self._idle.setdefault(place, deque()), asyncio.get_running_loop().time()
        idle.append((now + _KEEPALIVE_S, connection))
        while idle[0][0] < now:
            idle.popleft()[1].abort()

    async def _open(self, place: Place, until: float) -> Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout_at(min(until, loop.time() + _CONNECT_S)):
            addresses = await self._look_up(place)
            sock = await aiohappyeyeballs.start_connection(addresses, happy_eyeballs_delay=_ATTEMPT_S)
            secured = {"ssl": system_authorities(), "server_hostname": place.host} if place.is_secure else {}
            try:
                _, connection = await loop.create_connection(
                    lambda: Connection(self._all), sock=sock, **cast("dict[str, Any]", secured)
                )
            except BaseException:
                sock.close()
                raise
        return connection

    async def _look_up(self, place: Place) -> list[Any]:
        """The addresses of a host, looked up once for all that connect at the same time or soon after."""
        looking = self._addresses.get(place)
        if looking is None:
            looking = self._addresses[place] = asyncio.create_task(_addresses_of(place))
            looking.add_done_callback(lambda done: self._forget(place, done))
        return await asyncio.shield(looking)

    def _forget(self, place: Place, looked: "asyncio.Task[list[Any]]") -> None:
        if looked.cancelled() or looked.exception() is not None:
            self._addresses.pop(place, None)
        else:
            looked.get_loop().call_later(_ADDRESSES_S, self._addresses.pop, place, None)


async def _addresses_of(place: Place) -> list[Any]:
    loop = asyncio.get_running_loop()
    return await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)


@cache
def system_authorities() -> ssl.SSLContext:
    """Whom connections trust: the system's authorities, or those that SSL_CERT_FILE names."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
