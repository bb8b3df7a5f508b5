"""What a newcomer types: the demo, their own file, and a look at what is running. Run as the real command."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import aio_pika
import httpx
import openpyxl
import pytest

from deploy.local import run_file
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def new_state() -> Generator[Path]:
    """A folder for a stack that the servers' unprivileged user may enter."""
    with tempfile.TemporaryDirectory(prefix="corofy-command-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "state"


@pytest.fixture(scope="module")
def state_folder() -> Generator[Path]:
    """Shared by the tests that do not mind what others have left in it."""
    with new_state() as folder:
        yield folder


@pytest.fixture
def fresh_state() -> Generator[Path]:
    """Nobody has been written to, and nothing of today's quota is used."""
    with new_state() as folder:
        yield folder


async def corofy(*words: str, cwd: Path, state: Path) -> tuple[int, str]:
    """Run `./corofy …`; its exit code and everything it said."""
    process = await start(*words, cwd=cwd, state=state)
    output, _ = await asyncio.wait_for(process.communicate(), 240)
    return process.returncode or 0, output.decode()


async def start(*words: str, cwd: Path, state: Path) -> asyncio.subprocess.Process:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TEST_", "PYTEST_", "COROFY_"))}
    return await asyncio.create_subprocess_exec(
        ROOT / "corofy",
        *words,
        cwd=cwd,
        env={**env, "COROFY_STATE_DIR": str(state), "COLUMNS": "160"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def hear(process: asyncio.subprocess.Process, words: str) -> str:
    """Everything it says until it has said these words."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(180):
        while words not in said:
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
    return said


def processes_of(state: Path) -> list[str]:
    """Command lines of running processes that belong to this state folder."""
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(state).encode() in text and int(entry.name) != os.getpid():
            found.append((entry / "cmdline").read_bytes().decode(errors="replace"))
    return found


@pytest.mark.timeout(300)
async def test_the_demo_runs_the_sample_through_everything_and_leaves_nothing_running(
    tmp_path: Path, fresh_state: Path
) -> None:
    code, said = await corofy("demo", "--once", cwd=tmp_path, state=fresh_state)
    assert code == 0, said
    assert "38 of 41 rows" in said
    assert re.search(r"It took [\d,]+ calls \(.+ serper.*\) and [\d,]+ tokens: US\$ \d", said), said
    told = re.search(r"mails +(\d+) sent, (\d+) waiting, (\d+) left out; (\d+) of today's 400 used", said)
    assert told, said
    sent, used = int(told[1]), int(told[4])
    assert 0 < sent <= used <= 400
    sheet = openpyxl.load_workbook(tmp_path / "leads-enriched.xlsx").worksheets[0]
    header = [cell.value for cell in sheet[1]]
    assert header[-3:] == ["sif_research", "sif_personalized", "sif_product"]
    assert sheet.max_row == 42
    offered = {row[header.index("Company")]: row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert offered["Halden Lubricants"] == "Fjordester base oils", "by the example's rule for marine oils"
    assert offered["Nairobi Solar Works"] is None
    assert processes_of(fresh_state) == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("words", ["Sending leads.csv", "Ctrl-C"])
async def test_a_demo_that_is_interrupted_leaves_nothing_running(
    words: str, tmp_path: Path, state_folder: Path
) -> None:
    """In the middle of the list, and when it has shown everything. Red when a service or server survives its command."""
    demo = await start("demo", cwd=tmp_path, state=state_folder)
    await hear(demo, words)
    assert processes_of(state_folder)
    demo.send_signal(signal.SIGINT)
    said, _ = await asyncio.wait_for(demo.communicate(), 40)
    assert demo.returncode == 130, said
    assert b"Traceback" not in said
    assert processes_of(state_folder) == []


async def deliver_nonsense(queue: str, *, state: Path) -> None:
    """A message that no handler can read."""
    told = run_file.running(state)
    assert told is not None
    async with await aio_pika.connect(told.rabbitmq_url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.default_exchange.publish(aio_pika.Message(b"{nonsense", message_id=str(uuid4())), queue)


async def open_letter(queue: str, *, cwd: Path, state: Path) -> str:
    """The id of the one letter that `dead list` shows, once it does."""
    found: list[str] = []

    async def listed() -> bool:
        _, out = await corofy("dead", "list", cwd=cwd, state=state)
        found[:] = [line.split()[0] for line in out.splitlines() if queue in line]
        return len(found) == 1

    await eventually(listed)
    return found[0]


async def handle_a_dead_letter(queue: str, *, cwd: Path, state: Path) -> None:
    """`dead list`, `show`, `replay` (it dies again: nothing has been mended), `discard`."""
    await deliver_nonsense(queue, state=state)
    letter = await open_letter(queue, cwd=cwd, state=state)
    code, out = await corofy("dead", "show", letter, cwd=cwd, state=state)
    assert (code, "{nonsense" in out, queue in out) == (0, True, True), out
    code, out = await corofy("dead", "replay", letter, cwd=cwd, state=state)
    assert (code, f"Replayed to {queue}." in out) == (0, True), out
    assert await open_letter(queue, cwd=cwd, state=state) == letter
    code, out = await corofy("dead", "discard", letter, cwd=cwd, state=state)
    assert (code, f"Discarded from {queue}." in out) == (0, True), out
    code, out = await corofy("dead", "discard", letter, cwd=cwd, state=state)
    assert (code, "already" in out, "Traceback" in out) == (1, True, False), out


@pytest.mark.timeout(400)
async def test_up_serves_ones_own_file_status_and_doctor_until_it_is_interrupted(
    tmp_path: Path, state_folder: Path
) -> None:
    up = await start("up", cwd=tmp_path, state=state_folder)
    await hear(up, "http://")
    for name, rows in (("leads.csv", 42), ("sp500-companies.csv", 504)):
        target = tmp_path / f"{name}.xlsx"
        code, out = await corofy(
            "enrich", str(ROOT / "samples" / name), "-o", str(target), cwd=tmp_path, state=state_folder
        )
        assert code == 0, out
        assert openpyxl.load_workbook(target).worksheets[0].max_row == rows
    code, out = await corofy("status", cwd=tmp_path, state=state_folder)
    assert code == 0, out
    assert all(name in out for name in ("gateway", "ingest", "enrich", "billing", "sender"))
    code, out = await corofy("doctor", cwd=tmp_path, state=state_folder)
    assert code == 0, out
    await handle_a_dead_letter("billing.open_account", cwd=tmp_path, state=state_folder)
    code, out = await corofy("dead", "list", cwd=tmp_path, state=state_folder)
    assert (code, "There are no dead letters." in out) == (0, True), out
    code, out = await corofy(
        "enrich", str(tmp_path / "nothing.csv"), "-o", str(tmp_path / "x.xlsx"), cwd=tmp_path, state=state_folder
    )
    assert code != 0
    assert "Traceback" not in out
    assert "nothing.csv" in out
    up.send_signal(signal.SIGINT)
    await asyncio.wait_for(up.communicate(), 40)
    assert processes_of(state_folder) == []


@pytest.mark.timeout(300)
async def test_a_contributor_runs_one_service_and_starts_over_with_reset(tmp_path: Path, fresh_state: Path) -> None:
    """`up --only` runs that service, the servers and the sandbox; `reset` waits for it, then leaves what is downloaded."""
    state = fresh_state
    up = await start("up", "--only", "ingest", cwd=tmp_path, state=state)
    said = await hear(up, "Ctrl-C")
    urls = dict(line.split() for line in said.splitlines() if "http://" in line)
    assert sorted(urls) == ["ingest", "sandbox"]
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{urls['ingest']}/readyz")).is_success
    code, out = await corofy("reset", cwd=tmp_path, state=state)
    assert code == 1
    assert "Corofy is running: stop it with Ctrl-C first" in out
    up.send_signal(signal.SIGINT)
    await asyncio.wait_for(up.communicate(), 40)
    assert {"postgres", "rabbitmq", "secrets.env"} <= {entry.name for entry in state.iterdir()}
    code, out = await corofy("reset", cwd=tmp_path, state=state)
    assert code == 0, out
    assert {entry.name for entry in state.iterdir()} <= {"rabbitmq-programs", "postgres-programs", "stack.lock"}
    assert processes_of(state) == []
