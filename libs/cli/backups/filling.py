"""Fills databases and a storage from a backup, and tells the services what happened to them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.state import CHECKOUT
from libs.cli.backups import databases
from libs.cli.backups.archive import Reading
from libs.cli.backups.manifest import OBJECTS, Schema, dump_name
from libs.cli.console import say
from libs.cli.errors import CliError
from libs.common.migrations import upgrade_all
from libs.common.restoring import take_up_again
from libs.common.settings import normalise_database_url
from libs.common.storage import Storage
from libs.common.tables import common_tables, service_metadata

TOLD = ("gateway", "billing", "sender")
"""Services that have more to do than all: those that mail, and those that buy."""


async def fill_databases(
    backup: Reading, urls: Mapping[str, str], *, aside: Mapping[str, str] | None = None
) -> list[str]:
    """Services' schemas, one transaction for each server; then up to the newest version, and told. Answers what the services
    have done. They do not start before `let_start`. Safe to repeat from the start. Raises CliError."""
    for url, services in _by_url(urls).items():
        say(f"Filling the database of {', '.join(services)}")
        await databases.load(url, {name: backup.pieces(dump_name(name)) for name in services}, aside=aside or {})
    for service, url in urls.items():
        await _check_rows(url, service, backup.manifest.schemas[service])
    say("Bringing the schemas to the newest version")
    await upgrade_all(urls)
    told = [await _tell(service, urls[service], moment=backup.manifest.made_at) for service in TOLD]
    waiting = sum([await _take_up_again(service, url) for service, url in urls.items()])
    return [*told, f"{waiting:,} events are published again: the broker that had them is gone."]


async def let_start(urls: Mapping[str, str]) -> None:
    """The restore is at its end."""
    for url, services in _by_url(urls).items():
        await databases.end_restore(url, services)


def _by_url(urls: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for service, url in urls.items():
        found[url].append(service)
    return found


async def fill_storage(backup: Reading, url: str) -> None:
    """The stored files. One that is there already is written over with what it was."""
    storage, names = Storage.from_url(url), backup.manifest.objects
    say(f"Writing {len(names):,} stored files")
    for name in names:
        async with storage.writer(name.removeprefix(OBJECTS)) as writer:
            for piece in backup.pieces(name):
                await writer.write(piece)


async def _check_rows(url: str, service: str, wanted: Schema) -> None:
    async with databases.connected(url) as connection:
        found = await databases.describe(connection, service)
    if found != wanted:
        raise CliError(f"The database of {service} has other rows than its backup: do not start it; restore again.")


async def _take_up_again(service: str, url: str) -> int:
    engine = create_async_engine(normalise_database_url(url), poolclass=pool.NullPool)
    try:
        async with engine.begin() as conn:
            return await take_up_again(conn, common_tables(service_metadata(service)))
    finally:
        await engine.dispose()


async def _tell(service: str, url: str, *, moment: datetime) -> str:
    """The service's own work, in a process of its own: what services stand on imports none of them."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{service}.restored", moment.isoformat()),
        env={**os.environ, f"{service.upper()}_DATABASE_URL": url},
        cwd=CHECKOUT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        answer, said = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        last = (said.decode(errors="replace").strip().splitlines() or ["nothing was said why"])[-1]
        raise CliError(f"{service} could not be told that it was restored ({last}): do not start it; restore again.")
    return answer.decode().strip()
