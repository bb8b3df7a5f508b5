"""Migrations: one Alembic history per service, in the service's own schema. `python -m libs.common.migrations` runs them."""

import argparse
import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

import sqlalchemy as sa
from alembic import command, context, op
from alembic.config import Config
from sqlalchemy import Connection, MetaData, pool
from sqlalchemy.ext.asyncio import create_async_engine

from libs.common.db import SERVICES
from libs.common.settings import normalise_database_url
from libs.common.tables import common_tables, service_metadata

_ROOT = Path(__file__).resolve().parents[2]
_LOCK_KEY = 0x636F726F6679


def _config(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_ROOT / "services" / service / "migrations"))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes["service"] = service
    return config


def run_env(metadata: MetaData) -> None:
    """The body of every service's `migrations/env.py`: run in the connection we are handed, in the service's schema only."""
    schema = metadata.schema

    def only_ours(name: str | None, kind: str, _parents: object) -> bool:
        return name == schema if kind == "schema" else True

    context.configure(
        connection=cast("Connection", context.config.attributes["connection"]),
        target_metadata=metadata,
        include_schemas=True,
        include_name=only_ours,
        version_table_schema=schema,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def create_common_tables(schema: str) -> None:
    """For a service's first migration: outbox, inbox, dead letters and schedules as they were at version 1."""
    _at_version_1(schema).create_all(op.get_bind())


def drop_common_tables(schema: str) -> None:
    """The way back of `create_common_tables`."""
    _at_version_1(schema).drop_all(op.get_bind())


def _at_version_1(schema: str) -> sa.MetaData:
    metadata = service_metadata(schema)
    metadata.remove(common_tables(metadata).deleted_workspaces)
    return metadata


Action = Literal["upgrade", "check", "revision", "downgrade"]


async def _run(service: str, url: str, action: Action, *, message: str = "", to: str = "base") -> None:
    engine = create_async_engine(normalise_database_url(url), poolclass=pool.NullPool)
    config = _config(service)

    def work(connection: Connection) -> None:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        connection.execute(sa.schema.CreateSchema(service, if_not_exists=True))
        config.attributes["connection"] = connection
        if action == "upgrade":
            command.upgrade(config, "head")
        elif action == "downgrade":
            command.downgrade(config, to)
        elif action == "check":
            command.check(config)
        else:
            command.revision(config, message=message, autogenerate=True)

    try:
        async with engine.begin() as conn:
            await conn.run_sync(work)
    finally:
        await engine.dispose()


async def upgrade(service: str, url: str) -> None:
    """Bring one service's schema to the newest version; two runners at once wait for each other."""
    await _run(service, url, "upgrade")


async def upgrade_all(urls: Mapping[str, str]) -> None:
    """Bring every service's schema (service → database URL) to the newest version."""
    for service, url in urls.items():
        await upgrade(service, url)


async def check(service: str, url: str) -> None:
    """Raise when the tables in code and the migrated schema differ."""
    await _run(service, url, "check")


async def downgrade(service: str, url: str, *, to: str = "base") -> None:
    """Take one service's schema back to nothing, or to a revision. For tests of the way back."""
    await _run(service, url, "downgrade", to=to)


def urls_from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`<SERVICE>_DATABASE_URL`, else `DATABASE_URL`, for every service. A name set to nothing counts as not set."""
    shared = environ.get("DATABASE_URL", "")
    return {name: environ.get(f"{name.upper()}_DATABASE_URL") or shared for name in SERVICES}


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("upgrade", "check", "revision"))
    parser.add_argument("service", nargs="?", choices=SERVICES)
    parser.add_argument("-m", "--message", default="")
    args = parser.parse_args()
    urls = urls_from_environment(os.environ)
    for service in [args.service] if args.service else SERVICES:
        asyncio.run(_run(service, urls[service], args.action, message=args.message))


if __name__ == "__main__":
    _main()
