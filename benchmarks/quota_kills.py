"""Whether a day's quota holds while sending processes are killed: the inbox's own log is the judge."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import text

from benchmarks.figures import Figure
from benchmarks.quota_kills_tenant import Tenant, open_tenant
from deploy.local.ports import ports_of
from deploy.local.postgres import start_postgres
from deploy.local.state import State
from libs.cli.console import say
from libs.common import migrations
from libs.common.db import make_engine
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.sender.tables import COMMON

NAME = "quota-kills"

QUOTA = int(os.environ.get("BENCH_QUOTA", "400"))
LEADS = int(os.environ.get("BENCH_LEADS", "5000"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "20"))
KILLS = int(os.environ.get("BENCH_KILLS", "100"))
_LATENCY_S = (0.02, 0.3)
_LOOK_S = 0.5
_PATIENCE_S = 900
_STATES = text("SELECT state, count(*) AS emails FROM sender.emails GROUP BY 1")
_SLOTS = text("SELECT count(*) FROM sender.slots WHERE state IN ('assigned', 'free')")


@dataclass
class Inbox:
    """An aiosmtpd handler that takes its time, and notes whom it accepted mail for, and when."""

    accepted: list[tuple[str, datetime]] = field(default_factory=list[tuple[str, datetime]])
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Accept."""
        await asyncio.sleep(random.uniform(*_LATENCY_S))
        self.accepted += [(address, datetime.now(UTC)) for address in envelope.rcpt_tos]
        self.heard.set()
        return "250 2.0.0 queued"


@dataclass
class Crew:
    """The sending processes. Each that is killed has a successor."""

    command: tuple[str, ...]
    running: list[asyncio.subprocess.Process] = field(default_factory=list[asyncio.subprocess.Process])
    kills: int = 0

    async def hire(self) -> None:
        """One more."""
        self.running.append(await asyncio.create_subprocess_exec(*self.command, start_new_session=True))

    async def kill(self) -> None:
        """One, whatever it is at."""
        victim = self.running.pop(random.randrange(len(self.running)))
        victim.kill()
        await victim.wait()
        self.kills += 1
        await self.hire()

    async def dismiss(self) -> None:
        """All of them."""
        for process in self.running:
            process.kill()
            await process.wait()


async def run() -> list[Figure]:
    """A private server with fsync on, one workspace, and half of its leads in a zone where it is evening."""
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        state = State.open(folder / "state")
        postgres = await start_postgres(state, port=ports_of(state.path)["postgres"], password=new_id().hex, fsync=True)
        try:
            return await _measure(postgres.url)
        finally:
            await postgres.stop()


async def _measure(url: str) -> list[Figure]:
    await migrations.upgrade("sender", url)
    engine = make_engine(normalise_database_url(url), pool_size=4, service="sender")
    open_uow = UnitOfWorkFactory(engine, COMMON)
    inbox = Inbox()
    try:
        tenant = await open_tenant(open_uow, leads=LEADS, quota=QUOTA, now=datetime.now(UTC))
        async with _listening(inbox) as port:
            crew = Crew(_worker(url, port, tenant.mailbox_id))
            say(f"{WORKERS} processes send {QUOTA} of {LEADS:,} mails; {KILLS} are killed meanwhile")
            try:
                for _ in range(WORKERS):
                    await crew.hire()
                async with asyncio.timeout(_PATIENCE_S):
                    await _until_done(open_uow, tenant, inbox, crew)
            finally:
                await crew.dismiss()
        async with open_uow() as uow:
            states = {row.state: row.emails for row in await uow.conn.execute(_STATES)}
    finally:
        await engine.dispose()
    return figures_of(inbox.accepted, unknown=states.get("unknown", 0), tenant=tenant, kills=crew.kills)


def _worker(url: str, port: int, mailbox_id: UUID) -> tuple[str, ...]:
    return (sys.executable, "-m", "benchmarks.quota_kills_worker", url, str(port), str(mailbox_id))


async def _until_done(open_uow: UnitOfWorkFactory, tenant: Tenant, inbox: Inbox, crew: Crew) -> None:
    """Plan and resolve, as the clock does; kill after every few mails, so that the kills are spread over the sending."""
    killing = asyncio.create_task(_keep_killing(inbox, crew))
    try:
        while True:
            await tenant.tick(open_uow)
            async with open_uow() as uow:
                states = {row.state for row in await uow.conn.execute(_STATES)}
                waiting = (await uow.conn.execute(_SLOTS)).scalar_one()
            if not waiting and not states & {"claimed", "sending"}:
                return
            await asyncio.sleep(_LOOK_S)
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)


async def _keep_killing(inbox: Inbox, crew: Crew) -> None:
    every = max(QUOTA // (KILLS + KILLS // 4), 1)
    while crew.kills < KILLS:
        inbox.heard.clear()
        await inbox.heard.wait()
        while crew.kills < min(len(inbox.accepted) // every, KILLS):
            await asyncio.sleep(random.uniform(0, 0.05))
            await crew.kill()


@contextlib.asynccontextmanager
async def _listening(inbox: Inbox) -> AsyncGenerator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, hostname="inbox.example", loop=loop), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def figures_of(accepted: list[tuple[str, datetime]], *, unknown: int, tenant: Tenant, kills: int) -> list[Figure]:
    """Of what the inbox accepted. `unknown` may have been accepted or not."""
    times = Counter(address for address, _ in accepted)
    twice = sum(count - 1 for count in times.values())
    late = sum(not _at_work(tenant.zone_of(address), at) for address, at in accepted)
    over, missing = max(len(accepted) - QUOTA, 0), max(QUOTA - unknown - len(accepted), 0)
    return [
        Figure(NAME, "processes killed", kills, "", goal=f"= {KILLS}", holds=kills == KILLS),
        Figure(NAME, "mails accepted", len(accepted), "", "the quota", round(len(accepted) / QUOTA, 4)),
        Figure(NAME, "of which nobody knows the outcome", unknown, ""),
        Figure(NAME, "over the quota", over, "", goal="= 0", holds=over == 0),
        Figure(NAME, "missing, unknowns apart", missing, "", goal="= 0", holds=missing == 0),
        Figure(NAME, "duplicates", twice, "", goal="= 0", holds=twice == 0),
        Figure(NAME, "outside hours", late, "", goal="= 0", holds=late == 0),
    ]


def _at_work(zone: str, at: datetime) -> bool:
    return 9 <= at.astimezone(ZoneInfo(zone)).hour < 17
