"""Children end with us, whatever ends us."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from deploy.local.processes import Process, end_leftovers, read_record, start_time
from tests.support.waiting import PATIENCE_S

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)
PARENT = """
import os, sys, time
from pathlib import Path
from deploy.local.processes import Process
folder = Path(sys.argv[1])
child = Process("child", [sys.executable, "-c", "import time; time.sleep(60)"], env=dict(os.environ),
                log=folder / "log", run=folder)
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


def child(folder: Path, code: str, name: str = "child") -> Process:
    process = Process(name, [sys.executable, "-c", code], env=dict(os.environ), log=folder / "log", run=folder)
    process.start()
    return process


async def until_said(process: Process, text: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while text not in process.last_lines():
            await asyncio.sleep(0.01)


async def test_one_that_ignores_the_request_is_ended_all_the_same(tmp_path: Path) -> None:
    process = child(tmp_path, STUBBORN)
    await until_said(process, "deaf")
    await process.stop(seconds=0.2)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "child.pid").exists()


async def test_what_a_child_has_started_ends_with_it(tmp_path: Path) -> None:
    process = child(
        tmp_path, "import subprocess; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    )
    async with asyncio.timeout(PATIENCE_S):
        while not process.last_lines().isdigit():
            await asyncio.sleep(0.01)
    grandchild = int(process.last_lines())
    await process.stop(seconds=5)
    async with asyncio.timeout(PATIENCE_S):
        while start_time(grandchild) is not None:
            await asyncio.sleep(0.01)


async def test_a_launcher_that_is_killed_leaves_no_orphan(tmp_path: Path) -> None:
    """Red when the death signal is not asked for."""
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert launcher.stdout is not None
    pid = int(await launcher.stdout.readline())
    assert start_time(pid) is not None
    launcher.kill()
    await launcher.wait()
    async with asyncio.timeout(PATIENCE_S):
        while start_time(pid) is not None:
            await asyncio.sleep(0.01)


async def test_the_next_start_ends_what_is_left_over(tmp_path: Path) -> None:
    process = child(tmp_path, STUBBORN, name="enrich")
    await until_said(process, "deaf")
    assert end_leftovers(tmp_path, seconds=0.2) == ["enrich"]
    assert await process.ended_within(5)
    assert list(tmp_path.glob("*.pid")) == []


async def test_a_stranger_who_was_given_an_old_pid_is_left_alone(tmp_path: Path) -> None:
    """Red when the record is trusted without its start time."""
    process = child(tmp_path, "import time; time.sleep(60)")
    assert process.pid is not None
    (tmp_path / "other.pid").write_text(f"{process.pid} 1\n")
    (tmp_path / "child.pid").unlink()
    assert end_leftovers(tmp_path) == []
    assert process.running
    await process.kill()


async def test_its_last_words_are_those_since_its_last_start(tmp_path: Path) -> None:
    process = child(tmp_path, "print('first')")
    await process.ended_within(10)
    process.start()
    await process.ended_within(10)
    assert process.last_lines() == "first"


def test_a_record_names_one_process(tmp_path: Path) -> None:
    record = tmp_path / "me.pid"
    record.write_text(f"{os.getpid()} {start_time(os.getpid())}")
    assert read_record(record) == os.getpid()
    record.write_text(f"{os.getpid()} 1")
    assert read_record(record) is None
    assert read_record(tmp_path / "nobody.pid") is None
