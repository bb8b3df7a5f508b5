"""Strangers' websites on this machine, and a resolver that leads our reader to them: only tests can hand it over."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.enrich.website.guard import SiteResolver

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Site:
    """One server for any number of hosts. `pages` maps `host/path` to the raw answer; `asked` says what was asked for."""

    ports: dict[int, int] = field(default_factory=dict[int, int])
    pages: dict[str, Answer] = field(default_factory=dict[str, Answer])
    asked: list[str] = field(default_factory=list[str])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def page(self, where: str, html: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self.pages[where] = answer(html.encode(), headers=headers)

    def sends(self, where: str, to: str, *, status: int = 302) -> None:
        self.pages[where] = answer(b"", status=status, headers={"Location": to})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                where = headers["host"] + head[0].split(" ")[1]
                self.asked.append(where)
                self.headers.append(headers)
                known = self.pages.get(where, answer(b"no such page", status=404))
                if isinstance(known, bytes):
                    writer.write(known)
                    await writer.drain()
                else:
                    await known(writer)
                    break
        writer.close()


def answer(body: bytes, *, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """A raw answer."""
    told = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1") + body


class LoopbackResolver(AbstractResolver):
    """Leads the named hosts to the test's server; any other is asked of the real guard, over the DNS of the test."""

    def __init__(self, site: Site, hosts: set[str], dns: Mapping[str, list[str]] | None = None) -> None:
        self.site = site
        self._hosts = hosts
        self._dns = dns or {}
        self._guard = SiteResolver(self._look_up)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if host not in self._hosts:
            return await self._guard.resolve(host, port, family)
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=self.site.ports[port], family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        await self._guard.close()

    async def _look_up(self, host: str, _port: int) -> list[str]:
        if host not in self._dns:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return self._dns[host]


@contextlib.asynccontextmanager
async def running_site(folder: Path) -> AsyncGenerator[Site]:
    """A site on free ports of the loopback; its certificate is one for `acme.example` and `localhost`."""
    site = Site()
    async with contextlib.AsyncExitStack() as stack:
        plain = await asyncio.start_server(site.serve, "127.0.0.1", 0)
        stack.callback(plain.close)
        site.ports[80] = plain.sockets[0].getsockname()[1]
        secure = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=_identity(folder))
        stack.callback(secure.close)
        site.ports[443] = secure.sockets[0].getsockname()[1]
        yield site


def trusting_the_site() -> ssl.SSLContext:
    """As a client that knows the site's authority."""
    return ssl.create_default_context(cadata=_authority()[0])


@functools.cache
def _authority() -> tuple[str, bytes]:
    """One self-signed certificate for everything, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sites of the tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("acme.example"), x509.DNSName("localhost")]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), secret


def _identity(folder: Path) -> ssl.SSLContext:
    certificate, secret = _authority()
    path = folder / "site.pem"
    path.write_bytes(certificate.encode() + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
