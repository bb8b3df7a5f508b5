"""What processes cost: processor time and peak memory from /proc, with children, those that have ended included."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_EVERY_S = 2


@dataclass(frozen=True, slots=True)
class _Entry:
    pid: int
    parent: int
    session: int
    ticks: int


@dataclass(slots=True)
class Usage:
    """What each named process used while it was watched: processor seconds, and the peak of any one of its processes.

    `machine_share` is how much of all processors was in use, by whomever, from 0 to 1.
    """

    cpu_seconds: dict[str, float] = field(default_factory=dict[str, float])
    peak_mib: dict[str, float] = field(default_factory=dict[str, float])
    seconds: float = 0.0
    machine_share: float = 0.0

    @property
    def others_share(self) -> float:
        """The part of all processors that programs which are not watched had."""
        if not self.seconds:
            return 0.0
        ours = sum(self.cpu_seconds.values()) / self.seconds / (os.cpu_count() or 1)
        return max(0.0, self.machine_share - ours)


def cpu_seconds(pid: int) -> float:
    """The processor time of a process and of everything it has started so far.

    What has ended is in the account of whoever buried it; what lives is found by its parent, or by its session when its
    parent has ended.
    """
    return sum(entry.ticks for entry in _family(pid, _all())) / _TICKS


@asynccontextmanager
async def watching(roots: Mapping[str, int]) -> AsyncGenerator[Usage]:
    """Watch processes by name and pid while the block runs; the usage is complete after it."""
    usage = Usage()
    before = {name: cpu_seconds(pid) for name, pid in roots.items()}
    watch = asyncio.create_task(_note_peaks(roots, usage))
    began, (busy_before, all_before) = time.perf_counter(), _machine_ticks()
    try:
        yield usage
    finally:
        watch.cancel()
        busy, every = _machine_ticks()
        usage.seconds = time.perf_counter() - began
        usage.machine_share = (busy - busy_before) / max(every - all_before, 1)
        usage.cpu_seconds.update({name: cpu_seconds(pid) - before[name] for name, pid in roots.items()})
        _note(roots, usage)


@dataclass(slots=True)
class Children:
    """The children of a process while it was watched: the peak of any one of them, and how many are left."""

    peak_mib: float = 0.0
    alive: int = 0


@asynccontextmanager
async def children_of(pid: int, *, every_s: float = 0.1) -> AsyncGenerator[Children]:
    """Watch a process's children while the block runs; complete after it."""
    children = Children()

    async def watch() -> None:
        while True:
            _note_children(pid, children)
            await asyncio.sleep(every_s)

    watching = asyncio.create_task(watch())
    try:
        yield children
    finally:
        watching.cancel()
        _note_children(pid, children)


def _note_children(pid: int, children: Children) -> None:
    family = [entry.pid for entry in _family(pid, _all()) if entry.pid != pid]
    children.alive = len(family)
    children.peak_mib = max([children.peak_mib, *map(peak_mib, family)])


def _machine_ticks() -> tuple[int, int]:
    """Ticks in use (also by other machines on the same hardware) and all ticks, of all processors."""
    ticks = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


async def _note_peaks(roots: Mapping[str, int], usage: Usage) -> None:
    """Again and again, because the peak of a child that has ended is nowhere to be read."""
    while True:
        _note(roots, usage)
        await asyncio.sleep(_EVERY_S)


def _note(roots: Mapping[str, int], usage: Usage) -> None:
    entries = _all()
    for name, pid in roots.items():
        peaks = [peak_mib(entry.pid) for entry in _family(pid, entries)]
        usage.peak_mib[name] = max([usage.peak_mib.get(name, 0.0), *peaks])


def peak_mib(pid: int) -> float:
    """The highest resident memory that one process has had (VmHWM)."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def resident_mib(pid: int) -> float:
    """The resident memory that one process has at present."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2


def forget_peak(pid: int) -> None:
    """From here on the peak is counted anew: VmHWM is what the process has at present."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _family(pid: int, entries: Mapping[int, _Entry]) -> list[_Entry]:
    members = {pid}
    while True:
        more = {e.pid for e in entries.values() if e.pid not in members and (e.parent in members or e.session == pid)}
        if not more:
            return [entries[member] for member in members if member in entries]
        members |= more


def _all() -> dict[int, _Entry]:
    entries: dict[int, _Entry] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(") ")[2].split()
                ticks = sum(int(used) for used in fields[11:15])
                entries[int(folder.name)] = _Entry(int(folder.name), int(fields[1]), int(fields[3]), ticks)
    return entries
