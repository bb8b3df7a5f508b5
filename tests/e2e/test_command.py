"""What a newcomer types: the demo, their own file, and a look at what is running. Run as the real command."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import httpx
import openpyxl
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def state_folder() -> Generator[Path]:
    """A folder for this module's stack that the servers' unprivileged user may enter."""
    with tempfile.TemporaryDirectory(prefix="corofy-command-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "state"


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
    tmp_path: Path, state_folder: Path
) -> None:
    code, said = await corofy("demo", "--once", cwd=tmp_path, state=state_folder)
    assert code == 0, said
    assert "39 of 41 rows" in said
    assert "mails" in said
    sheet = openpyxl.load_workbook(tmp_path / "leads-enriched.xlsx").worksheets[0]
    header = [cell.value for cell in sheet[1]]
    assert header[-2:] == ["sif_research", "sif_personalized"]
    assert sheet.max_row == 42
    assert processes_of(state_folder) == []


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
    code, out = await corofy("dead", "list", cwd=tmp_path, state=state_folder)
    assert code == 0, out
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
async def test_a_contributor_runs_one_service_and_starts_over_with_reset(tmp_path: Path) -> None:
    """`up --only` runs that service, the servers and the sandbox; `reset` waits for it, then leaves what is downloaded."""
    with tempfile.TemporaryDirectory(prefix="corofy-reset-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        state = Path(folder) / "state"
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
