"""Where this installation keeps what a backup holds: databases, storage, and the keys that open them."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import run_file
from deploy.local.ports import base_from_environment
from deploy.local.postgres import start_postgres
from deploy.local.processes import end_leftovers
from deploy.local.services import SERVICES
from deploy.local.state import SECRET_NAMES, State, default_path
from libs.cli.console import say
from libs.cli.errors import CliError
from libs.common.migrations import urls_from_environment

KEY_NAMES = ("INTERNAL_SECRET", "AUTH_SECRET", "ENCRYPTION_KEYS")
"""What a person may have configured of it. The others belong to the private servers and the sandbox of one machine."""
BUSY = "Corofy is starting, stopping or being restored here: wait a moment, then try again."


@dataclass(frozen=True)
class Places:
    """A database URL for each service, the storage, and the keys by their variables' names."""

    urls: dict[str, str]
    storage_url: str
    keys: dict[str, str]


def databases_are_given(env: Mapping[str, str]) -> bool:
    """Whether the environment names a database for every service, so that the private server is not asked."""
    return bool(env.get("DATABASE_URL")) or all(env.get(f"{service.upper()}_DATABASE_URL") for service in SERVICES)


def storage_url_of(env: Mapping[str, str], *, folder: Path) -> str:
    """What STORAGE_URL says, else the folder of this machine."""
    return env.get("STORAGE_URL") or f"file://{folder / 'storage'}"


@asynccontextmanager
async def places(env: Mapping[str, str]) -> AsyncGenerator[Places]:
    """Those of the running Corofy, or of the one that is stopped here: its private Postgres runs for as long as this is open.

    Raises CliError where there is nothing.
    """
    if databases_are_given(env):
        if not env.get("STORAGE_URL"):
            raise CliError("DATABASE_URL is set and STORAGE_URL is not: set it to what the services have, too.")
        yield Places(urls_from_environment(env), env["STORAGE_URL"], _given_keys(env))
        return
    folder = default_path()
    told = run_file.running(folder)
    if told is None and not (folder / "postgres" / "PG_VERSION").exists():
        raise CliError(f"There is nothing to back up in {folder}: Corofy was never started here.")
    state = State.open(folder)
    keys = {**state.secrets(), **_given_keys(env)}
    storage = storage_url_of(env, folder=folder)
    if told is not None:
        yield Places(urls_from_environment({**env, "DATABASE_URL": told.database_url}), storage, keys)
        return
    with state.lock("stack", held_message=BUSY):
        end_leftovers(state.run)
        say("Starting the private Postgres")
        port = state.ports(base=base_from_environment())["postgres"]
        server = await start_postgres(state, port=port, password=keys["POSTGRES_PASSWORD"])
        try:
            yield Places(urls_from_environment({**env, "DATABASE_URL": server.url}), storage, keys)
        finally:
            await server.stop()


def _given_keys(env: Mapping[str, str]) -> dict[str, str]:
    return {name: env[name] for name in KEY_NAMES if env.get(name)}


def keys_as_text(keys: Mapping[str, str]) -> str:
    """As lines of a `.env` file."""
    return "".join(f"{name}={value}\n" for name, value in keys.items())


def keys_in(text: str) -> dict[str, str]:
    """What `keys_as_text` wrote. Lines of other names are left out."""
    pairs = (line.rstrip("\n").split("=", 1) for line in io.StringIO(text) if "=" in line)
    return {name: value for name, value in pairs if name in SECRET_NAMES}
