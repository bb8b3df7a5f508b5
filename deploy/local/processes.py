"""Child processes that cannot be orphaned: they end with us, and if even that fails, the next start ends them."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Process:
    """A child in a session of its own (Ctrl-C reaches only us), with a log file and a pid record.

    Start it from the main thread: Linux sends the death signal when the *thread* that forked ends.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        log: Path,
        run: Path,
        cwd: Path | None = None,
        user: int | None = None,
        stop_signal: int = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = log
        self.wanted = False
        """Whether it is meant to run: it was started, and not stopped since (a kill is a crash, not a wish)."""
        self._argv = list(argv)
        self._env = dict(env)
        self._record = run / f"{name}.pid"
        self._cwd = cwd
        self._user = user
        self._stop_signal = stop_signal
        self._child: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def returncode(self) -> int | None:
        """None while it runs (and before it was started)."""
        return self._child.poll() if self._child else None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        self.wanted = True
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._child = subprocess.Popen(
                self._argv,
                env=self._env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
                preexec_fn=_die_with_parent(self._stop_signal),
            )
        self._record.write_text(f"{self._child.pid} {start_time(self._child.pid)}\n")

    def send(self, number: int) -> None:
        """Signals the whole group, so that what the child has started hears it too."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, number)

    def ask_to_stop(self) -> None:
        if self.running and self._child is not None:
            self._child.send_signal(self._stop_signal)

    async def stop(self, *, seconds: float = 15.0) -> None:
        """Asks, waits, then ends it and whatever is left of its group."""
        self.wanted = False
        self.ask_to_stop()
        if not await self.ended_within(seconds):
            self.send(signal.SIGKILL)
            await self.ended_within(5)
        self.send(signal.SIGKILL)
        self._record.unlink(missing_ok=True)

    async def kill(self) -> None:
        """kill -9, as a crash would: nothing is finished, nothing is tidied up."""
        self.send(signal.SIGKILL)
        await self.ended_within(5)
        self._record.unlink(missing_ok=True)

    async def ended_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.running:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.02)
        return True

    def last_lines(self, count: int = 12) -> str:
        """The end of what it wrote since its present start."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            log.seek(max(self._log_start, self.log.stat().st_size - 65536))
            text = re.sub(r"\x1b\[[0-9;]*m", "", log.read().decode(errors="replace"))
            return "\n".join([line for line in text.splitlines() if line.strip()][-count:])
        return ""


def _die_with_parent(number: int) -> Callable[[], None] | None:
    """Runs in the child between fork and exec: be told when the parent dies, however it dies."""
    libc = _libc
    if libc is None:
        return None
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


@contextlib.contextmanager
def adopting_orphans() -> Generator[None]:
    """For a whole program: what its children leave behind becomes its own, and is buried at the end.

    Without this, a container whose first process does not do so collects the dead helpers of every run.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue


def start_time(pid: int) -> str | None:
    """When the process with this pid started, in the kernel's ticks: pid and start time together name one process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def read_record(file: Path) -> int | None:
    """The pid in a record, if that very process still runs."""
    try:
        pid, started = file.read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if start_time(int(pid)) == started else None


def end_leftovers(run: Path, *, seconds: float = 10.0) -> list[str]:
    """Ends what an earlier start that was itself killed left behind; returns the names."""
    left = {file: pid for file in run.glob("*.pid") if (pid := read_record(file)) is not None}
    for pid in left.values():
        _signal_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while any(read_record(file) for file in left) and time.monotonic() < deadline:
        time.sleep(0.05)
    for file, pid in left.items():
        if read_record(file):
            _signal_group(pid, signal.SIGKILL)
    for file in run.glob("*.pid"):
        file.unlink(missing_ok=True)
    return [file.stem for file in left]


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
