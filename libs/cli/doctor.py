"""`corofy doctor`: looks at everything a start needs, and says what to do about what is wrong."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.errors import StackError
from deploy.local.ports import OFFSETS, base_from_environment, is_free
from deploy.local.rabbitmq_programs import where_programs_would_come_from
from deploy.local.services import SERVICES, user_environment
from deploy.local.state import LEAST_FREE_BYTES, State, default_path
from libs.cli.console import result
from libs.cli.operator import Operator
from libs.cli.target import Target, running_target

LEAST_MEMORY_BYTES = 1_500_000_000
PROVIDERS = {
    "SERPER_API_KEY": "web search",
    "GROQ_API_KEY": "language model",
    "FIRECRAWL_API_KEY": "website reader",
    "SMTP_URL": "mail",
    "STRIPE_SECRET_KEY": "payments",
}
NOT_NEEDED = {
    "FIRECRAWL_API_KEY": "research does without companies' own pages",
    "STRIPE_SECRET_KEY": "nothing is sold, an operator grants credits",
}


@dataclass(frozen=True)
class Finding:
    """One line. `problem` findings make the command fail; `note` ones are for information."""

    subject: str
    text: str
    problem: bool = False


async def doctor() -> int:
    """0 when nothing is wrong, else 1."""
    problems = 0
    async for finding in _look():
        mark = "[red]✗[/]" if finding.problem else "[green]✓[/]"
        result(f"{mark} {finding.subject:<14} {finding.text}")
        problems += finding.problem
    result("[bold green]Nothing is wrong.[/]" if not problems else f"[red]{problems} to look at.[/]")
    return 1 if problems else 0


async def _look() -> AsyncIterator[Finding]:
    yield Finding("python", f"{platform.python_version()} on {platform.platform(terse=True)}")
    env = user_environment()
    try:
        folder = default_path()
    except StackError as error:
        yield Finding("state folder", str(error), problem=True)
        return
    yield _disk(folder)
    yield _memory()
    yield await _server("database", env.get("DATABASE_URL"), otherwise="private Postgres in the state folder")
    broker = where_programs_would_come_from(State(folder))
    yield await _server("broker", env.get("RABBITMQ_URL"), otherwise=broker or "", missing=broker is None)
    for finding in findings_of(env):
        yield finding
    target = running_target()
    if target is None:
        yield _ports(folder)
        yield Finding("services", "not running (./corofy up starts them)")
        return
    async for finding in _services(target):
        yield finding


def _disk(folder: Path) -> Finding:
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(nearest).free
    if not os.access(nearest, os.W_OK):
        return Finding("state folder", f"{nearest} cannot be written to: set COROFY_STATE_DIR", problem=True)
    return Finding("state folder", f"{folder}, {free / 1e9:.1f} GB free", problem=free < LEAST_FREE_BYTES)


def _memory() -> Finding:
    lines = Path("/proc/meminfo")
    if not lines.exists():
        return Finding("memory", "unknown")
    available = next(int(line.split()[1]) * 1024 for line in lines.read_text().splitlines() if "MemAvailable" in line)
    short = available < LEAST_MEMORY_BYTES
    advice = f"; the whole stack wants {LEAST_MEMORY_BYTES / 1e9:.1f} GB" if short else ""
    return Finding("memory", f"{available / 1e9:.1f} GB available{advice}", problem=short)


async def _server(subject: str, url: str | None, *, otherwise: str, missing: bool = False) -> Finding:
    if not url:
        nothing = "no RabbitMQ, and no apt to fetch it with: install it, or set RABBITMQ_URL"
        return Finding(subject, nothing if missing else otherwise, problem=missing)
    address = urlsplit(url)
    where = f"{address.hostname}:{address.port or (5432 if subject == 'database' else 5672)}"
    try:
        connecting = asyncio.open_connection(address.hostname, address.port or int(where.rpartition(":")[2]))
        _, writer = await asyncio.wait_for(connecting, timeout=5)
        writer.close()
    except (OSError, TimeoutError):
        return Finding(subject, f"{where} does not answer: start that server or unset its URL", problem=True)
    return Finding(subject, f"{where} answers")


def findings_of(env: Mapping[str, str]) -> list[Finding]:
    """What the configuration says: which provider is real, and what would keep the services from starting."""
    findings = [_provider(name, env) for name in PROVIDERS]
    if env.get("REDIS_URL"):
        findings.append(Finding("configuration", "REDIS_URL is retired: unset it, nothing reads it", problem=True))
    return findings


def _provider(name: str, env: Mapping[str, str]) -> Finding:
    what = PROVIDERS[name]
    if env.get(name):
        return Finding("providers", f"{what}: real")
    if env.get("ENV") != "production":
        return Finding("providers", f"{what}: sandbox ({name} is not set)")
    if name in NOT_NEEDED:
        return Finding("providers", f"{what}: none ({name} is not set): {NOT_NEEDED[name]}")
    return Finding("providers", f"{what}: none, and ENV=production refuses the sandbox: set {name}", problem=True)


def _ports(folder: Path) -> Finding:
    base = base_from_environment()
    if base is None and not (folder / "ports.json").exists():
        return Finding("ports", "chosen at the first start")
    ports = State(folder).ports(base=base)
    taken = [f"{ports[name]} ({name})" for name in OFFSETS if not is_free(ports[name])]
    if taken:
        return Finding("ports", f"taken by another program: {', '.join(taken)}; set COROFY_PORT_BASE", problem=True)
    return Finding("ports", f"from {ports.base}, all free")


async def _services(target: Target) -> AsyncIterator[Finding]:
    async with Operator(target) as operator:
        for name in (*(name for name in SERVICES if name in target.urls), *(["sandbox"] if target.sandboxed else [])):
            ready, why = await operator.ready(name)
            text = f"ready at {target.urls[name]}" if ready else f"{why}: ./corofy logs {name} says more"
            yield Finding(name, text, problem=not ready)
