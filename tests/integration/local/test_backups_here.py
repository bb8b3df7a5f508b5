"""A backup and its way back on the private servers of one machine: all beside what is there, then in its place."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.errors import StackError
from deploy.local.ports import Ports
from deploy.local.postgres import start_postgres
from deploy.local.state import State
from libs.cli.backups.archive import reading
from libs.cli.backups.backup import backup
from libs.cli.backups.manifest import KEYS
from libs.cli.backups.places import keys_in
from libs.cli.backups.restore import restore
from libs.cli.errors import CliError
from libs.common.db import SERVICES
from libs.common.migrations import upgrade_all

GIVEN = ("DATABASE_URL", "STORAGE_URL", "RABBITMQ_URL", "ENCRYPTION_KEYS", "AUTH_SECRET", "INTERNAL_SECRET")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Generator[State]:
    """A state folder that the servers' unprivileged user may enter; nothing is named by the environment."""
    for name in (*GIVEN, *(f"{service.upper()}_DATABASE_URL" for service in SERVICES)):
        # Set to nothing, so that a .env of the checkout does not count either.
        monkeypatch.setenv(name, "")
    with tempfile.TemporaryDirectory(prefix="corofy-restore-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("COROFY_STATE_DIR", f"{folder}/state")
        yield State.open()


async def on_its_postgres(state: State, *, query: str) -> object:
    """Start it, ask, and stop it again. Migrated at its first start."""
    ports: Ports = state.ports()
    server = await start_postgres(state, port=ports["postgres"], password=state.secrets()["POSTGRES_PASSWORD"])
    try:
        await upgrade_all(dict.fromkeys(SERVICES, server.url))
        connection = await asyncpg.connect(server.url)
        answer = await connection.fetchval(query)
        await connection.close()
        return answer
    finally:
        await server.stop()


async def test_what_is_there_is_kept_aside_and_what_a_killed_restore_left_is_removed(
    state: State, tmp_path: Path
) -> None:
    """Red when data are written over, the old keys are lost, or half a restore counts as data."""
    await on_its_postgres(state, query="SELECT setval('billing.stripe_fetches', 7)")
    (state.storage / "one").write_bytes(b"then")
    old = state.secrets()
    await backup(tmp_path / "all.zip")
    with reading(tmp_path / "all.zip") as whole:
        assert keys_in(whole.text(KEYS)) == old
    await on_its_postgres(state, query="SELECT setval('billing.stripe_fetches', 99)")
    (state.storage / "one").write_bytes(b"since")
    with pytest.raises(CliError, match="has data"):
        await restore(tmp_path / "all.zip", replace=False)
    assert (state.storage / "one").read_bytes() == b"since"
    half = state.path / "restoring"
    half.mkdir()
    (half / "secrets.env").write_text("half")
    with state.lock("stack", held_message="held"), pytest.raises(StackError, match="being restored here"):
        await restore(tmp_path / "all.zip", replace=True)
    await restore(tmp_path / "all.zip", replace=True)
    assert not half.exists()
    [kept] = state.path.glob("replaced-*")
    assert (kept / "storage" / "one").read_bytes() == b"since"
    assert (kept / "postgres" / "PG_VERSION").exists()
    assert (state.storage / "one").read_bytes() == b"then"
    for folder in (state.path, kept):
        assert (folder / "secrets.env").stat().st_mode & 0o777 == 0o600
        assert State(folder).secrets() == old
    assert await on_its_postgres(state, query="SELECT last_value FROM billing.stripe_fetches") == 7
