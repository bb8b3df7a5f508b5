"""A backup of given servers and its way back: what it holds, and what a restore refuses before it changes anything."""

from __future__ import annotations

import asyncio
import signal
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from deploy.local.state import CHECKOUT
from libs.cli.backups import databases
from libs.cli.backups.archive import reading
from libs.cli.backups.backup import backup
from libs.cli.backups.manifest import Manifest, Measure
from libs.cli.backups.restore import restore
from libs.cli.errors import CliError
from libs.common.db import SERVICES
from libs.common.half_restored import HalfRestored
from libs.common.messaging import topology
from libs.common.migrations import downgrade
from libs.common.revisions import newest_revision
from libs.common.storage import Storage
from services.gateway.main import build_app
from tests.support.stack import fresh_database_of
from tests.support.waiting import eventually

KEYS = "first-key-of-the-ring-0123456789abcdef"
BODY = b"\x00\xff"
THINGS = (
    "INSERT INTO gateway.users (id, email, password_hash)"
    " VALUES ('01900000-0000-7000-8000-000000000002', 'ann@x.example', 'h')",
    "INSERT INTO ingest.outbox (id, routing_key, body, published_at, due_at) VALUES"
    " ('01900000-0000-7000-8000-000000000001', 'x.v1', '\\x00ff', now(), now() + interval '1 hour')",
    "INSERT INTO ingest.schedules (name, due_at, lease_token, lease_until) VALUES"
    " ('x', now() + interval '1 day', '01900000-0000-7000-8000-000000000003', now() + interval '1 hour')",
    "SELECT nextval('billing.stripe_fetches') FROM generate_series(1, 41)",
)


@dataclass(frozen=True)
class Site:
    """One installation's places, as its environment names them."""

    database_url: str
    storage_url: str
    rabbitmq_url: str

    def enter(self, monkeypatch: pytest.MonkeyPatch, *, keys: str = KEYS) -> None:
        for name, value in {
            "DATABASE_URL": self.database_url,
            "STORAGE_URL": self.storage_url,
            "RABBITMQ_URL": self.rabbitmq_url,
            "ENCRYPTION_KEYS": keys,
            "AUTH_SECRET": "an-auth-secret-of-0123456789abcdef",
            "INTERNAL_SECRET": "an-internal-secret-0123456789abcdef",
        }.items():
            monkeypatch.setenv(name, value)

    async def run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.database_url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    async def ask(self, query: str) -> object:
        connection = await asyncpg.connect(self.database_url)
        answer = await connection.fetchval(query)
        await connection.close()
        return answer

    async def schemas(self) -> object:
        return await self.ask("SELECT count(*) FROM pg_namespace WHERE nspname IN ('gateway', 'sender')")


@pytest.fixture
def old(fresh_database: str, fresh_vhost: str, tmp_path: Path) -> Site:
    return Site(fresh_database, f"file://{tmp_path / 'old'}", fresh_vhost)


@pytest.fixture
def new(empty_database: str, fresh_vhost: str, tmp_path: Path) -> Site:
    return Site(empty_database, f"file://{tmp_path / 'new'}", fresh_vhost)


@pytest.fixture
async def file(old: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backup of one user, one event that the broker has confirmed, a running schedule, and two files."""
    await old.run(*THINGS)
    storage = Storage.from_url(old.storage_url)
    await storage.put("uploads/one/file.csv", b"a,b\n" * 1_000_000)
    await storage.put("uploads/two/empty", b"")
    old.enter(monkeypatch)
    target = tmp_path / "all.zip"
    await backup(target)
    return target


async def test_everything_comes_back_and_what_the_broker_had_is_published_again(
    file: Path, new: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Red when a confirmed outbox row stays confirmed: the broker that had its event is gone; or a service is not told."""
    new.enter(monkeypatch)
    await restore(file, replace=False)
    said = " ".join(capsys.readouterr().out.split())
    assert all(words in said for words in ("campaigns are paused", "top-ups are off", "mails of Corofy's own"))
    assert await new.ask("SELECT email FROM gateway.users") == "ann@x.example"
    assert await new.ask("SELECT body FROM ingest.outbox WHERE published_at IS NULL AND due_at <= now()") == BODY
    assert await new.ask("SELECT count(*) FROM ingest.schedules WHERE due_at <= now() AND lease_until IS NULL") == 1
    assert await new.ask("SELECT nextval('billing.stripe_fetches')") == 42
    storage = Storage.from_url(new.storage_url)
    assert await storage.get("uploads/one/file.csv") == b"a,b\n" * 1_000_000
    assert await storage.get("uploads/two/empty") == b""
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir() if path.name.endswith(".part")] == []


async def test_an_installation_with_data_is_left_alone_unless_it_is_kept_aside(
    file: Path, old: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.enter(monkeypatch)
    await old.run("UPDATE gateway.users SET email = 'since@x.example'")
    with pytest.raises(CliError, match="not empty"):
        await restore(file, replace=False)
    assert await old.ask("SELECT email FROM gateway.users") == "since@x.example"
    await restore(file, replace=True)
    assert await old.ask("SELECT email FROM gateway.users") == "ann@x.example"
    aside = await old.ask("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'gateway_before_%'")
    query = 'SELECT email FROM "{}".users'
    assert await old.ask(query.format(aside)) == "since@x.example"


async def test_files_that_are_there_are_not_written_over_unasked(
    file: Path, new: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when an empty database is taken for an empty installation: its storage may be another's."""
    new.enter(monkeypatch)
    storage = Storage.from_url(new.storage_url)
    await storage.put("uploads/one/file.csv", b"another's")
    with pytest.raises(CliError, match="files in the storage"):
        await restore(file, replace=False)
    assert await storage.get("uploads/one/file.csv") == b"another's"
    assert await new.schemas() == 0


async def test_messages_of_another_moment_are_not_heard(file: Path, new: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when what waits in the broker reaches services whose data know nothing of it."""
    new.enter(monkeypatch)
    async with await aio_pika.connect(new.rabbitmq_url) as connection:
        channel = await connection.channel()
        await topology.declare(channel)
        message = aio_pika.Message(b"of another moment")
        await channel.default_exchange.publish(message, routing_key="billing.place_hold")
        with pytest.raises(CliError, match="1 messages wait"):
            await restore(file, replace=False)
        assert await new.schemas() == 0
        await restore(file, replace=True)
        queue = await channel.declare_queue("billing.place_hold", passive=True)
        assert queue.declaration_result.message_count == 0


async def test_a_restore_that_fails_leaves_the_messages_of_what_was_there(
    file: Path, old: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when they are dropped before the database has taken the backup: the outbox has forgotten them as confirmed."""
    old.enter(monkeypatch)
    listed(file, name="database/sender.sql", content=b"SELECT what_no_database_has;\n")
    async with await aio_pika.connect(old.rabbitmq_url) as connection:
        channel = await connection.channel()
        await topology.declare(channel)
        await channel.default_exchange.publish(aio_pika.Message(b"needed"), routing_key="billing.place_hold")
        with pytest.raises(CliError, match="database is as it was"):
            await restore(file, replace=True)
        queue = await channel.declare_queue("billing.place_hold", passive=True)
        assert queue.declaration_result.message_count == 1
    assert await old.schemas() == 2


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-300])


def another_kind(file: Path) -> None:
    file.write_bytes(b"a,b\n1,2\n")


def change_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[2000] ^= 1
    file.write_bytes(bytes(content))


def rewritten(change: Callable[[str, bytes], bytes | None]) -> Callable[[Path], None]:
    """Written anew, each part as `change` has it; None leaves it out."""

    def rewrite(file: Path) -> None:
        with zipfile.ZipFile(file) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in parts.items():
                if (changed := change(name, content)) is not None:
                    archive.writestr(name, changed)

    return rewrite


def _without_storage(name: str, content: bytes) -> bytes | None:
    return None if name.endswith("file.csv") else content


def listed(file: Path, *, name: str, content: bytes) -> None:
    """Put in, or changed, as somebody would who wants it believed: with its true digest."""
    with reading(file) as backup:
        manifest = backup.manifest
    measure = Measure()
    measure.add(content)
    lying = replace(manifest, members={**manifest.members, name: measure.member()}).to_json()
    rewritten(lambda part, as_was: {"manifest.json": lying, name: None}.get(part, as_was))(file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, content)


def outside(file: Path) -> None:
    listed(file, name="storage/../../outside", content=b"x")


def without_keys(file: Path) -> None:
    with reading(file) as backup:
        manifest = backup.manifest
    members = {name: member for name, member in manifest.members.items() if name != "keys.env"}
    lying = replace(manifest, members=members).to_json()
    rewritten(lambda name, content: {"manifest.json": lying, "keys.env": None}.get(name, content))(file)


def _other_words(name: str, content: bytes) -> bytes:
    return content.replace(b"ann@x.example", b"eve@x.example") if name.endswith("gateway.sql") else content


def _of_a_newer_one(name: str, content: bytes) -> bytes:
    return content.replace(b'"revision": "00', b'"revision": "99') if name == "manifest.json" else content


def _without_the_sender(name: str, content: bytes) -> bytes:
    if name != "manifest.json":
        return content
    manifest = Manifest.from_json(content)
    return replace(
        manifest, schemas={name: one for name, one in manifest.schemas.items() if name != "sender"}
    ).to_json()


def _of_another_format(name: str, content: bytes) -> bytes:
    return content.replace(b'"format": 1', b'"format": 2') if name == "manifest.json" else content


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut_short, "no whole backup"),
        (change_a_byte, "is damaged"),
        (rewritten(_without_storage), "not those it lists"),
        (rewritten(_other_words), "is not what was put in"),
        (rewritten(_of_a_newer_one), "newer Corofy"),
        (rewritten(_of_another_format), "format 2"),
        (outside, "outside the storage"),
        (without_keys, "keys.env is missing"),
        (rewritten(_without_the_sender), "holds nothing of sender"),
        (another_kind, "no whole backup"),
        (Path.unlink, "cannot be read"),
    ],
)
async def test_a_file_that_is_not_right_changes_nothing(
    file: Path, new: Site, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None], words: str
) -> None:
    """Red when a part is believed before all of them have been read."""
    new.enter(monkeypatch)
    spoil(file)
    with pytest.raises(CliError, match=words):
        await restore(file, replace=False)
    assert await new.schemas() == 0


KILLED_HALF_WAY = """
import asyncio, os, signal, sys
from libs.cli.backups.databases import load

def pieces():
    yield b"CREATE SCHEMA gateway; CREATE TABLE gateway.users (id int);" + b"\\n" * 200_000
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(load(sys.argv[1], {"gateway": pieces()}, aside={}))
"""


async def test_a_restore_that_is_killed_half_way_leaves_nothing_in_the_database(new: Site) -> None:
    """Red when psql takes the end of its input for the end of the transaction: services would start on half of the rows."""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED_HALF_WAY, new.database_url, cwd=CHECKOUT)
    assert await child.wait() == -signal.SIGKILL
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'corofy backup'"

    async def is_alone() -> bool:
        return await new.ask(others) == 0

    await eventually(is_alone, every_s=0.02)
    assert await new.schemas() == 0


KILLED_BEFORE_TELLING = """
import asyncio, os, pathlib, signal, sys
from libs.cli.backups import filling, restore

async def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

filling._tell = die
asyncio.run(restore.restore(pathlib.Path(sys.argv[1]), replace=sys.argv[2] == "replace"))
"""


async def killed_before_telling(file: Path, *how: str) -> None:
    """A restore that ends between the loading and the telling."""
    code = [sys.executable, "-c", KILLED_BEFORE_TELLING, str(file), *(how or ("",))]
    child = await asyncio.create_subprocess_exec(*code, cwd=CHECKOUT)
    assert await child.wait() == -signal.SIGKILL


async def start_gateway() -> None:
    """As far as it goes."""
    app = build_app()
    async with app.router.lifespan_context(app):
        pass


async def test_on_a_restore_that_was_killed_before_services_were_told_no_service_starts_and_it_can_be_done_again(
    file: Path, new: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when services start on rows whose mails and top-ups nobody has held back, when that is backed up, or when the same
    command is refused because of what it has made itself."""
    new.enter(monkeypatch)
    monkeypatch.setenv("APP_BASE_URL", "http://localhost:3000")
    await killed_before_telling(file)
    assert await new.ask("SELECT email FROM gateway.users") == "ann@x.example"
    with pytest.raises(HalfRestored, match="run corofy restore with the same file again"):
        await start_gateway()
    with pytest.raises(CliError, match="was broken off here"):
        await backup(tmp_path / "half.zip")
    await restore(file, replace=False)
    assert await new.ask("SELECT published_at IS NULL FROM ingest.outbox") is True
    await start_gateway()


async def test_a_restore_that_was_killed_keeps_aside_what_was_there_before_it_and_nothing_of_itself(
    file: Path, old: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when the second try takes the half of the first for what was there, or drops what was."""
    old.enter(monkeypatch)
    await old.run("UPDATE gateway.users SET email = 'later@x.example'")
    await killed_before_telling(file, "replace")
    await restore(file, replace=True)
    kept = "SELECT string_agg(nspname, ' ') FROM pg_namespace WHERE nspname LIKE 'gateway%before%'"
    query = 'SELECT email FROM "{}".users'
    assert await old.ask(query.format(await old.ask(kept))) == "later@x.example"
    assert await old.ask("SELECT email FROM gateway.users") == "ann@x.example"


async def test_a_row_that_does_not_fit_is_not_shown(new: Site) -> None:
    """Red when the reason why psql gave up brings a row's secrets to a screen or a cron mail."""
    sql = "CREATE SCHEMA gateway; CREATE TABLE gateway.users (id int PRIMARY KEY, hash text);\n"
    rows = "COPY gateway.users (id, hash) FROM stdin;\n1\tsecret\n1\tsecret\n2\tsecret\tsecret\n\\.\n"
    with pytest.raises(CliError, match="could not be written") as refusal:
        await databases.load(new.database_url, {"gateway": iter([(sql + rows).encode()])}, aside={})
    assert "secret" not in str(refusal.value)
    assert await new.schemas() == 0


async def test_rows_that_did_not_arrive_are_missed(file: Path, new: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when services may be started on fewer rows than there were."""
    new.enter(monkeypatch)
    with reading(file) as whole:
        sql = whole.text("database/gateway.sql")
    rows = [line for line in sql.splitlines(keepends=True) if "ann@x.example" not in line]
    listed(file, name="database/gateway.sql", content="".join(rows).encode())
    with pytest.raises(CliError, match="gateway has other rows"):
        await restore(file, replace=False)


async def test_secrets_that_could_not_be_opened_are_not_restored(
    file: Path, new: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    new.enter(monkeypatch, keys="another-key-of-a-ring-0123456789abcdef")
    with pytest.raises(CliError, match="ENCRYPTION_KEYS lacks"):
        await restore(file, replace=False)
    assert await new.schemas() == 0
    new.enter(monkeypatch, keys=f"another-key-of-a-ring-0123456789abcdef,{KEYS}")
    await restore(file, replace=False)


async def test_a_backup_never_writes_over_a_file_nor_leaves_half_of_one(
    file: Path, old: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when two backups write into one file, which then looks whole."""
    old.enter(monkeypatch)
    before = file.read_bytes()
    with pytest.raises(CliError, match="is there already"):
        await backup(file)
    assert file.read_bytes() == before
    another = tmp_path / "two.zip.part"
    another.write_bytes(b"half of it")
    with pytest.raises(CliError, match="another backup is writing"):
        await backup(tmp_path / "two.zip")
    assert another.read_bytes() == b"half of it"
    await old.run("DROP SCHEMA sender CASCADE")
    with pytest.raises(CliError, match="holds nothing"):
        await backup(tmp_path / "half.zip")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("half")] == []


async def test_a_database_that_services_are_connected_to_is_not_touched(
    file: Path, new: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    new.enter(monkeypatch)
    service = await asyncpg.connect(new.database_url, server_settings={"application_name": "corofy-sender"})
    with pytest.raises(CliError, match="stop all of them"):
        await restore(file, replace=True)
    await service.close()
    assert await new.schemas() == 0


async def test_a_backup_of_an_older_version_is_brought_up_to_date(
    old: Site, new: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when services are told of the restore before their schemas know the columns that it takes."""
    for service, revision in {"gateway": "0004", "billing": "0011", "sender": "0021"}.items():
        await downgrade(service, old.database_url, to=revision)
    await old.run(*THINGS)
    old.enter(monkeypatch)
    await backup(tmp_path / "older.zip")
    new.enter(monkeypatch)
    await restore(tmp_path / "older.zip", replace=False)
    query = "SELECT version_num FROM {}.alembic_version"
    for service in SERVICES:
        assert await new.ask(query.format(service)) == newest_revision(service)
    assert await new.ask("SELECT email FROM gateway.users") == "ann@x.example"


async def test_a_service_with_a_database_of_its_own_is_restored_into_that(
    file: Path, new: Site, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when its schema lands beside the others, or when only the others' database is looked at for data."""
    new.enter(monkeypatch)
    schemas = (
        "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname IN ('gateway', 'sender')"
    )
    async with fresh_database_of(postgres_url, migrated=False) as url:
        own = Site(url, new.storage_url, new.rabbitmq_url)
        monkeypatch.setenv("SENDER_DATABASE_URL", url)
        await own.run("CREATE SCHEMA sender", "CREATE TABLE sender.campaigns (id int)")
        with pytest.raises(CliError, match="schema sender"):
            await restore(file, replace=False)
        await own.run("DROP SCHEMA sender CASCADE")
        await restore(file, replace=False)
        assert await new.ask(schemas) == "gateway"
        assert await own.ask(schemas) == "sender"
        await backup(file.with_name("again.zip"))
        with reading(file) as first, reading(file.with_name("again.zip")) as second:
            assert second.manifest.schemas == first.manifest.schemas


@pytest.mark.parametrize("how", ["sslmode=prefer", "ssl=prefer"])
async def test_how_a_connection_is_sealed_is_said_in_either_way(
    file: Path, old: Site, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a managed server's URL (libpq's sslmode, the driver's ssl) opens for the services and not for a backup."""
    old.enter(monkeypatch)
    monkeypatch.setenv("DATABASE_URL", f"{old.database_url}?{how}")
    await backup(file.with_name("sealed.zip"))
