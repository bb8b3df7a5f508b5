"""`run.json` in the state folder: tells other commands where everything runs, for as long as it does."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.processes import start_time


@dataclass(frozen=True)
class RunFile:
    """Where everything is. It holds secrets: only its owner can read it."""

    pid: int
    started: str | None
    urls: dict[str, str]
    processes: list[str]
    database_url: str
    rabbitmq_url: str
    internal_secret: str

    @classmethod
    def of_this_process(
        cls, *, urls: dict[str, str], processes: list[str], database_url: str, rabbitmq_url: str, internal_secret: str
    ) -> RunFile:
        pid = os.getpid()
        return cls(pid, start_time(pid), urls, processes, database_url, rabbitmq_url, internal_secret)

    def write(self, folder: Path) -> None:
        """All of it or nothing: a reader never sees half a file."""
        fresh = folder / "run.json.new"
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(self), indent=1))
        fresh.replace(folder / "run.json")


def remove(folder: Path) -> None:
    (folder / "run.json").unlink(missing_ok=True)


def running(folder: Path) -> RunFile | None:
    """What runs from this state folder; None when nothing does, also when its process was killed."""
    try:
        found = RunFile(**json.loads((folder / "run.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if start_time(found.pid) == found.started else None
