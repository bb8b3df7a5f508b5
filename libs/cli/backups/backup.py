"""`corofy backup FILE`: every schema as of one moment, the storage, and the keys, in one file."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from deploy.local.given import check_database
from deploy.local.services import user_environment
from libs.cli.backups import databases
from libs.cli.backups.archive import Writing, check_new, writing
from libs.cli.backups.databases import Frozen
from libs.cli.backups.manifest import KEYS, OBJECTS, Manifest, Schema, dump_name
from libs.cli.backups.places import KEY_NAMES, Places, keys_as_text, places
from libs.cli.console import result, say
from libs.cli.errors import CliError
from libs.cli.journey import size_of
from libs.common.storage import ObjectMissing, Storage

SAID_EVERY = 1000
"""Objects."""


async def backup(file: Path) -> None:
    """While Corofy runs or is stopped; a file of that name is never overwritten. Raises CliError, and leaves nothing then."""
    check_new(file)
    async with places(user_environment()) as found:
        with writing(file) as out:
            manifest = await _write(out, found)
    rows = sum(sum(schema.rows.values()) for schema in manifest.schemas.values())
    result(f"[bold]{file}[/]: {size_of(file)}, {rows:,} rows and {len(manifest.objects):,} stored files.")
    result(f"Everything is as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC.")
    result(
        "It holds the keys of this installation: whoever has the file has everything. Keep it where nobody else reads."
    )
    if missing := [name for name in KEY_NAMES if name not in found.keys]:
        result(f"[yellow]Not in it:[/] {', '.join(missing)}, which is not set here. Keep what the services have, too.")


async def _write(out: Writing, found: Places) -> Manifest:
    async with AsyncExitStack() as held:
        moments: dict[str, Frozen] = {}
        for service, url in found.urls.items():
            if url not in moments:
                await check_database(url, named_by=f"DATABASE_URL (or {service.upper()}_DATABASE_URL)")
                moments[url] = await held.enter_async_context(databases.frozen(url))
        schemas = {service: await _schema(moments[url], service) for service, url in found.urls.items()}
        for service, url in found.urls.items():
            say(f"Writing the database of {service} ({sum(schemas[service].rows.values()):,} rows)")
            with out.part(dump_name(service)) as write:
                await databases.dump(url, service, snapshot=moments[url].snapshot, write=write)
        made_at = min(moment.at for moment in moments.values())
    await _write_objects(out, found.storage_url)
    with out.part(KEYS) as write:
        write(keys_as_text(found.keys).encode())
    return out.finish(_manifest(schemas, made_at=made_at))


def _manifest(schemas: dict[str, Schema], *, made_at: datetime) -> Manifest:
    # Imported here: it brings all that services stand on.
    from libs.common.app import VERSION

    return Manifest(corofy=VERSION, made_at=made_at, schemas=schemas)


async def _schema(moment: Frozen, service: str) -> Schema:
    if await databases.is_half_restored(moment.connection, service):
        raise CliError(f"A restore of {service} was broken off here: run it again before a backup is made.")
    found = await databases.describe(moment.connection, service)
    if found is None:
        raise CliError(f"The database of {service} holds nothing of Corofy's: it was never started there.")
    return found


async def _write_objects(out: Writing, url: str) -> None:
    """After the databases: what they name was there at their moment, and what came since is too much at worst."""
    storage, count = Storage.from_url(url), 0
    say("Writing the stored files")
    async for key in storage.keys():
        pieces = storage.stream(key)
        try:
            first = await anext(pieces, b"")
        except ObjectMissing:
            # Deleted since it was listed, with the rows that name it.
            continue
        with out.part(OBJECTS + key) as write:
            write(first)
            async for piece in pieces:
                write(piece)
        count += 1
        if count % SAID_EVERY == 0:
            say(f"{count:,} of them")
