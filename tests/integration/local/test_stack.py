"""The one-machine stack as a whole: it keeps its data, leaves no process behind, and says what is wrong."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from deploy.local.errors import StackError
from deploy.local.processes import start_time
from deploy.local.stack import LocalStack
from deploy.local.state import CHECKOUT
from tests.support.waiting import PATIENCE_S

SANDBOX_ONLY = ("sandbox",)


async def test_a_second_start_finds_the_rows_and_the_messages_of_the_first(state_dir: Path) -> None:
    async with LocalStack(state_dir, services=SANDBOX_ONLY, fsync=False) as first:
        urls = (first.database_url, first.rabbitmq_url)
        database = await asyncpg.connect(first.database_url)
        await database.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await database.close()
        async with await aio_pika.connect(first.rabbitmq_url) as broker:
            channel = await broker.channel()
            await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
            message = aio_pika.Message(b"still here", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await channel.default_exchange.publish(message, routing_key="kept")
        with pytest.raises(StackError, match="already runs from this checkout"):
            await LocalStack(state_dir, services=SANDBOX_ONLY).__aenter__()
        # A restart of either server is one call, for the tests of the services.
        await first.restart_postgres(crash=True)
        await first.restart_rabbitmq()
    async with LocalStack(state_dir, services=SANDBOX_ONLY, fsync=False) as second:
        assert (second.database_url, second.rabbitmq_url) == urls
        database = await asyncpg.connect(second.database_url)
        assert await database.fetchval("SELECT answer FROM kept") == 42
        await database.close()
        async with await aio_pika.connect(second.rabbitmq_url) as broker:
            queue = await (await broker.channel()).get_queue("kept")
            message = await queue.get(timeout=10)
            assert message is not None
            assert message.body == b"still here"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_however_up_is_ended_no_process_is_left(
    number: signal.Signals, tmp_path: Path, fresh_database: str, rabbitmq_url: str
) -> None:
    env = {
        **os.environ,
        "COROFY_STATE_DIR": str(tmp_path),
        "DATABASE_URL": fresh_database,
        "RABBITMQ_URL": rabbitmq_url,
        "PYTHONPATH": str(CHECKOUT),
    }
    up = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "libs.cli", "up", "--only", "sandbox"),
        env=env,
        cwd=tmp_path,
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(60):
        while not (tmp_path / "run.json").exists():
            assert up.returncode is None
            await asyncio.sleep(0.05)
    assert json.loads((tmp_path / "run.json").read_text())["processes"] == ["sandbox"]
    pid = int((tmp_path / "run" / "sandbox.pid").read_text().split()[0])
    assert start_time(pid) is not None
    assert not (tmp_path / "postgres").exists()
    up.send_signal(number)
    async with asyncio.timeout(PATIENCE_S):
        code = await up.wait()
        while start_time(pid) is not None:
            await asyncio.sleep(0.05)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 130)


async def test_a_service_that_cannot_start_is_named_with_its_own_words(
    tmp_path: Path, fresh_database: str, fresh_vhost: str
) -> None:
    env = {"DATABASE_URL": fresh_database, "RABBITMQ_URL": fresh_vhost, "INTERNAL_SECRET": "short"}
    with pytest.raises(StackError, match=r"^billing ended right after its start.*INTERNAL_SECRET must"):
        await LocalStack(tmp_path, services=("billing",), env=env).__aenter__()
    assert list((tmp_path / "run").iterdir()) == []


async def test_servers_of_somebody_else_are_not_ours_to_restart(
    tmp_path: Path, fresh_database: str, rabbitmq_url: str
) -> None:
    async with LocalStack(
        tmp_path, services=(), env={"DATABASE_URL": fresh_database, "RABBITMQ_URL": rabbitmq_url}
    ) as stack:
        with pytest.raises(StackError, match="DATABASE_URL names another"):
            await stack.restart_postgres()
        with pytest.raises(StackError, match="RABBITMQ_URL names another"):
            await stack.restart_rabbitmq()


async def test_a_server_that_is_not_there_is_named_before_anything_is_started(
    tmp_path: Path, fresh_database: str, rabbitmq_url: str
) -> None:
    nowhere = "127.0.0.1:1"
    no_database = {"DATABASE_URL": f"postgresql://a:b@{nowhere}/c", "RABBITMQ_URL": rabbitmq_url}
    with pytest.raises(StackError, match=r"DATABASE_URL names 127.0.0.1:1, where no Postgres lets us in .*unset"):
        await LocalStack(tmp_path, env=no_database).__aenter__()
    no_broker = {"DATABASE_URL": fresh_database, "RABBITMQ_URL": f"amqp://a:b@{nowhere}/"}
    with pytest.raises(StackError, match=r"RABBITMQ_URL names 127.0.0.1:1, where no RabbitMQ lets us in .*unset"):
        await LocalStack(tmp_path, env=no_broker).__aenter__()
    assert list((tmp_path / "logs").iterdir()) == []
