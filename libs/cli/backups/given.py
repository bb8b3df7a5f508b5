"""A restore onto servers that the person names by URL: production, or one's own on one machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deploy.local.given import check_broker, check_database
from libs.cli.backups import broker, databases
from libs.cli.backups.archive import Reading
from libs.cli.backups.filling import fill_databases, fill_storage, let_start
from libs.cli.errors import CliError
from libs.common.migrations import urls_from_environment
from libs.common.storage import Storage

_RUNS = """
    SELECT application_name FROM pg_stat_activity
    WHERE application_name LIKE 'corofy-%' AND datname = current_database() LIMIT 1
    """


async def restore(backup: Reading, env: Mapping[str, str], *, aside: str | None) -> list[str]:
    """With `aside`, schemas that are there are renamed to `<service>_before_<aside>`, waiting messages are dropped, and files
    of the same names written over. Answers what was done, in lines. Raises CliError."""
    for name in ("STORAGE_URL", "RABBITMQ_URL"):
        if not env.get(name):
            raise CliError(f"DATABASE_URL is set and {name} is not: set it to what the services have, too.")
    urls = urls_from_environment(env)
    there = await what_is_there(urls)
    if there.kept and aside is None:
        raise not_empty(f"the database has a schema {there.kept[0]}")
    await check_broker(env["RABBITMQ_URL"])
    waiting = await broker.count_messages(env["RABBITMQ_URL"])
    if waiting and aside is None:
        raise not_empty(f"{waiting:,} messages wait in RabbitMQ")
    if aside is None and not there.is_half_restored and await is_anything_stored(env["STORAGE_URL"]):
        raise not_empty("there are files in the storage")
    await fill_storage(backup, env["STORAGE_URL"])
    names = names_aside(there.kept, aside=aside)
    told = await fill_databases(backup, urls, aside=names)
    # Last: who goes on with what was there, because this came to nothing, needs its messages.
    await broker.empty(env["RABBITMQ_URL"])
    await let_start(urls)
    renamed = [
        f"What was there is kept in the schema {name}: drop it when you miss nothing." for name in names.values()
    ]
    return [*told, *renamed]


def names_aside(kept: Iterable[str], *, aside: str | None) -> dict[str, str]:
    """Under which names schemas that are there are kept."""
    return {service: f"{service}_before_{aside}" for service in kept}


@dataclass(frozen=True)
class There:
    """`kept` are the services whose schemas hold something. `is_half_restored`: a restore was broken off here, whose schemas and
    files are nothing to be kept."""

    kept: Sequence[str]
    is_half_restored: bool


async def what_is_there(urls: Mapping[str, str]) -> There:
    """Raises CliError while services are connected there."""
    found: list[str] = []
    is_half_restored = False
    for service, url in urls.items():
        await check_database(url, named_by=f"DATABASE_URL (or {service.upper()}_DATABASE_URL)")
        async with databases.connected(url) as connection:
            if running := await connection.fetchval(_RUNS):
                raise CliError(f"Services are connected to this database ({running}): stop all of them, then restore.")
            if await databases.is_half_restored(connection, service):
                is_half_restored = True
            elif await connection.fetchval("SELECT 1 FROM pg_tables WHERE schemaname = $1 LIMIT 1", service):
                found.append(service)
    return There(found, is_half_restored)


async def is_anything_stored(url: str) -> bool:
    """Whether there is any object."""
    async for _ in Storage.from_url(url).keys():
        return True
    return False


def not_empty(what: str) -> CliError:
    """The refusal to write over something."""
    return CliError(
        f"This installation is not empty: {what}. Nothing was changed. Restore into an empty one, or with --replace, which"
        " keeps its schemas under other names."
    )
