"""A restore onto the private servers of this machine: made whole beside what is there, then put in its place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from deploy.local.given import check_broker
from deploy.local.ports import base_from_environment
from deploy.local.postgres import start_postgres
from deploy.local.processes import end_leftovers
from deploy.local.state import State, default_path
from libs.cli.backups import broker
from libs.cli.backups.archive import Reading
from libs.cli.backups.filling import fill_databases, fill_storage, let_start
from libs.cli.backups.given import is_anything_stored, names_aside, not_empty, what_is_there
from libs.cli.backups.manifest import KEYS
from libs.cli.backups.places import BUSY, keys_as_text, keys_in
from libs.cli.console import say
from libs.cli.errors import CliError
from libs.cli.target import running_target
from libs.common.db import SERVICES
from libs.common.migrations import urls_from_environment

REPLACED = ("postgres", "rabbitmq", "storage", "secrets.env")
"""What belongs to a moment: the broker's messages are of another one, so that it begins empty."""
UNFINISHED = "restoring"


async def restore(backup: Reading, env: Mapping[str, str], *, aside: str | None) -> list[str]:
    """With `aside`, what is there is moved to `replaced-<aside>`. Until the last moment nothing of it is touched. Answers what
    was done, in lines. Raises CliError."""
    if running_target() is not None:
        raise CliError("Corofy is running: stop it with Ctrl-C first, then restore.")
    state = State.open(default_path())
    with state.lock("stack", held_message=BUSY):
        end_leftovers(state.run)
        outside = await _look_outside(env, replace=aside is not None)
        if aside is None:
            _check_empty(state)
        unfinished = state.path / UNFINISHED
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            names = names_aside(outside, aside=aside)
            told = await _make(backup, env, state=state, folder=unfinished, aside=names)
            kept = _put_in_place(state.path, unfinished, aside=aside)
            await let_start(_named_in(env))
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return [*told, *([f"What was there is kept in {kept}: remove it when you miss nothing."] if kept else [])]


def _check_empty(state: State) -> None:
    if (state.path / "postgres" / "PG_VERSION").exists() or any(state.storage.iterdir()):
        raise CliError(
            f"Corofy has data in {state.path}. Nothing was changed. Restore with --replace, which keeps them aside, or into"
            " another folder (COROFY_STATE_DIR names it)."
        )


async def _look_outside(env: Mapping[str, str], *, replace: bool) -> list[str]:
    """Servers that are named by URL besides the private ones. Answers the services with a schema there."""
    there = await what_is_there(_named_in(env))
    if there.kept and not replace:
        raise not_empty(f"{there.kept[0].upper()}_DATABASE_URL has its schema")
    is_new = not replace and not there.is_half_restored
    if is_new and (url := env.get("STORAGE_URL")) and await is_anything_stored(url):
        raise not_empty("there are files in the storage")
    if url := env.get("RABBITMQ_URL"):
        await check_broker(url)
        if not replace and (waiting := await broker.count_messages(url)):
            raise not_empty(f"{waiting:,} messages wait in RabbitMQ")
    return list(there.kept)


def _named_in(env: Mapping[str, str]) -> dict[str, str]:
    """The databases of services that have one elsewhere."""
    return {name: url for name in SERVICES if (url := env.get(f"{name.upper()}_DATABASE_URL"))}


async def _make(
    backup: Reading, env: Mapping[str, str], *, state: State, folder: Path, aside: Mapping[str, str]
) -> list[str]:
    """Everything in a folder of its own, on the port that it will have."""
    fresh = State.open(folder)
    keys = keys_in(backup.text(KEYS))
    opened = os.open(folder / "secrets.env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w") as out:
        out.write(keys_as_text(keys))
    # A backup of servers elsewhere has no passwords for private ones: they are made up.
    secrets = fresh.secrets()
    await fill_storage(backup, env.get("STORAGE_URL") or f"file://{fresh.storage}")
    say("Starting the private Postgres")
    port = state.ports(base=base_from_environment())["postgres"]
    server = await start_postgres(fresh, port=port, password=secrets["POSTGRES_PASSWORD"])
    urls = urls_from_environment({**env, "DATABASE_URL": server.url})
    try:
        told = await fill_databases(backup, urls, aside=aside)
        if url := env.get("RABBITMQ_URL"):
            await broker.empty(url)
        await let_start({name: url for name, url in urls.items() if url == server.url})
        return told
    finally:
        await server.stop()


def _put_in_place(folder: Path, unfinished: Path, *, aside: str | None) -> Path | None:
    """Renames only, all on one disk. Answers where what was there is."""
    kept = folder / f"replaced-{aside}"
    found = [name for name in REPLACED if (folder / name).exists()]
    if aside is not None and found:
        kept.mkdir(mode=0o711)
        for name in found:
            (folder / name).rename(kept / name)
    for name in REPLACED:
        if (unfinished / name).exists():
            _make_room(folder / name)
            (unfinished / name).rename(folder / name)
    return kept if aside is not None and found else None


def _make_room(path: Path) -> None:
    """What a first look at an empty folder has left: no data."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
